"""Pouring, TCC with squared error; ResNet-50, fine-tuned.

The paper's comparison of losses: phase classification 86.16 % with all labels;
phase progression R² .6532; Kendall's τ .6093.
"""

from tcc.configs import pouring, schema


def get_config() -> schema.ExperimentConfig:
    """Returns the experiment."""
    config = pouring.get_config("tcc,resnet50")
    config.algorithm.alignment.loss_type = "regression_mse"
    return config
