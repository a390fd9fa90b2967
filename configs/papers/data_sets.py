"""The data sets that papers train on, with their protocols.

Papers that follow the same protocol share an entry here. Another protocol on
the same videos, such as one model for all actions, is another entry.
"""

from tcc.configs.papers import experiments

# 70 training and 14 validation videos, 5 phases.
POURING = experiments.DataSet(
    "pouring",
    "Pouring",
    {"eval.kendalls_tau_stride": 5},
)

# One model for each action; published numbers are means over the 13. Behind
# each action: training and validation videos, phases (Table 2 of the TCC
# paper).
PENN_ACTION = experiments.DataSet(
    "penn_action",
    "Penn Action",
    {"eval.kendalls_tau_stride": 2},
    variant_kind="action",
    variants=(
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
    ),
)
