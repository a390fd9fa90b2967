"""The paper's experiments on Pouring.

    python -m tcc.train --config=configs/pouring.py:tcc,resnet50 --logdir=…

Behind the colon: a method (tcc, sal, tcn, tcc_sal, tcc_tcn, tcc_sal_tcn,
supervised) and a backbone (resnet50, vggm); the first is what is not given.
70 training and 14 validation videos, 5 phases.

The paper's numbers: phase classification accuracy (%) with 10, 50 and 100 % of
the labelled videos, phase progression R², Kendall's τ.

                10 %   50 %  100 %     R²      τ
resnet50, fine-tuned
  supervised   75.43  86.14  91.55  .6986  .6195
  sal          85.68  87.84  88.02  .7451  .7331
  tcn          89.19  90.39  90.35  .8057  .8669
  tcc          89.23  91.43  91.82  .8030  .8516
  tcc_sal      89.21  90.69  90.75  .8204  .8241
  tcc_tcn      89.17  91.23  91.51  .8307  .8779
vggm, from scratch
  supervised   62.01  77.67  88.41  .5529  .5282
  sal          74.50  80.96  83.19  .6652  .6528
  tcn          76.03  83.27  84.57  .6141  .6647
  tcc          86.82  89.43  90.21  .7750  .7504
losses of tcc, resnet50
  --config.algorithm.alignment.loss_type=
  regression_mse                86.16  .6532  .6093
  classification                88.06  .6636  .6707
  regression_mse_var (default)  91.82  .8030  .8516

The paper gives no numbers for tcc_sal_tcn, which is the preset of the
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
