import pytest

from tcc.datasets.builders.penn_action import actions


def test_the_actions_are_those_of_the_paper():
    # Table 2 of the paper, rows added up.
    assert len(actions.ACTIONS) == 13
    assert sum(action.num_train for action in actions.ACTIONS) == 1160
    assert sum(action.num_val for action in actions.ACTIONS) == 966
    counts = {a.name: len(a.phase_names) for a in actions.ACTIONS}
    assert counts == {
        "baseball_pitch": 4,
        "baseball_swing": 3,
        "bench_press": 2,
        "bowling": 3,
        "clean_and_jerk": 6,
        "golf_swing": 3,
        "jumping_jacks": 4,
        "pullups": 2,
        "pushups": 2,
        "situp": 2,
        "squats": 4,
        "tennis_forehand": 3,
        "tennis_serve": 4,
    }


def test_phases_are_named_by_their_events():
    assert actions.BY_NAME["bowling"].phase_names == (
        "until_ball_swung_fully_back",
        "ball_swung_fully_back_to_ball_release",
        "after_ball_release",
    )
    for action in actions.ACTIONS:
        assert len(set(action.phase_names)) == len(action.phase_names)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("bowl", "bowling"), ("pull_ups", "pullups"), ("squat", "squats")],
)
def test_every_spelling_is_found(spelling, name):
    assert actions.find(spelling) == actions.BY_NAME[name]
    assert actions.find("jump_rope") is None
