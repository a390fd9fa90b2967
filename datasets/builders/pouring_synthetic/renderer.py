"""Draws a frame of the pouring world, back to front.

What stands where is `world`'s, what it does `motion`'s; this file only says
how it looks. The same world and timeline give the same bytes.
"""

from collections.abc import Iterator

import numpy as np

from tcc.datasets.builders.pouring_synthetic import (
    canvas,
    geometry,
    hand,
    motion,
    timeline,
    world,
)

_TABLE_DEPTH = 0.09  # of the table behind and before the things on it
_FAR = 2.0  # beyond every border of the picture


def render(
    scene: world.World,
    course: timeline.Timeline,
    size: int,
    action: motion.Motion | None = None,
) -> Iterator[np.ndarray]:
    """Renders a video.

    Args:
      scene: the world.
      course: the phase and progress of each frame.
      size: pixels a side.
      action: what is done; None is the pouring of this world.

    Yields:
      uint8 [size, size, 3], one for each of the course's frames.
    """
    rng = np.random.default_rng(scene.noise_seed)
    action = action or motion.Motion(scene)
    light = _light(scene, size)
    count = len(course.phases)
    for index in range(count):
        share = index / max(count - 1, 1)
        state = action.state(
            int(course.phases[index]), float(course.progress[index])
        )
        zoom = scene.zoom[0] + share * (scene.zoom[1] - scene.zoom[0])
        across, down = rng.normal(0, scene.jitter, 2)
        paper = canvas.Canvas(size, zoom, (float(across), float(down)))
        _draw_frame(paper, scene, state, share)
        pixels = paper.finish().astype(np.float32)
        if scene.mirrored:
            pixels = pixels[:, ::-1]
        strength = scene.light_strength + share * scene.light_drift
        pixels = pixels * (1 + strength * light)
        pixels += rng.normal(0, scene.noise, pixels.shape)
        yield np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _light(scene: world.World, size: int) -> np.ndarray:
    """Returns the slope of the light, -1 to 1, float32 [size, size, 1]."""
    axis = np.linspace(-0.7, 0.7, size, dtype=np.float32)
    slope = np.cos(scene.light_angle) * axis[None, :]
    slope = slope + np.sin(scene.light_angle) * axis[:, None]
    return slope[..., None].astype(np.float32)


def _draw_frame(
    paper: canvas.Canvas, scene: world.World, state: motion.State, share: float
) -> None:
    _draw_room(paper, scene)
    for thing in scene.distractors:
        _draw_distractor(paper, thing, scene, share)
    _draw_shadow(paper, scene, state)
    hand.draw_behind(paper, scene, state)
    cup = motion.cup_outline(scene.cup, scene.table_y)
    _draw_cup(paper, scene, cup, state.cup_fill)
    if state.stream > 0:
        _draw_stream(paper, scene, state, cup)
    _draw_bottle(paper, scene, state)
    hand.draw_before(paper, scene, state)
    if scene.occluder is not None:
        _draw_distractor(paper, scene.occluder, scene, share, lift=-0.15)


def _box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array(
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    )


def _draw_room(paper: canvas.Canvas, scene: world.World) -> None:
    back = scene.table_y - _TABLE_DEPTH
    front = scene.table_y + _TABLE_DEPTH
    paper.polygon(_box(-_FAR, -_FAR, _FAR, _FAR), scene.wall)
    paper.polygon(_box(-_FAR, back, _FAR, _FAR), scene.table)
    edge = canvas.shade(scene.table, 0.7)
    paper.polygon(_box(-_FAR, front, _FAR, _FAR), edge)
    paper.line(np.array([(-_FAR, back), (_FAR, back)]), 0.006, edge)


def _draw_distractor(
    paper: canvas.Canvas,
    thing: world.Distractor,
    scene: world.World,
    share: float,
    lift: float = 0.055,
) -> None:
    """Draws a thing; `lift` is how far behind the bottle it stands."""
    x = (thing.x + share * thing.speed + 0.2) % 1.4 - 0.2
    base, size = scene.table_y - lift, thing.size
    dark = canvas.shade(thing.colour, 0.75)
    if thing.shape == "picture":
        top = 0.08 + size
        paper.polygon(_box(x - size, top - size, x + size, top + size), dark)
        inner = 0.8 * size
        paper.polygon(
            _box(x - inner, top - inner, x + inner, top + inner), thing.colour
        )
    elif thing.shape == "ball":
        centre = np.array([x, base - size / 2])
        paper.ellipse(centre, (size / 2, size / 2), dark)
        paper.ellipse(centre - 0.06 * size, (size / 2.6,) * 2, thing.colour)
    elif thing.shape == "box":
        paper.polygon(_box(x - size / 2, base - size, x, base), thing.colour)
        paper.polygon(_box(x, base - size, x + size / 2, base), dark)
    else:
        paper.ellipse(
            np.array([x, base - size / 2]), (size / 2.4, size / 2), thing.colour
        )
        neck = _box(x - size / 6, base - 1.3 * size, x + size / 6, base - size)
        paper.polygon(neck, dark)


def _draw_shadow(
    paper: canvas.Canvas, scene: world.World, state: motion.State
) -> None:
    """Darkens the table under cup and bottle, less the higher it is."""
    cup = scene.cup
    black = (0, 0, 0)
    place = np.array([cup.x, scene.table_y])
    paper.ellipse(place, (0.62 * cup.bottom_width, 0.018), black, 0.3)
    height = scene.table_y - scene.bottle.height / 2 - state.bottle[1]
    width = 0.62 * scene.bottle.width
    alpha = 0.3 * max(0.15, 1 - 2.5 * max(height, 0.0))
    place = np.array([state.bottle[0], scene.table_y])
    paper.ellipse(place, (width, 0.018), black, alpha)


def _draw_cup(
    paper: canvas.Canvas, scene: world.World, cup: np.ndarray, fill: float
) -> None:
    white, dark = (255, 255, 255), (70, 75, 85)
    paper.polygon(cup, white, 0.35)
    if fill > 0:
        drink = geometry.liquid(cup, fill)
        paper.polygon(drink, scene.drink, 0.9)
    paper.line(cup[[0, 3, 2, 1]], 0.012, dark)
    # Along the left wall, from a fifth to four fifths of its height.
    shares = np.array([[0.2], [0.8]])
    shine = cup[0] + shares * (cup[3] - cup[0])
    shine[:, 0] += 0.15 * scene.cup.top_width
    paper.line(shine, 0.012, white, 0.6)


def _draw_stream(
    paper: canvas.Canvas,
    scene: world.World,
    state: motion.State,
    cup: np.ndarray,
) -> None:
    """Lets the liquid fall from the bottle's lip into the cup."""
    lip = motion.bottle_outline(scene.bottle)[:1]
    start = state.bottle + geometry.rotate(lip, state.tilt)[0]
    surface = geometry.level_of_area(cup, state.cup_fill * geometry.area(cup))
    bend = start + np.array([0.02, 0.025])
    end = np.array([bend[0] + 0.004, surface])
    width = 0.012 + 0.016 * state.stream
    inside = start - np.array([0.012, 0.004])
    paper.line(np.array([inside, start, bend, end]), width, scene.drink)
    paper.ellipse(end, (1.6 * width, 0.4 * width), scene.drink)


def _draw_bottle(
    paper: canvas.Canvas, scene: world.World, state: motion.State
) -> None:
    bottle = scene.bottle
    upright = motion.bottle_outline(bottle)

    def place(points: np.ndarray) -> np.ndarray:
        return geometry.rotate(points, state.tilt) + state.bottle

    glass = place(upright)
    paper.polygon(glass, bottle.glass, 0.5)
    inside = place(upright * np.array([0.88, 0.97]))
    drink = geometry.liquid(inside, state.bottle_fill)
    paper.polygon(drink, scene.drink, 0.9)
    body, half = 0.5 * bottle.width, bottle.height / 2
    # The label leaves the liquid visible on its right.
    label = place(_box(-body, 0.3 * half, 0.3 * body, 0.75 * half))
    paper.polygon(label, bottle.paper)
    shine = np.array([(-0.6 * body, -0.25 * half), (-0.6 * body, 0.85 * half)])
    paper.line(place(shine), 0.014, (255, 255, 255), 0.5)
    # The mouth, between the last point and the first, stays open.
    paper.line(glass, 0.01, canvas.shade(bottle.glass, 0.45))
