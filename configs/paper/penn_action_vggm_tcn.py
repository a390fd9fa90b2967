"""Penn Action, Time-contrastive networks; VGG-M, from scratch.

One model for each action, chosen behind a colon (see `penn_action.ACTIONS`):
--config=paper/penn_action_vggm_tcn:bowling. The numbers are means
over the 13 actions.

In the paper: phase classification 69.65, 71.41 and 72.15 % with 10, 50 and
100 % of the labels; phase progression R² .4319; Kendall's τ .4998.
"""

from tcc.configs import penn_action, schema


def get_config(action: str = "") -> schema.ExperimentConfig:
    """Returns the experiment on one action; "" is the first."""
    return penn_action.get_config(f"{action},tcn,vggm")
