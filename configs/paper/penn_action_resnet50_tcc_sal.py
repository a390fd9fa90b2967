"""Penn Action, TCC and Shuffle and Learn; ResNet-50, fine-tuned.

One model for each action, chosen behind a colon (see `penn_action.ACTIONS`):
--config=paper/penn_action_resnet50_tcc_sal:bowling. The numbers are means
over the 13 actions.

In the paper: phase classification 81.93, 83.46 and 84.29 % with 10, 50 and
100 % of the labels; phase progression R² .6839; Kendall's τ .7286.
"""

from tcc.configs import penn_action, schema


def get_config(action: str = "") -> schema.ExperimentConfig:
    """Returns the experiment on one action; "" is the first."""
    return penn_action.get_config(f"{action},tcc_sal,resnet50")
