import dataclasses

import numpy as np
import pytest

from tcc.evaluation import aligned_videos
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


def _names(videos):
    return [video.name for video in videos]


def test_choice_by_name_and_index_in_the_order_asked_for():
    videos = [_video(name, 3) for name in ("a", "b", "1", "d")]
    # "1" is a name before it is an index.
    chosen = aligned_videos.choose_videos(videos, "d", ["1", "0"])
    assert _names(chosen) == ["d", "1", "a"]


@pytest.mark.parametrize(
    ("query", "limit", "expected"),
    [
        ("0", 2, ["v0", "v1", "v2"]),
        ("v1", 2, ["v1", "v0", "v2"]),
        ("4", 2, ["v4", "v0", "v1"]),
        ("4", 0, ["v4", "v0", "v1", "v2", "v3"]),
    ],
)
def test_choice_of_the_first_others(query, limit, expected):
    videos = [_video(f"v{i}", 3) for i in range(5)]
    chosen = aligned_videos.choose_videos(videos, query, limit=limit)
    assert _names(chosen) == expected


def test_a_split_of_one_video_is_shown_alone():
    assert _names(aligned_videos.choose_videos([_video("v", 2)], "0")) == ["v"]


def test_an_unknown_video_is_named():
    with pytest.raises(ValueError, match=r"one of v or an index below 1.*'7'"):
        aligned_videos.choose_videos([_video("v", 2)], "7")


def test_tracks_by_hand():
    embeddings = make_embeddings(
        [
            np.array([[0.0], [1], [2], [3]]),
            np.array([[0.0], [0], [1], [2], [2], [3]]),
        ]
    )
    videos = [_video("val_0", 4), _video("val_1", 6, fps=20.0)]
    query, other = aligned_videos.align_videos(videos, embeddings)
    assert query.aligned.tolist() == query.unaligned.tolist() == [0, 1, 2, 3]
    assert other.aligned.tolist() == [0, 2, 3, 5]
    # At 0, .1, .2, .3 s a video of 20 frames a second shows 0, 2, 4, (6) 5.
    assert other.unaligned.tolist() == [0, 2, 4, 5]
    assert aligned_videos.playing_speed(query) == pytest.approx(10)
    dtw = aligned_videos.align_videos(videos, embeddings, method="dtw")[1]
    # Joined with the frames 0, 1 | 2 | 3, 4 | 5: the middle, first of two.
    assert dtw.aligned.tolist() == [0, 2, 3, 5]


def test_tracks_count_original_frames_when_frames_were_left_out():
    embeddings = dataclasses.replace(
        make_embeddings([np.array([[0.0], [1]]), np.array([[0.0], [1], [2]])]),
        steps=[np.array([0, 5]), np.array([0, 5, 10])],
        seq_lens=np.array([8, 11]),
    )
    videos = [_video("val_0", 8), _video("val_1", 11)]
    query, other = aligned_videos.align_videos(videos, embeddings)
    assert query.aligned.tolist() == [0, 5]
    assert other.aligned.tolist() == [0, 5]
    assert aligned_videos.playing_speed(query) == pytest.approx(2)


def test_unknown_times_play_at_25_frames_a_second():
    embeddings = make_embeddings([np.eye(4)])
    video = _video("val_0", 4, fps=np.nan)
    (track,) = aligned_videos.align_videos([video], embeddings)
    assert aligned_videos.playing_speed(track) == 25


def test_embeddings_of_other_videos_are_refused():
    embeddings = make_embeddings([np.eye(4)])
    with pytest.raises(ValueError, match="none of 'other'"):
        aligned_videos.align_videos([_video("other", 4)], embeddings)
    with pytest.raises(ValueError, match=r"the video's 5 frames.*4 frames"):
        aligned_videos.align_videos([_video("val_0", 5)], embeddings)
