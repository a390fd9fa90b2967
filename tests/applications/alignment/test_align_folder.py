"""Files in, aligned videos out."""

import csv

import av
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import align_videos
from tcc.applications import clips
from tcc.applications.alignment import align_folder, folder_settings
from tcc.evaluation.embedding import embedding_files
from tcc.training import checkpoints, loop
from tcc.visualization import alignment_video, switching_video


def _run(**values):
    with flagsaver.as_parsed(**values):
        flags.FLAGS.mark_as_parsed()
        return align_videos.main([])


def _count_frames(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_folder_to_results_and_a_second_folder_with_the_same_network(
    video_files, tiny_training, tmp_path, capsys, monkeypatch
):
    pattern = str(video_files[0].parent / "*.mp4")
    out = tmp_path / "out"
    _run(videos=pattern, output=str(out), query="clip 1")
    printed = capsys.readouterr().out
    assert "correspondences.csv" in printed
    assert (
        "3 clips of 20 frames (median) at 10 frames/s: light embed" in printed
    )
    kept = embedding_files.load(out / "embeddings.npz")
    assert kept.features is not None  # for the matching
    assert _count_frames(out / "grid.mp4") == 20
    assert _count_frames(out / "switching.mp4") == 20
    pairs = sorted(path.name for path in (out / "side_by_side").iterdir())
    assert pairs == ["clip 0.mp4", "clip 2.mp4"]
    with (out / "correspondences.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 20
    assert {row["video"] for row in rows} == {"clip 0", "clip 2"}
    assert float(rows[19]["query_seconds"]) == pytest.approx(1.9)
    frames = [int(row["frame"]) for row in rows[:20]]
    assert frames[0] < 10 < frames[-1]
    assert (np.diff(frames) >= 0).all()  # DTW, never backwards

    # Again: nothing is trained a second time.
    with monkeypatch.context() as patch:
        patch.setattr(loop, "train", None)
        _run(videos=pattern, output=str(out))

    other = tmp_path / "other"
    two = str(video_files[0].parent / "clip [01].mp4")
    _run(videos=two, output=str(other), logdir=str(out / "run"))
    assert not (other / "run").exists()
    assert [p.name for p in (other / "side_by_side").iterdir()] == [
        "clip 1.mp4"
    ]
    with pytest.raises(ValueError, match="work on other videos"):
        _run(videos=two, output=str(out))


def test_time_limit_ends_and_saves_the_training(
    video_files, tiny_training, tmp_path, monkeypatch
):
    monkeypatch.setattr(folder_settings, "_MAX_STEPS", 1_000_000)
    settings = align_folder.Settings(minutes=0.01 / 60, weights="none")
    found = align_folder.align(video_files[:2], tmp_path, settings)
    assert found.names == ["clip 0", "clip 1"]
    step = checkpoints.list_checkpoints(tmp_path / "run")[-1][0]
    assert found.embeddings.step == step < 1000


def test_mistakes_are_named(video_files, tmp_path):
    with pytest.raises(ValueError, match="two videos or more"):
        align_folder.align(video_files[:1], tmp_path)
    with pytest.raises(ValueError, match="0 needs pretrained"):
        align_folder.align(
            video_files,
            tmp_path,
            align_folder.Settings(minutes=0, weights="none"),
        )
    with pytest.raises(FileNotFoundError, match="in quotes"):
        clips.list_files(str(tmp_path / "*.mp4"))
    (tmp_path / "a").mkdir()
    for path in (tmp_path / "b.mp4", tmp_path / "a" / "b.mov"):
        path.touch()
    with pytest.raises(ValueError, match="same name"):
        clips.list_files(str(tmp_path / "**" / "b.*"))
    assert clips.list_files(str(tmp_path)) == [tmp_path / "b.mp4"]


def test_labels_of_video_files(video_files, tmp_path):
    labels = tmp_path / "labels.json"
    labels.write_text(
        '{"clip 1.mp4": {"me": {"0": [0, 1000000], "1": [1000000, 2000000]}}}'
    )
    videos = clips.read_files(video_files, sample_fps=5, labels=labels)
    assert [len(video.jpegs) for video in videos] == [10, 10, 10]
    assert videos[1].frame_labels.tolist() == [0] * 5 + [1] * 5
    assert videos[0].frame_labels.tolist() == [-1] * 10
    with pytest.raises(ValueError, match="none of the videos"):
        clips.read_files(video_files[:1], labels=labels)


def test_switching_shows_the_tracks_in_turn():
    jpeg = {}
    from tcc.datasets.preparing import jpeg as jpeg_lib

    for value in (0, 100, 200):
        picture = np.full((16, 16, 3), value, np.uint8)
        jpeg[value] = jpeg_lib.encode(picture)
    tracks = [
        alignment_video.Track(
            name, [jpeg[v]], np.zeros(1), np.zeros(5, int), np.zeros(5, int)
        )
        for name, v in (("a", 0), ("b", 100), ("c", 200))
    ]
    frames = switching_video.switching_frames(
        tracks, moments_per_video=2, cell_size=16
    )
    centre = [int(f[f.shape[0] // 2, f.shape[1] // 2, 0]) for f in frames]
    np.testing.assert_allclose(centre, [0, 0, 100, 100, 200], atol=2)
    with pytest.raises(ValueError, match="moments_per_video"):
        next(switching_video.switching_frames(tracks, moments_per_video=0))
    with pytest.raises(ValueError, match="tracks must hold"):
        next(switching_video.switching_frames([], moments_per_video=1))
