"""The paper's experiments on Penn Action: one model for each action.

    python -m tcc.train --config=configs/penn_action.py:bowling,tcn,vggm \
        --logdir=…

Behind the colon: an action (see `ACTIONS`), a method (tcc, sal, tcn, tcc_sal,
tcc_tcn, tcc_sal_tcn, supervised) and a backbone (resnet50, vggm); the first is
what is not given.

The paper's numbers are means over the 13 actions: phase classification
accuracy (%) with 10, 50 and 100 % of the labelled videos, phase progression
R², Kendall's τ. A model of all actions at once is another protocol.

                10 %   50 %  100 %     R²      τ
resnet50, fine-tuned
  supervised   67.10  82.78  86.05  .6267  .5582
  sal          74.87  78.26  79.96  .5943  .6336
  tcn          81.99  83.67  84.04  .6762  .7328
  tcc          81.26  83.35  84.45  .6726  .7353
  tcc_sal      81.93  83.46  84.29  .6839  .7286
  tcc_tcn      84.27  84.79  85.22  .6793  .7672
vggm, from scratch
  supervised   50.71  72.86  79.98  .5332  .4997
  sal          66.15  71.10  72.53  .4107  .4940
  tcn          69.65  71.41  72.15  .4319  .4998
  tcc          74.68  76.39  77.30  .5383  .6024
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
