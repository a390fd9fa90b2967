"""The paper's experiments on Pouring.

    python -m tcc.train --config=configs/pouring.py:tcc,resnet50 --logdir=…

Behind the colon: a method (tcc, sal, tcn, tcc_sal, tcc_tcn, tcc_sal_tcn,
supervised) and a backbone (resnet50, vggm); the first is what is not given.
70 training and 14 validation videos, 5 phases.

The experiments that the paper gives numbers of have a file each in
`configs/paper/`. It gives none for tcc_sal_tcn, which is the preset of the
original's code.
"""

from tcc.configs import published, schema


def get_config(choices: str = "") -> schema.ExperimentConfig:
    """Returns one experiment; `choices` are those behind the colon."""
    method, backbone = published.choose(
        choices,
        [
            ("method", tuple(published.METHODS)),
            ("backbone", published.BACKBONES),
        ],
    )
    return published.experiment(
        "pouring", method=method, backbone=backbone, kendalls_tau_stride=5
    )
