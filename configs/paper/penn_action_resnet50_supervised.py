"""Penn Action, Supervised classification; ResNet-50, fine-tuned.

One model for each action, chosen behind a colon (see `penn_action.ACTIONS`):
--config=paper/penn_action_resnet50_supervised:bowling. The numbers are means
over the 13 actions.

In the paper: phase classification 67.10, 82.78 and 86.05 % with 10, 50 and
100 % of the labels; phase progression R² .6267; Kendall's τ .5582.
"""

from tcc.configs import penn_action, schema


def get_config(action: str = "") -> schema.ExperimentConfig:
    """Returns the experiment on one action; "" is the first."""
    return penn_action.get_config(f"{action},supervised,resnet50")
