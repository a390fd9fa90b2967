"""Penn Action, Supervised classification; VGG-M, from scratch.

One model for each action, chosen behind a colon (see `penn_action.ACTIONS`):
--config=paper/penn_action_vggm_supervised:bowling. The numbers are means
over the 13 actions.

In the paper: phase classification 50.71, 72.86 and 79.98 % with 10, 50 and
100 % of the labels; phase progression R² .5332; Kendall's τ .4997.
"""

from tcc.configs import penn_action, schema


def get_config(action: str = "") -> schema.ExperimentConfig:
    """Returns the experiment on one action; "" is the first."""
    return penn_action.get_config(f"{action},supervised,vggm")
