"""Pouring, TCC with cycle-back classification; ResNet-50, fine-tuned.

The paper's comparison of losses: phase classification 88.06 % with all labels;
phase progression R² .6636; Kendall's τ .6707.
"""

from tcc.configs import pouring, schema


def get_config() -> schema.ExperimentConfig:
    """Returns the experiment."""
    config = pouring.get_config("tcc,resnet50")
    config.algorithm.alignment.loss_type = "classification"
    return config
