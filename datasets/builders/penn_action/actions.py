"""The 13 actions of Penn Action that the TCC paper uses (its Table 2)."""

import dataclasses
import itertools
import re


@dataclasses.dataclass(frozen=True)
class Action:
    """An action, the events that part its phases, and its videos.

    Attributes:
      name: as the original code has it.
      key_events: of the paper, in order; n events part n + 1 phases.
      num_train: videos in the paper.
      num_val: videos in the paper.
    """

    name: str
    key_events: tuple[str, ...]
    num_train: int
    num_val: int

    @property
    def phase_names(self) -> tuple[str, ...]:
        """Names of the phases by the events around them.

        The paper names the phases themselves only for Pouring and for
        baseball_pitch.
        """
        events = [_slug(event) for event in self.key_events]
        return (
            f"until_{events[0]}",
            *(
                f"{first}_to_{second}"
                for first, second in itertools.pairwise(events)
            ),
            f"after_{events[-1]}",
        )


def _slug(event: str) -> str:
    return "_".join(re.findall("[a-z]+", event.lower()))


ACTIONS = (
    Action(
        "baseball_pitch",
        ("Knee fully up", "Arm fully stretched out", "Ball release"),
        103,
        63,
    ),
    Action(
        "baseball_swing", ("Bat swung back fully", "Bat hits ball"), 113, 57
    ),
    Action("bench_press", ("Bar fully down",), 69, 71),
    Action("bowling", ("Ball swung fully back", "Ball release"), 134, 85),
    Action(
        "clean_and_jerk",
        (
            "Bar at hip",
            "Fully squatting",
            "Standing",
            "Begin thrusting",
            "Beginning balance",
        ),
        40,
        42,
    ),
    Action("golf_swing", ("Stick swung fully back", "Stick hits ball"), 87, 77),
    Action(
        "jumping_jacks",
        (
            "Hands at shoulder (going up)",
            "Hands above head",
            "Hands at shoulders (going down)",
        ),
        56,
        56,
    ),
    Action("pullups", ("Chin above bar",), 98, 101),
    Action("pushups", ("Head at floor",), 102, 105),
    Action("situp", ("Abs fully crunched",), 50, 50),
    Action(
        "squats",
        (
            "Hips at knees (going down)",
            "Hips at floor",
            "Hips at knee (going up)",
        ),
        114,
        116,
    ),
    Action(
        "tennis_forehand",
        ("Racket swung fully back", "Racket touches ball"),
        79,
        74,
    ),
    Action(
        "tennis_serve",
        (
            "Ball released from hand",
            "Racket swung fully back",
            "Ball touches racket",
        ),
        115,
        69,
    ),
)
BY_NAME = {action.name: action for action in ACTIONS}
# How the .mat files, the set's README and label folders spell the others.
_SPELLINGS = {
    "bowl": "bowling",
    "pullup": "pullups",
    "pull_ups": "pullups",
    "pushup": "pushups",
    "push_ups": "pushups",
    "situps": "situp",
    "sit_ups": "situp",
    "squat": "squats",
}


def find(spelling: str) -> Action | None:
    """Returns the action of a name in one of its spellings.

    None is of the actions that the paper leaves out: jump_rope, strum_guitar.
    """
    return BY_NAME.get(_SPELLINGS.get(spelling, spelling))
