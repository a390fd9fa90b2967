import csv

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import measure_progress
from tcc.applications import progress
from tests.applications.examples import line


def test_progress_by_hand():
    # Reference a: places 0 4 8 are at 0, .5, 1; b: 0 2 4 6 8 at 0, .25 … 1.
    # Frame 2.1 is nearest to 4 in a (.5) and to 2 in b (.25).
    found = progress.measure(
        line(0, 2.1, 8), [line(0, 4, 8), line(0, 2, 4, 6, 8)]
    )
    np.testing.assert_allclose(found.mean, [0, 0.375, 1])
    np.testing.assert_allclose(found.spread, [0, 0.125, 0])


def test_a_video_that_stops_early_does_not_reach_the_end():
    reference = line(*range(11))
    half = line(*range(6))
    assert progress.measure(half, [reference]).mean[-1] == pytest.approx(0.5)
    whole = progress.measure(half, [reference], method="dtw")
    assert whole.mean[-1] > 0.5  # warping joins the ends


def test_reward_by_hand():
    # Ends (4, 0) and (4, 6): the goal is (4, 3). Starts (0, 0) and (4, 8) are
    # 5 and 5 away: the scale is 1/5.
    references = [
        np.array([[0.0, 0], [4, 0]]),
        np.array([[4.0, 8], [4, 6]]),
    ]
    goal = progress.find_goal(references)
    assert goal.vector.tolist() == [4, 3]
    assert goal.scale == pytest.approx(0.2)
    rewards = progress.reward(np.array([[4.0, 3], [0, 0], [4, 13]]), goal)
    np.testing.assert_allclose(rewards, [0, -1, -2])
    assert progress.reward(np.array([4.0, 3]), goal) == 0  # one observation


def test_videos_that_end_as_they_began_have_a_finite_reward():
    goal = progress.find_goal([line(1, 5, 1)])
    assert progress.reward(line(1, 5), goal).tolist() == [0, -4]


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="a video or more"):
        progress.measure(line(0), [])
    with pytest.raises(ValueError, match="a video or more"):
        progress.find_goal([line(0)[:0]])
    with pytest.raises(ValueError, match="1 channels"):
        progress.reward(np.zeros((2, 3)), progress.find_goal([line(0, 1)]))


def test_command_leaves_out_the_references(logdir, tmp_path, capsys):
    def run(**values):
        with flagsaver.as_parsed(
            logdir=str(logdir), output=str(tmp_path), **values
        ):
            flags.FLAGS.mark_as_parsed()
            measure_progress.main([])

    run(references="video_3")
    assert "1 videos against 1 references" in capsys.readouterr().out
    with (tmp_path / "progress.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["video"] for row in rows} == {"video_2"}
    with np.load(tmp_path / "progress.npz") as arrays:
        assert arrays["video_2/progress"].shape == (36,)
        assert arrays["video_2/reward"].max() <= 0
    run(reference_split="train")
    assert "2 videos against 2 references" in capsys.readouterr().out
    with pytest.raises(ValueError, match="must leave a video"):
        run(references="0,1")
