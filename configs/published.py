"""The experiments of the TCC paper, as choices of method and backbone.

Dwibedi et al., CVPR 2019. `pouring.py` and `penn_action.py` give them their
data sets, and `paper/` has a file with the paper's numbers for each one that
was published. The settings are the defaults of the original code, which are
those of `schema.py`.
"""

from collections.abc import Sequence

from tcc.configs import schema

# Objectives of each method, and their weights. The paper does not say how its
# combinations are weighted: equally is our choice, and that of the original's
# code for the three together.
METHODS: dict[str, dict[str, float]] = {
    "tcc": {"alignment": 1.0},
    "sal": {"sal": 1.0},
    "tcn": {"tcn": 1.0},
    "tcc_sal": {"alignment": 0.5, "sal": 0.5},
    "tcc_tcn": {"alignment": 0.5, "tcn": 0.5},
    "tcc_sal_tcn": {"alignment": 0.33, "sal": 0.33, "tcn": 0.34},
    "supervised": {"classification": 1.0},
}

BACKBONES = ("resnet50", "vggm")


def choose(
    choices: str, options: Sequence[tuple[str, Sequence[str]]]
) -> list[str]:
    """Reads what stands behind the colon of --config=FILE.py:CHOICES.

    Args:
      choices: words with commas between them, in any order.
      options: (what it is, the words to choose from) in the order of the
        result; the first word is the default.

    Returns:
      One word for each option.

    Raises:
      ValueError: a word that is not to choose from, or two for one option.
    """
    found: dict[str, str] = {}
    for word in filter(None, choices.split(",")):
        kinds = [kind for kind, words in options if word in words]
        if not kinds or kinds[0] in found:
            allowed = "; ".join(
                f"one {kind} of {', '.join(words)}" for kind, words in options
            )
            raise ValueError(
                "What follows the colon of --config must be words with commas "
                f"between them: {allowed}. Received: {choices!r}"
            )
        found[kinds[0]] = word
    return [found.get(kind, words[0]) for kind, words in options]


def experiment(
    dataset: str, *, method: str, backbone: str, kendalls_tau_stride: int
) -> schema.ExperimentConfig:
    """Returns the configuration of one published experiment.

    Args:
      dataset: name of the prepared data set.
      method: one of `METHODS`.
      backbone: one of `BACKBONES`.
      kendalls_tau_stride: frames, of the data set's evaluation.
    """
    config = schema.ExperimentConfig()
    config.data.datasets = (dataset,)
    set_method(config, method)
    if backbone == "vggm":  # from scratch
        config.model.backbone = "vggm"
        config.model.weights = "none"
        config.model.train_base = "train_all"
    config.eval.kendalls_tau_stride = kendalls_tau_stride
    return config


def set_method(config: schema.ExperimentConfig, method: str) -> None:
    """Makes one of `METHODS` the objective of `config`."""
    objectives = METHODS[method]
    if len(objectives) == 1:
        (config.algorithm.name,) = objectives
    else:
        config.algorithm.name = "combination"
        config.algorithm.combination.objectives = tuple(objectives)
        config.algorithm.combination.weights = tuple(objectives.values())
