"""What differs from one rendered video to the next: the world's parameters.

A `World` is drawn from a random generator and a `Difficulty`; it says how
things look and where they stand, not how they move (`motion`) or how long
that takes (`timeline`). Lengths are in units of the picture's side, x to the
right and y down; the bottle stands left of the cup unless `mirrored`.
"""

import colorsys
import dataclasses

import numpy as np

Colour = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Difficulty:
    """How much the videos of a config differ; ranges are (low, high)."""

    frames: tuple[int, int]  # of a video
    speed_spread: float  # standard deviation of the log of a phase's duration
    pauses: int  # at most, in a video
    scale: tuple[float, float]  # of bottle, cup and hand
    hue_spread: float  # 0 keeps the usual colours, 1 takes any
    max_distractors: int
    clear_cup: bool  # nothing stands behind the cup, whose glass is clear
    jitter: float  # standard deviation of the camera's position
    zoom: float  # at most, of the camera, to either side of 1
    light_spread: float  # of the brightness over the picture
    noise: float  # standard deviation of a pixel, of 255
    occluder_share: float  # of videos with a thing before the scene
    moving_share: float  # of distractors that move


EASY = Difficulty(
    frames=(60, 120),
    speed_spread=0.3,
    pauses=2,
    scale=(0.92, 1.1),
    hue_spread=0.15,
    max_distractors=2,
    clear_cup=True,
    jitter=0.003,
    zoom=0.0,
    light_spread=0.12,
    noise=1.5,
    occluder_share=0.0,
    moving_share=0.0,
)
HARD = Difficulty(
    frames=(50, 160),
    speed_spread=0.7,
    pauses=4,
    scale=(0.7, 1.1),
    hue_spread=1.0,
    max_distractors=6,
    clear_cup=False,
    jitter=0.008,
    zoom=0.12,
    light_spread=0.35,
    noise=5.0,
    occluder_share=0.4,
    moving_share=0.35,
)


@dataclasses.dataclass(frozen=True)
class Distractor:
    """A thing that takes no part in the action."""

    shape: str  # "box", "ball", "vase" or "picture" (on the wall)
    x: float
    size: float
    colour: Colour
    speed: float  # of the picture's side per video; 0 stands still


@dataclasses.dataclass(frozen=True)
class Bottle:
    """A bottle: a body, a shoulder and a neck."""

    width: float
    height: float
    neck_width: float
    neck_height: float
    shoulder_height: float
    x: float  # of the centre where it stands first
    glass: Colour
    paper: Colour  # of the label on its body


@dataclasses.dataclass(frozen=True)
class Cup:
    """A drinking glass, wider at the top."""

    top_width: float
    bottom_width: float
    height: float
    x: float


@dataclasses.dataclass(frozen=True)
class World:
    """Everything about a video but its course in time."""

    bottle: Bottle
    cup: Cup
    table_y: float  # of the table's edge, where things stand
    full: float  # fill of the bottle at first, 0 to 1
    poured: float  # fill of the cup at the end, 0 to 1
    lift_height: float  # how far the bottle rises on its way to the cup
    return_height: float  # the same on its way back
    put_down_x: float  # where the bottle stands at last
    hand_start: tuple[float, float]  # where the hand comes from
    hand_end: tuple[float, float]  # where it goes
    gripper: bool  # a robot's gripper instead of a hand
    skin: Colour  # of the hand or the gripper
    sleeve: Colour
    wall: Colour
    table: Colour
    drink: Colour
    distractors: tuple[Distractor, ...]
    occluder: Distractor | None  # before the scene, at the lower edge
    mirrored: bool
    light_angle: float  # radians; where the light comes from
    light_strength: float  # at the border, as a share
    light_drift: float  # change of the strength from first to last frame
    zoom: tuple[float, float]  # at the first and the last frame
    jitter: float
    noise: float
    noise_seed: int


# Usual colours, (hue, saturation, value), each 0 to 1.
_DRINKS = ((0.02, 0.85, 0.75), (0.09, 0.9, 0.95), (0.58, 0.75, 0.9))
_WALLS = ((0.58, 0.12, 0.86), (0.12, 0.14, 0.9), (0.35, 0.1, 0.84))
_TABLES = ((0.08, 0.5, 0.55), (0.07, 0.42, 0.72), (0.1, 0.2, 0.42))
_GLASS = ((0.35, 0.35, 0.62), (0.55, 0.25, 0.75), (0.08, 0.5, 0.55))
_SKIN = ((0.06, 0.4, 0.95), (0.06, 0.5, 0.75), (0.06, 0.55, 0.5))
_SLEEVES = ((0.62, 0.7, 0.55), (0.0, 0.65, 0.6), (0.3, 0.5, 0.4))


def _rgb(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def _draw_colour(
    rng: np.random.Generator,
    usual: tuple[tuple[float, float, float], ...],
    hue_spread: float,
) -> Colour:
    """Takes a usual colour and moves its hue, saturation and value a little."""
    hue, saturation, value = usual[rng.integers(len(usual))]
    hue += hue_spread * rng.uniform(-0.5, 0.5) ** 3 * 4
    saturation *= rng.uniform(0.8, 1.1)
    value *= rng.uniform(0.9, 1.08)
    return _rgb(hue, min(saturation, 1.0), min(value, 1.0))


def _draw_bottle(
    rng: np.random.Generator, scale: float, hue_spread: float
) -> Bottle:
    width = scale * rng.uniform(0.13, 0.165)
    height = scale * rng.uniform(0.36, 0.42)
    return Bottle(
        width=width,
        height=height,
        neck_width=width * rng.uniform(0.34, 0.42),
        neck_height=height * rng.uniform(0.2, 0.26),
        shoulder_height=height * rng.uniform(0.1, 0.16),
        x=rng.uniform(0.24, 0.32),
        glass=_draw_colour(rng, _GLASS, hue_spread),
        paper=_draw_colour(rng, _SLEEVES, 1.0),
    )


def _draw_cup(rng: np.random.Generator, scale: float) -> Cup:
    top_width = scale * rng.uniform(0.22, 0.27)
    return Cup(
        top_width=top_width,
        bottom_width=top_width * rng.uniform(0.7, 0.85),
        height=scale * rng.uniform(0.23, 0.28),
        x=rng.uniform(0.68, 0.76),
    )


def _draw_distractor(
    rng: np.random.Generator,
    shapes: tuple[str, ...],
    sizes: tuple[float, float],
    moving_share: float,
) -> Distractor:
    shape = shapes[rng.integers(len(shapes))]
    moves = rng.random() < moving_share and shape != "picture"
    return Distractor(
        shape=shape,
        x=rng.uniform(0.02, 0.98),
        size=rng.uniform(*sizes),
        colour=_rgb(rng.random(), rng.uniform(0.2, 0.7), rng.uniform(0.4, 0.9)),
        speed=rng.uniform(-0.4, 0.4) if moves else 0.0,
    )


def _draw_distractors(
    rng: np.random.Generator, difficulty: Difficulty, cup: Cup
) -> tuple[Distractor, ...]:
    """Draws things behind the action."""
    count = rng.integers(difficulty.max_distractors + 1)
    shapes = ("box", "ball", "vase", "picture")
    drawn = [
        _draw_distractor(rng, shapes, (0.08, 0.16), difficulty.moving_share)
        for _ in range(count)
    ]
    if difficulty.clear_cup:
        drawn = [thing for thing in drawn if _is_clear_of(cup, thing)]
    return tuple(drawn)


def _is_clear_of(cup: Cup, thing: Distractor) -> bool:
    if thing.shape == "picture":
        return True
    return abs(thing.x - cup.x) > (cup.top_width + thing.size) / 2


def _draw_occluder(
    rng: np.random.Generator, difficulty: Difficulty
) -> Distractor | None:
    """Draws a thing before the action, or none."""
    if rng.random() >= difficulty.occluder_share:
        return None
    return _draw_distractor(
        rng, ("box", "ball", "vase"), (0.2, 0.3), difficulty.moving_share
    )


def draw_world(rng: np.random.Generator, difficulty: Difficulty) -> World:
    """Draws the parameters of one video.

    Args:
      rng: where the randomness comes from; the same state draws the same
        world.
      difficulty: the ranges.

    Returns:
      A world.
    """
    scale = rng.uniform(*difficulty.scale)
    spread = difficulty.hue_spread
    bottle = _draw_bottle(rng, scale, spread)
    cup = _draw_cup(rng, scale)
    distractors = _draw_distractors(rng, difficulty, cup)
    occluder = _draw_occluder(rng, difficulty)
    return World(
        bottle=bottle,
        cup=cup,
        table_y=rng.uniform(0.82, 0.88),
        full=rng.uniform(0.66, 0.78),
        poured=rng.uniform(0.6, 0.8),
        lift_height=rng.uniform(0.12, 0.2),
        return_height=rng.uniform(0.02, 0.1),
        put_down_x=bottle.x + rng.uniform(-0.05, 0.05),
        hand_start=(rng.uniform(-0.25, -0.17), rng.uniform(0.4, 0.65)),
        hand_end=(rng.uniform(-0.25, -0.17), rng.uniform(0.15, 0.45)),
        gripper=bool(rng.random() < 0.35),
        skin=_draw_colour(rng, _SKIN, spread * 0.3),
        sleeve=_draw_colour(rng, _SLEEVES, spread),
        wall=_draw_colour(rng, _WALLS, spread),
        table=_draw_colour(rng, _TABLES, spread * 0.6),
        drink=_draw_colour(rng, _DRINKS, spread),
        distractors=distractors,
        occluder=occluder,
        mirrored=bool(rng.random() < 0.5),
        light_angle=rng.uniform(0, 2 * np.pi),
        light_strength=difficulty.light_spread * rng.uniform(0.3, 1.0),
        light_drift=difficulty.light_spread * rng.uniform(-0.5, 0.5),
        zoom=(
            1 + difficulty.zoom * rng.uniform(-1, 1),
            1 + difficulty.zoom * rng.uniform(-1, 1),
        ),
        jitter=difficulty.jitter * rng.uniform(0.5, 1.5),
        noise=difficulty.noise,
        noise_seed=int(rng.integers(2**31)),
    )
