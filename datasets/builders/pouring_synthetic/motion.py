"""How hand, bottle and liquid move through the action.

`Motion.state` is a function of phase and progress alone, so the pace of a
video is the timeline's business, and what is seen the renderer's.
"""

import dataclasses

import numpy as np

from tcc.datasets.builders.pouring_synthetic import geometry, world

_ANGLES = 9  # fills at which the pouring angle is computed
_LIP_HEIGHT = 0.05  # of the pouring lip above the cup's rim


@dataclasses.dataclass(frozen=True)
class State:
    """What a frame shows; lengths as in `world`."""

    hand: np.ndarray  # float64 [2], where the fingers hold
    hand_angle: float  # radians, turns with the bottle while it is held
    grasp: float  # 0 open, 1 closed
    bottle: np.ndarray  # float64 [2], the centre of its base line's rectangle
    tilt: float  # radians, clockwise, towards the cup
    bottle_fill: float  # 0 to 1
    cup_fill: float  # 0 to 1
    stream: float  # 0 none, 1 the full jet


def bottle_outline(bottle: world.Bottle) -> np.ndarray:
    """Returns the upright bottle about its centre, float64 [8, 2]."""
    body, neck = bottle.width / 2, bottle.neck_width / 2
    bottom, top = bottle.height / 2, -bottle.height / 2
    neck_end = top + bottle.neck_height
    shoulder = neck_end + bottle.shoulder_height
    right = [(neck, top), (neck, neck_end), (body, shoulder), (body, bottom)]
    left = [(-x, y) for x, y in reversed(right)]
    return np.array(right + left)


def cup_outline(cup: world.Cup, table_y: float) -> np.ndarray:
    """Returns the cup where it stands, float64 [4, 2], its rim first."""
    top, bottom = cup.top_width / 2, cup.bottom_width / 2
    rim = table_y - cup.height
    return np.array(
        [
            (cup.x - top, rim),
            (cup.x + top, rim),
            (cup.x + bottom, table_y),
            (cup.x - bottom, table_y),
        ]
    )


def _smooth(share: float) -> float:
    """Starts and stops gently: 0 to 1 with no speed at either end."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


class Motion:
    """The action in one world."""

    def __init__(self, scene: world.World) -> None:
        """Prepares the tilts at which the bottle pours.

        Args:
          scene: the world.
        """
        self._scene = scene
        bottle, cup = scene.bottle, scene.cup
        outline = bottle_outline(bottle)
        self._lip = outline[0]
        cup_area = geometry.area(cup_outline(cup, scene.table_y))
        used = scene.poured * cup_area / geometry.area(outline)
        self._left = max(scene.full - used, 0.1)
        self._fills = np.linspace(self._left, scene.full, _ANGLES)
        self._angles = np.array(
            [geometry.pouring_angle(outline, self._lip, f) for f in self._fills]
        )
        stand_y = scene.table_y - bottle.height / 2
        self._first = np.array([bottle.x, stand_y])
        self._last = np.array([scene.put_down_x, stand_y])
        self._spout = np.array(
            [cup.x - 0.1 * cup.top_width, scene.table_y - cup.height]
        ) - np.array([0, _LIP_HEIGHT])

    def state(self, phase: int, progress: float) -> State:
        """Returns the state of hand, bottle and liquids.

        Args:
          phase: index into `timeline.PHASE_NAMES`.
          progress: 0 <= p < 1, how far the phase has come.

        Returns:
          The state.
        """
        steps = (
            self._reach,
            self._lift,
            self._pour,
            self._put_down,
            self._withdraw,
        )
        return steps[phase](progress)

    def _held(
        self, bottle: np.ndarray, tilt: float, fill: float, stream: float
    ) -> State:
        """The hand holds the bottle by the middle of its body."""
        scene = self._scene
        grip = np.array([[0.0, 0.12 * scene.bottle.height]])
        poured = (scene.full - fill) / (scene.full - self._left)
        return State(
            hand=bottle + geometry.rotate(grip, tilt)[0],
            hand_angle=0.55 * tilt,
            grasp=1.0,
            bottle=bottle,
            tilt=tilt,
            bottle_fill=fill,
            cup_fill=scene.poured * poured,
            stream=stream,
        )

    def _free(
        self,
        where: tuple[float, float],
        share: float,
        standing: State,
    ) -> State:
        """The hand is on its way between `where` and the standing bottle."""
        start = np.array(where)
        # In full motion where it comes into sight, slow at the bottle.
        hand = start + share * (2 - share) * (standing.hand - start)
        grasp = _smooth((share - 0.75) / 0.25)
        return dataclasses.replace(standing, hand=hand, grasp=grasp)

    def _reach(self, progress: float) -> State:
        standing = self._held(self._first, 0.0, self._scene.full, 0.0)
        return self._free(self._scene.hand_start, progress, standing)

    def _withdraw(self, progress: float) -> State:
        standing = self._held(self._last, 0.0, self._left, 0.0)
        return self._free(self._scene.hand_end, 1 - progress, standing)

    def _pouring_pose(self, fill: float) -> tuple[np.ndarray, float]:
        """Returns centre and tilt with the liquid at the lip over the cup."""
        tilt = float(np.interp(fill, self._fills, self._angles))
        lip = geometry.rotate(self._lip[None], tilt)[0]
        return self._spout - lip, tilt

    def _carried(
        self, rest: np.ndarray, fill: float, height: float, share: float
    ) -> tuple[np.ndarray, float]:
        """Returns the pose on the way from the table to pouring.

        First straight up, then across, and over with the neck at last.
        """
        goal, tilt = self._pouring_pose(fill)
        across = _smooth((share - 0.2) / 0.8)
        centre = rest + across * (goal - rest)
        hump = _smooth(share / 0.45) * (1 - across)
        centre[1] -= height * hump
        return centre, tilt * _smooth((share - 0.45) / 0.55)

    def _lift(self, progress: float) -> State:
        full = self._scene.full
        centre, tilt = self._carried(
            self._first, full, self._scene.lift_height, progress
        )
        return self._held(centre, tilt, full, 0.0)

    def _pour(self, progress: float) -> State:
        fill = self._scene.full + progress * (self._left - self._scene.full)
        centre, tilt = self._pouring_pose(fill)
        stream = min(1.0, progress / 0.1, (1 - progress) / 0.1)
        return self._held(centre, tilt + 0.04, fill, max(stream, 0.25))

    def _put_down(self, progress: float) -> State:
        centre, tilt = self._carried(
            self._last, self._left, self._scene.return_height, 1 - progress
        )
        return self._held(centre, tilt, self._left, 0.0)
