import dataclasses

import numpy as np
import pytest

from tcc.datasets.builders.pouring_synthetic import (
    renderer,
    rendering,
    timeline,
    world,
)


def _source(**changes):
    fields = {
        "split": "train",
        "index": 0,
        "difficulty": dataclasses.replace(world.EASY, frames=(26, 30)),
        "image_size": 32,
        "seed": 0,
    }
    return rendering.RenderingSource(**(fields | changes))


def test_the_same_source_gives_the_same_bytes():
    first, second = (rendering.make_video(_source()) for _ in range(2))
    assert first.jpegs == second.jpegs
    np.testing.assert_array_equal(first.frame_labels, second.frame_labels)


@pytest.mark.parametrize(
    "changes", [{"index": 1}, {"split": "val"}, {"seed": 1}]
)
def test_another_source_gives_another_video(changes):
    first = rendering.make_video(_source())
    second = rendering.make_video(_source(**changes))
    assert first.jpegs[0] != second.jpegs[0]


def test_every_frame_has_a_label_and_a_time():
    video = rendering.make_video(_source())
    assert video.name == "train_000"
    assert 26 <= len(video.jpegs) <= 30
    assert set(video.frame_labels) == set(range(5))
    # Frame i of 15 a second is at i / 15.
    assert video.timestamps[3] == pytest.approx(3 / 15)
    assert video.fps == 15.0


def _render(scene, phases, progress, size=64):
    course = timeline.Timeline(np.array(phases), np.array(progress))
    return [f.astype(int) for f in renderer.render(scene, course, size)]


@pytest.fixture
def still_scene():
    scene = world.draw_world(np.random.default_rng(3), world.EASY)
    return dataclasses.replace(
        scene,
        jitter=0.0,
        noise=0.0,
        mirrored=False,
        light_strength=0.0,
        light_drift=0.0,
        distractors=(),
        drink=(255, 0, 0),
        table=(90, 90, 90),
        wall=(200, 200, 200),
    )


def _red(frame, columns):
    """Counts the pixels of the red drink in a share of the columns."""
    part = frame[:, columns]
    return int(np.sum((part[..., 0] - part[..., 1]) > 150))


def test_the_cup_fills_and_the_bottle_empties(still_scene):
    before, halfway, after = _render(still_scene, [0, 2, 4], [0.0, 0.5, 0.999])
    cup, bottle = slice(38, 64), slice(8, 30)
    assert _red(before, cup) == 0
    assert 0 < _red(halfway, cup) < _red(after, cup)
    assert _red(after, bottle) < _red(before, bottle)


def test_the_same_state_shows_the_same_picture(still_scene):
    # No jitter, no noise: a pause is a still.
    first, second = _render(still_scene, [1, 1], [0.4, 0.4])
    np.testing.assert_array_equal(first, second)


def test_a_mirrored_world_is_the_mirror_image(still_scene):
    plain = _render(still_scene, [2], [0.3])[0]
    mirrored = _render(
        dataclasses.replace(still_scene, mirrored=True), [2], [0.3]
    )[0]
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
