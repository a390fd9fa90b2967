import itertools

import numpy as np
import pytest

from tcc.datasets.builders.pouring_synthetic import geometry, motion, world


@pytest.fixture(params=range(6))
def scene(request):
    difficulty = world.HARD if request.param % 2 else world.EASY
    return world.draw_world(np.random.default_rng(request.param), difficulty)


def _states(scene, steps=20):
    action = motion.Motion(scene)
    return [
        [action.state(phase, step / steps) for step in range(steps + 1)]
        for phase in range(5)
    ]


def test_nothing_jumps(scene):
    states = [state for phase in _states(scene, 100) for state in phase]
    for before, after in itertools.pairwise(states):
        assert np.abs(after.hand - before.hand).max() < 0.06
        assert np.abs(after.bottle - before.bottle).max() < 0.06
        assert abs(after.tilt - before.tilt) < 0.15
        assert abs(after.cup_fill - before.cup_fill) < 0.02


def test_liquid_moves_from_bottle_to_cup_only_while_pouring(scene):
    reach, lift, pour, put_down, withdraw = _states(scene)
    for state in [*reach, *lift]:
        assert state.cup_fill == 0
        assert state.bottle_fill == scene.full
    for state in [*put_down, *withdraw]:
        assert state.cup_fill == pytest.approx(scene.poured)
        assert state.bottle_fill < scene.full
    fills = [state.cup_fill for state in pour]
    assert fills == sorted(fills)
    assert len(set(fills)) == len(fills)
    assert all(state.stream > 0 for state in pour)
    assert not any(state.stream for state in [*reach, *lift, *put_down])


def test_the_lip_is_over_the_cup_while_pouring(scene):
    lip = motion.bottle_outline(scene.bottle)[:1]
    left = scene.cup.x - scene.cup.bottom_width / 2
    right = scene.cup.x + scene.cup.bottom_width / 2
    rim = scene.table_y - scene.cup.height
    for state in _states(scene)[2]:
        x, y = (geometry.rotate(lip, state.tilt) + state.bottle)[0]
        assert left < x < right
        assert y < rim


def test_the_bottle_stands_on_the_table_before_and_after(scene):
    reach, _, _, _, withdraw = _states(scene)
    for state in [*reach, *withdraw]:
        base = state.bottle[1] + scene.bottle.height / 2
        assert base == pytest.approx(scene.table_y)
        assert state.tilt == 0


def test_the_hand_comes_from_and_goes_out_of_sight(scene):
    reach, _, _, _, withdraw = _states(scene)
    assert reach[0].hand[0] < -0.15
    assert withdraw[-1].hand[0] < -0.15
    assert reach[0].grasp == 0
    assert reach[-1].grasp == 1
