"""Preparation on Apache Beam, where it is installed (the extra [beam])."""

import importlib.util
import sys

import pytest

from tcc.datasets.preparing import beam_generation, generation, preparation
from tcc.datasets.showing import reading
from tests.datasets import published_files, video_files

_HAS_BEAM = importlib.util.find_spec("apache_beam") is not None


def test_a_missing_beam_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    monkeypatch.setitem(sys.modules, "apache_beam.options", None)
    with pytest.raises(ValueError, match=r"not installed .*\[beam\]"):
        beam_generation.pipeline_options(["runner=DirectRunner"])


def _prepare(dataset, data_dir, arguments, *, beam, skip_bad=False):
    folder = preparation.prepare(
        dataset,
        data_dir=data_dir,
        options=generation.GenerationOptions(
            show_progress=False, use_beam=beam, skip_bad=skip_bad
        ),
        arguments=arguments,
        beam_options=beam_generation.pipeline_options(["runner=DirectRunner"])
        if beam
        else None,
    )
    builder = reading.open_folder(folder)
    return builder, {
        split: {
            v.name: (v.jpegs, v.frame_labels.tolist(), v.timestamps.tolist())
            for v in reading.iterate_videos(builder, split)
        }
        for split in builder.info.splits
    }


@pytest.mark.slow
@pytest.mark.skipif(not _HAS_BEAM, reason="needs the extra [beam]")
@pytest.mark.parametrize("dataset", ["video_folder/a", "penn_action/bowling"])
def test_beam_makes_the_same_videos(tmp_path, dataset):
    if dataset.startswith("video_folder"):
        videos = video_files.write_folder(tmp_path / "videos")
        (videos / "train" / "bad.mp4").write_text("no video")
        arguments = {"videos": str(videos)}
    else:
        penn = published_files.write_penn_action(tmp_path / "penn")
        phases = published_files.write_phases(tmp_path / "phases")
        (penn / "frames" / "0001" / "000002.jpg").write_bytes(b"no picture")
        arguments = {"source_dir": str(penn), "labels": str(phases)}
    (_, here), (builder, on_beam) = (
        _prepare(
            dataset, tmp_path / str(beam), arguments, beam=beam, skip_bad=True
        )
        for beam in (False, True)
    )
    assert on_beam == here
    assert len(builder.info.metadata["skipped"]) == 1
    with pytest.raises(Exception, match=r"--skip_bad leaves such videos out"):
        _prepare(dataset, tmp_path / "c", arguments, beam=True)
    assert list((tmp_path / "c").iterdir()) == []
