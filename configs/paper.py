"""Every experiment with published numbers, by name.

    python -m tcc.train --config=paper/pouring_resnet50_tcc --logdir=…
    python -m tcc.train --config=paper/penn_action_vggm_tcn:bowling --logdir=…

`--config=paper` lists the names. The experiments are in the tables of
`papers/`; docs/reproduce.md shows them with their numbers.
"""

from tcc.configs import schema
from tcc.configs.papers import experiments, temporal_cycle_consistency

PAPERS = (temporal_cycle_consistency.PAPER,)

EXPERIMENTS: dict[str, experiments.Experiment] = {
    experiment.name: experiment
    for paper in PAPERS
    for experiment in paper.experiments
}


def get_config(choice: str = "") -> schema.ExperimentConfig:
    """Returns one published experiment.

    Args:
      choice: NAME or NAME:VARIANT, such as "pouring_resnet50_tcc" or
        "penn_action_resnet50_tcc:bowling".

    Raises:
      ValueError: there is no such experiment, or it has no such variant.
    """
    name, _, variant = choice.partition(":")
    if name not in EXPERIMENTS:
        known = "".join(
            f"\n  {known.name}: {known.title}" for known in EXPERIMENTS.values()
        )
        raise ValueError(
            "--config=paper/NAME must name a published experiment, one of:"
            f"{known}\nReceived: {name!r}"
        )
    return EXPERIMENTS[name].config(variant)
