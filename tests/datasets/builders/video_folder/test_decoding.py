import io

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.builders.video_folder import decoding
from tcc.datasets.labels import annotations
from tests.datasets import video_files


def _source(path, **changes):
    fields = {
        "path": path,
        "name": "clip",
        "origin": "train/clip.mp4",
        "segments": (),
        "fps": None,
        "shorter_side": None,
    }
    return decoding.FileSource(**(fields | changes))


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    video_files.write_clip(path, num_frames=8, fps=10.0)
    return path


def test_an_unlabelled_clip(clip):
    video = decoding.make_video(_source(clip))
    np.testing.assert_allclose(video.timestamps, np.arange(8) / 10)
    np.testing.assert_array_equal(video.frame_labels, [-1] * 8)
    assert video.fps == pytest.approx(10)
    levels = [
        np.asarray(Image.open(io.BytesIO(jpeg))).mean() for jpeg in video.jpegs
    ]
    # The clip brightens by 200 / 8 from frame to frame, from 20.
    np.testing.assert_allclose(levels, 20 + 25 * np.arange(8), atol=3)


def test_labels_follow_the_true_times_of_the_kept_frames(clip):
    segments = (
        annotations.Segment(0, 0, 0.35),
        annotations.Segment(1, 0.35, 1),
    )
    video = decoding.make_video(_source(clip, segments=segments, fps=5.0))
    # Every other frame: 0.0, 0.2, 0.4, 0.6.
    np.testing.assert_allclose(video.timestamps, [0.0, 0.2, 0.4, 0.6])
    np.testing.assert_array_equal(video.frame_labels, [0, 0, 1, 1])
    assert video.fps == pytest.approx(5)


def test_frames_shrink_in_proportion_and_never_grow(clip):
    for shorter_side, size in ((16, (24, 16)), (64, (48, 32))):
        video = decoding.make_video(_source(clip, shorter_side=shorter_side))
        assert Image.open(io.BytesIO(video.jpegs[0])).size == size


def test_a_single_frame_has_the_rate_of_its_file(tmp_path):
    path = tmp_path / "one.mp4"
    video_files.write_clip(path, num_frames=1, fps=25.0)
    assert decoding.make_video(_source(path)).fps == pytest.approx(25)


@pytest.mark.parametrize(
    "segment",
    [
        annotations.Segment(0, 20.0, 30.0),  # of a longer video
        annotations.Segment(0, 0.5, 1.9),  # 1.1 * 0.8 + 1 = 1.88
        annotations.Segment(0, 0.0, 0.8e-6),  # seconds taken as microseconds
        annotations.Segment(0, 0.0, 0.8e-3),  # milliseconds
    ],
)
def test_labels_of_another_video_or_unit_are_refused(clip, segment):
    with pytest.raises(
        ValueError, match=r"labels of .*clip.mp4 span .* 0.80 seconds long"
    ):
        decoding.make_video(_source(clip, segments=(segment,)))


def test_a_real_clip_has_the_phases_of_its_labels():
    path = video_files.G1_BOTTLE / "train" / "episode_000029.mp4"
    segments = (
        annotations.Segment(0, 0.0, 1.1),
        annotations.Segment(1, 1.1, 7.4),
    )
    video = decoding.make_video(_source(path, segments=segments))
    # 10 frames a second: 11 before 1.1 s.
    assert np.sum(video.frame_labels == 0) == 11
    assert Image.open(io.BytesIO(video.jpegs[0])).size == (256, 192)
