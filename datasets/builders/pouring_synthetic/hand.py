"""Draws the hand, or the robot's gripper, that pours.

The palm and the arm are drawn before the bottle, the fingers after it, so
that the hand seems to hold it.
"""

import numpy as np

from tcc.datasets.builders.pouring_synthetic import (
    canvas,
    geometry,
    motion,
    world,
)

_SHOULDER = np.array([-0.75, 0.35])  # where the arm comes from, out of sight
_ARM_RADIUS = 0.05
_STEEL = (150, 155, 165)


class _Frame:
    """Places points given relative to the hand, in units of its width."""

    def __init__(self, scene: world.World, state: motion.State) -> None:
        self.width = scene.bottle.width
        self._state = state

    def __call__(self, x: float, y: float) -> np.ndarray:
        point = np.array([[x, y]]) * self.width
        turned = geometry.rotate(point, self._state.hand_angle)
        return turned[0] + self._state.hand


def draw_behind(
    paper: canvas.Canvas, scene: world.World, state: motion.State
) -> None:
    """Draws what of the arm and the hand is behind the bottle.

    Args:
      paper: where it is drawn.
      scene: the world.
      state: the state of the frame.
    """
    place = _Frame(scene, state)
    wrist = place(-1.25, 0.1)
    cuff = wrist + 0.25 * (_SHOULDER - wrist)
    if scene.gripper:
        dark = canvas.shade(_STEEL, 0.55)
        paper.capsule(_SHOULDER, wrist, 0.8 * _ARM_RADIUS, dark)
        paper.capsule(wrist, place(-0.75, 0.05), 0.35 * place.width, _STEEL)
        paper.capsule(place(-0.8, -0.3), place(-0.8, 0.4), 0.02, dark)
        # The far jaw.
        reach = 0.62 + 0.25 * (1 - state.grasp)
        paper.capsule(place(-0.7, -0.3), place(reach, -0.42), 0.02, _STEEL)
        return
    paper.capsule(_SHOULDER, wrist, 0.85 * _ARM_RADIUS, scene.skin)
    paper.capsule(_SHOULDER, cuff, 1.15 * _ARM_RADIUS, scene.sleeve)
    shadow = canvas.shade(scene.skin, 0.85)
    paper.capsule(place(-1.1, 0.1), place(-0.55, 0.0), 0.055, scene.skin)
    # The thumb goes round the far side.
    lift = 0.5 * (1 - state.grasp)
    paper.capsule(place(-0.75, -0.2), place(0.35, -0.55 - lift), 0.022, shadow)


def draw_before(
    paper: canvas.Canvas, scene: world.World, state: motion.State
) -> None:
    """Draws the fingers, which are before the bottle.

    Args:
      paper: where it is drawn.
      scene: the world.
      state: the state of the frame.
    """
    place = _Frame(scene, state)
    open_hand = 1 - state.grasp
    if scene.gripper:
        dark = canvas.shade(_STEEL, 0.4)
        reach = 0.62 + 0.25 * open_hand
        drop = 0.35 + 0.15 * open_hand
        paper.capsule(place(-0.7, 0.25), place(reach, drop), 0.024, dark)
        paper.capsule(place(-0.7, 0.25), place(reach, drop), 0.017, _STEEL)
        return
    dark = canvas.shade(scene.skin, 0.8)
    for finger in range(4):
        height = -0.2 + 0.23 * finger
        spread = (1 + 0.5 * open_hand) * height
        tip = 0.48 + 0.1 * np.sin(finger) + 0.2 * open_hand
        root = place(-0.62, height * 0.8)
        paper.capsule(root, place(tip, spread), 0.02, dark)
        paper.capsule(root, place(tip, spread), 0.015, scene.skin)
