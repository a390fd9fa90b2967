"""Penn Action with any method and backbone of the TCC paper.

    python -m tcc.train --config=configs/penn_action.py:bowling,tcn,vggm \
        --logdir=…

After the colon: an action (`ACTIONS`), a method (tcc, sal, tcn, tcc_sal,
tcc_tcn, tcc_sal_tcn, supervised) and a backbone (resnet50, vggm). The first of
each is the default. Every action has its own model; a single model for all
actions is another protocol.

Combinations with published numbers are also in `paper.py`.
"""

from tcc.configs import schema
from tcc.configs.papers import data_sets
from tcc.configs.papers.temporal_cycle_consistency import PAPER

ACTIONS = data_sets.PENN_ACTION.variants


def get_config(choices: str = "") -> schema.ExperimentConfig:
    """Returns one experiment; `choices` are the words after the colon."""
    return PAPER.choose(data_sets.PENN_ACTION, choices)
