"""The experiments of the TCC paper (CVPR 2019), with its numbers.

What no part sets is a default of the original code, which is also that of
`schema.py`.
"""

from typing import Any

from tcc.configs.papers.data_sets import PENN_ACTION, POURING
from tcc.configs.papers.experiments import (
    Experiment,
    Metric,
    Paper,
    Part,
    block,
    by_name,
)


def _combination(**weights: float) -> dict[str, Any]:
    """Settings of a weighted sum of objectives.

    The paper does not say how its combinations are weighted: equal weights are
    our choice, and the original code's for the three together.
    """
    return {
        "algorithm.name": "combination",
        "algorithm.combination.objectives": tuple(weights),
        "algorithm.combination.weights": tuple(weights.values()),
    }


RESNET50 = Part(
    "resnet50",
    "ResNet-50 fine-tuned",
    {
        "model.backbone": "resnet50v2",
        "model.weights": "imagenet",
        "model.train_base": "only_bn",
    },
)
VGGM = Part(
    "vggm",
    "VGG-M from scratch",
    {
        "model.backbone": "vggm",
        "model.weights": "none",
        "model.train_base": "train_all",
    },
)

TCC = Part("tcc", "TCC", {"algorithm.name": "alignment"})
SAL = Part("sal", "Shuffle and Learn", {"algorithm.name": "sal"})
TCN = Part("tcn", "time-contrastive networks", {"algorithm.name": "tcn"})
TCC_SAL = Part(
    "tcc_sal",
    "TCC and Shuffle and Learn",
    _combination(alignment=0.5, sal=0.5),
)
TCC_TCN = Part(
    "tcc_tcn",
    "TCC and time-contrastive networks",
    _combination(alignment=0.5, tcn=0.5),
)
TCC_SAL_TCN = Part(  # a preset of the original code, not in the paper
    "tcc_sal_tcn",
    "TCC, Shuffle and Learn and time-contrastive networks",
    _combination(alignment=0.33, sal=0.33, tcn=0.34),
)
SUPERVISED = Part(
    "supervised",
    "supervised classification",
    {"algorithm.name": "classification"},
)


def _loss_ablation(loss_type: str, *results: float | None) -> Experiment:
    """A row of the paper's comparison of losses, where TCC is the third."""
    return Experiment(
        POURING,
        RESNET50,
        TCC,
        results,
        suffix=loss_type,
        settings={"algorithm.alignment.loss_type": loss_type},
    )


PAPER = Paper(
    citation=(
        "Dwibedi, Aytar, Tompson, Sermanet, Zisserman, “Temporal "
        "Cycle-Consistency Learning”, CVPR 2019"
    ),
    metrics=(
        # Phase classification accuracy (%) with 10, 50 and 100 % of the
        # labelled videos.
        Metric("10 %", decimals=2),
        Metric("50 %", decimals=2),
        Metric("100 %", decimals=2),
        Metric("R²", decimals=4),  # phase progression
        Metric("τ", decimals=4),  # Kendall's
    ),
    backbones=by_name(RESNET50, VGGM),
    methods=by_name(TCC, SAL, TCN, TCC_SAL, TCC_TCN, TCC_SAL_TCN, SUPERVISED),
    experiments=(
        *block(
            POURING,
            RESNET50,
            (SUPERVISED, 75.43, 86.14, 91.55, 0.6986, 0.6195),
            (SAL, 85.68, 87.84, 88.02, 0.7451, 0.7331),
            (TCN, 89.19, 90.39, 90.35, 0.8057, 0.8669),
            (TCC, 89.23, 91.43, 91.82, 0.8030, 0.8516),
            (TCC_SAL, 89.21, 90.69, 90.75, 0.8204, 0.8241),
            (TCC_TCN, 89.17, 91.23, 91.51, 0.8307, 0.8779),
        ),
        _loss_ablation("regression_mse", None, None, 86.16, 0.6532, 0.6093),
        _loss_ablation("classification", None, None, 88.06, 0.6636, 0.6707),
        *block(
            POURING,
            VGGM,
            (SUPERVISED, 62.01, 77.67, 88.41, 0.5529, 0.5282),
            (SAL, 74.50, 80.96, 83.19, 0.6652, 0.6528),
            (TCN, 76.03, 83.27, 84.57, 0.6141, 0.6647),
            (TCC, 86.82, 89.43, 90.21, 0.7750, 0.7504),
        ),
        *block(
            PENN_ACTION,
            RESNET50,
            (SUPERVISED, 67.10, 82.78, 86.05, 0.6267, 0.5582),
            (SAL, 74.87, 78.26, 79.96, 0.5943, 0.6336),
            (TCN, 81.99, 83.67, 84.04, 0.6762, 0.7328),
            (TCC, 81.26, 83.35, 84.45, 0.6726, 0.7353),
            (TCC_SAL, 81.93, 83.46, 84.29, 0.6839, 0.7286),
            (TCC_TCN, 84.27, 84.79, 85.22, 0.6793, 0.7672),
        ),
        *block(
            PENN_ACTION,
            VGGM,
            (SUPERVISED, 50.71, 72.86, 79.98, 0.5332, 0.4997),
            (SAL, 66.15, 71.10, 72.53, 0.4107, 0.4940),
            (TCN, 69.65, 71.41, 72.15, 0.4319, 0.4998),
            (TCC, 74.68, 76.39, 77.30, 0.5383, 0.6024),
        ),
    ),
)
