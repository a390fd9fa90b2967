import numpy as np

from tcc.applications.alignment import direction
from tests.applications.examples import make_clips

_FORWARDS = np.arange(20.0)[:, np.newaxis]
_PLACES = np.random.default_rng(0).permutation(20)


def _find(*others, **kwargs):
    names = ["query", *(f"video_{i}" for i in range(len(others)))]
    clips = make_clips([_FORWARDS, *others], names=names)
    return direction.find_unlike(clips.embeddings, **kwargs)


def test_what_runs_the_querys_way_is_fine():
    faster = _FORWARDS[::2]
    waits = np.concatenate([np.zeros([9, 1]), _FORWARDS])
    assert _find(_FORWARDS + 0.2, faster, waits) == {}


def test_backwards_and_unlike_are_found():
    same = np.zeros([5, 1])
    found = _find(_FORWARDS, _FORWARDS[::-1], _FORWARDS[_PLACES], same)
    assert list(found) == ["video_1", "video_2", "video_3"]
    assert found["video_1"] == -1
    assert abs(found["video_2"]) < 0.3
    assert np.isnan(found["video_3"])
    lines = direction.describe(found).splitlines()
    assert "video_1 seems to run backwards" in lines[0]
    assert "tau -1.00" in lines[0]
    assert "video_2 is unlike it" in lines[1]
    assert "video_3 is unlike it" in lines[2]
    assert direction.describe({}) == ""


def test_the_distance_is_that_of_the_alignment():
    circle = np.stack([np.cos(np.arange(9) / 9), np.sin(np.arange(9) / 9)], 1)
    shrinking = circle * np.linspace(50, 1, 9)[:, np.newaxis]
    # Its last frame is the nearest to all; its angles are the query's.
    clips = make_clips([circle, shrinking]).embeddings
    assert direction.find_unlike(clips, distance="cosine") == {}
    assert list(direction.find_unlike(clips)) == clips.names[1:]
