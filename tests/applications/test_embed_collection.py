"""Collections of videos embedded here and on Apache Beam, with equal values."""

import importlib.util

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import extract_embeddings
from tcc.evaluation.embedding import embedding_files
from tests.datasets import video_files
from tests.evaluation import checkpoint_folders
from tests.video import prepared_videos

_HAS_BEAM = importlib.util.find_spec("apache_beam") is not None


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """A data folder, a log folder on it, and a folder of video files."""
    folder = tmp_path_factory.mktemp("collection")
    lengths = {"train": [20, 31, 9], "val": [25, 12]}
    prepared_videos.write(folder / "data", "tiny", lengths=lengths)
    prepared_videos.write(
        folder / "data", "bare", lengths=lengths, optional_features=False
    )
    config = checkpoint_folders.small_config(folder / "data")
    checkpoint_folders.write_checkpoints(folder / "run", config, [0, 20])
    videos = video_files.write_folder(folder / "videos")
    return folder, videos / "train"


def _extract(folder, name, **values):
    with flagsaver.as_parsed(
        logdir=str(folder / "run"), output=str(folder / name), **values
    ):
        flags.FLAGS.mark_as_parsed()
        assert extract_embeddings.main([]) == 0
    return {
        path.name: embedding_files.load(path)
        for path in sorted((folder / name).iterdir())
    }


def _rows(parts):
    """Everything that is known of each video, by data set, split and place."""
    rows = {}
    for part in parts:
        for i in range(part.num_videos):
            place = (part.dataset, part.split, part.names[i])
            assert place not in rows
            rows[place] = (
                part.embs[i],
                part.steps[i],
                part.times[i],
                part.frame_labels[i],
                part.fps[i],
                part.seq_lens[i],
                part.actions[i],
                part.step,
            )
    return rows


def _assert_equal(some, others):
    some, others = _rows(some.values()), _rows(others.values())
    assert list(some) == list(others)
    for place, values in some.items():
        for value, other in zip(values, others[place], strict=True):
            np.testing.assert_allclose(value, other, atol=1e-6)


def test_video_files_are_embedded(collection):
    folder, videos = collection
    found = _extract(folder, "files", videos=str(videos))
    assert list(found) == ["clips_all.npz"]
    clips = found["clips_all.npz"]
    assert clips.names == sorted(p.stem for p in videos.iterdir())
    assert clips.step == 20
    _extract(folder, "early", videos=str(videos), checkpoint="0")


@pytest.mark.skipif(_HAS_BEAM, reason="Apache Beam is there")
def test_beam_is_asked_for_where_it_is_missing(collection):
    with pytest.raises(ValueError, match=r"pip install .*\[beam\]"):
        _extract(
            collection[0], "x", beam_pipeline_options="runner=DirectRunner"
        )


@pytest.mark.slow
@pytest.mark.skipif(not _HAS_BEAM, reason="needs the extra [beam]")
@pytest.mark.parametrize(
    "options", ["runner=DirectRunner", "direct_num_workers=2"]
)
def test_beam_embeds_the_same(collection, options):
    folder, videos = collection
    name = options.replace("=", "_")
    values = {"datasets": "tiny,bare"}
    on_beam = _extract(
        folder,
        f"{name}_sets",
        beam_pipeline_options=options,
        videos_per_shard="2",
        **values,
    )
    assert list(on_beam) == [
        f"{dataset}_{part}.npz"
        for dataset in ("bare", "tiny")
        for part in (
            "train-00000-of-00002",
            "train-00001-of-00002",
            "val-00000-of-00001",
        )
    ]
    _assert_equal(on_beam, _extract(folder, f"{name}_here", **values))
    on_beam = _extract(
        folder,
        f"{name}_files",
        videos=str(videos),
        beam_pipeline_options=options,
        videos_per_shard="1",
    )
    assert len(on_beam) == len(list(videos.iterdir()))
    _assert_equal(
        on_beam, _extract(folder, f"{name}_files_here", videos=str(videos))
    )
