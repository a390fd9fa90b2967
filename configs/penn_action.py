"""The paper's experiments on Penn Action: one model for each action.

    python -m tcc.train --config=configs/penn_action.py:bowling,tcn,vggm \
        --logdir=…

Behind the colon: an action (see `ACTIONS`), a method (tcc, sal, tcn, tcc_sal,
tcc_tcn, tcc_sal_tcn, supervised) and a backbone (resnet50, vggm); the first is
what is not given.

The experiments that the paper gives numbers of, means over the 13 actions, have
a file each in `configs/paper/`. A model of all actions at once is another
protocol.
"""

from tcc.configs import published, schema

# The paper's table 2: training and validation videos, phases.
ACTIONS = (
    "baseball_pitch",  # 103, 63, 4
    "baseball_swing",  # 113, 57, 3
    "bench_press",  # 69, 71, 2
    "bowling",  # 134, 85, 3
    "clean_and_jerk",  # 40, 42, 6
    "golf_swing",  # 87, 77, 3
    "jumping_jacks",  # 56, 56, 4
    "pullups",  # 98, 101, 2
    "pushups",  # 102, 105, 2
    "situp",  # 50, 50, 2
    "squats",  # 114, 116, 4
    "tennis_forehand",  # 79, 74, 3
    "tennis_serve",  # 115, 69, 4
)


def get_config(choices: str = "") -> schema.ExperimentConfig:
    """Returns one experiment; `choices` are those behind the colon."""
    action, method, backbone = published.choose(
        choices,
        [
            ("action", ACTIONS),
            ("method", tuple(published.METHODS)),
            ("backbone", published.BACKBONES),
        ],
    )
    return published.experiment(
        f"penn_action/{action}",
        method=method,
        backbone=backbone,
        kendalls_tau_stride=2,
    )
