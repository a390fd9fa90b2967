"""Pouring with any method and backbone of the TCC paper.

    python -m tcc.train --config=configs/pouring.py:tcc,resnet50 --logdir=…

After the colon: a method (tcc, sal, tcn, tcc_sal, tcc_tcn, tcc_sal_tcn,
supervised) and a backbone (resnet50, vggm). The first of each is the default.

Combinations with published numbers are also in `paper.py`. There are none for
tcc_sal_tcn, a preset of the original code.
"""

from tcc.configs import schema
from tcc.configs.papers import data_sets
from tcc.configs.papers.temporal_cycle_consistency import PAPER


def get_config(choices: str = "") -> schema.ExperimentConfig:
    """Returns one experiment; `choices` are the words after the colon."""
    return PAPER.choose(data_sets.POURING, choices)
