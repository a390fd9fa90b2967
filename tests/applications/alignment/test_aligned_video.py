import dataclasses

import numpy as np
import pytest

from tcc.applications.alignment import aligned_video
from tcc.video import prepared
from tests.evaluation.examples import make_embeddings


def _video(name, length, fps=10.0):
    return prepared.Video(
        name=name,
        jpegs=[b""] * length,
        frame_labels=np.zeros(length, np.int64),
        timestamps=np.arange(length) / fps,
        fps=fps,
        label=-1,
    )


def test_choice_in_the_order_asked_for():
    names = ["a", "b", "c", "d"]
    assert aligned_video.choose_videos(names, "d", ["1", "a"]) == [3, 1, 0]


@pytest.mark.parametrize(
    ("query", "limit", "expected"),
    [
        ("0", 2, [0, 1, 2]),
        ("v1", 2, [1, 0, 2]),
        ("4", 2, [4, 0, 1]),
        ("4", 0, [4, 0, 1, 2, 3]),
    ],
)
def test_choice_of_the_first_others(query, limit, expected):
    names = [f"v{i}" for i in range(5)]
    assert aligned_video.choose_videos(names, query, limit=limit) == expected


def test_a_split_of_one_video_is_shown_alone():
    assert aligned_video.choose_videos(["v"], "0") == [0]


def test_tracks_by_hand():
    embeddings = make_embeddings(
        [
            np.array([[0.0], [1], [2], [3]]),
            np.array([[0.0], [0], [1], [2], [2], [3]]),
        ]
    )
    videos = [_video("val_0", 4), _video("val_1", 6, fps=20.0)]
    query, other = aligned_video.align_videos(videos, embeddings)
    assert query.aligned.tolist() == query.unaligned.tolist() == [0, 1, 2, 3]
    assert other.aligned.tolist() == [0, 2, 3, 5]
    # At 0, .1, .2, .3 s a video of 20 frames a second shows 0, 2, 4, (6) 5.
    assert other.unaligned.tolist() == [0, 2, 4, 5]
    assert aligned_video.playing_speed(query) == pytest.approx(10)
    dtw = aligned_video.align_videos(videos, embeddings, method="dtw")[1]
    # Joined with the frames 0, 1 | 2 | 3, 4 | 5: the middle, first of two.
    assert dtw.aligned.tolist() == [0, 2, 3, 5]


def test_tracks_count_original_frames_when_frames_were_left_out():
    embeddings = dataclasses.replace(
        make_embeddings([np.array([[0.0], [1]]), np.array([[0.0], [1], [2]])]),
        steps=[np.array([0, 5]), np.array([0, 5, 10])],
        seq_lens=np.array([8, 11]),
    )
    videos = [_video("val_0", 8), _video("val_1", 11)]
    query, other = aligned_video.align_videos(videos, embeddings)
    assert query.aligned.tolist() == [0, 5]
    assert other.aligned.tolist() == [0, 5]
    assert aligned_video.playing_speed(query) == pytest.approx(2)


def test_unknown_times_play_at_25_frames_a_second():
    embeddings = make_embeddings([np.eye(4)])
    video = _video("val_0", 4, fps=np.nan)
    (track,) = aligned_video.align_videos([video], embeddings)
    assert aligned_video.playing_speed(track) == 25


def test_embeddings_of_other_videos_are_refused(data_dir):
    embeddings = make_embeddings([np.eye(4)])
    with pytest.raises(ValueError, match=r"the video's 5 frames.*4 frames"):
        aligned_video.align_videos([_video("val_0", 5)], embeddings)
    tiny = dataclasses.replace(embeddings, dataset="tiny")
    with pytest.raises(ValueError, match="no video 'val_0'"):
        aligned_video.read_videos(tiny, str(data_dir))


def test_videos_are_read_in_the_order_of_the_embeddings(data_dir):
    embeddings = dataclasses.replace(
        make_embeddings([np.eye(4), np.eye(4)]),
        dataset="tiny",
        names=["video_3", "video_2"],
    )
    videos = aligned_video.read_videos(embeddings, str(data_dir))
    assert [len(video.jpegs) for video in videos] == [44, 36]
