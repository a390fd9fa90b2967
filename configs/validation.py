"""Refuses impossible configurations before anything is built.

`validate` collects every problem of a configuration, so that one run shows
them all; each line names the field as it is written on the command line, what
is allowed, and the value received.
"""

from tcc.configs import schema
from tcc.configs.checks import (
    feature_cache_checks,
    field_checks,
    fields,
    objective_checks,
    size_checks,
)


def validate(config: schema.ExperimentConfig) -> None:
    """Raises ValueError that lists every problem of `config`."""
    problems = field_checks.wrong_types(config)
    # Ranges and combinations only make sense of the right types.
    if not problems:
        problems = [
            *field_checks.out_of_range(config),
            *_bad_combinations(config),
        ]
        # And sizes of what is in its range.
        problems = problems or size_checks.find_problems(config)
    if problems:
        raise ValueError(
            "The configuration cannot work:\n  " + "\n  ".join(problems)
        )


def _bad_groups(data: schema.DataConfig) -> list[str]:
    """Checks from where the videos of a batch are drawn."""
    problems = []
    if data.sampling_weights and (
        len(data.sampling_weights) != len(data.datasets)
    ):
        allowed = (
            f"{len(data.datasets)} numbers, one for each of data.datasets, or "
            "() for all alike"
        )
        problems.append(
            fields.problem(
                "data.sampling_weights", allowed, data.sampling_weights
            )
        )
    if data.max_train_videos and data.train_fraction < 1:
        allowed = "1.0 with data.max_train_videos: one or the other"
        problems.append(
            fields.problem("data.train_fraction", allowed, data.train_fraction)
        )
    if data.view_pattern and data.batch_by != "dataset":
        allowed = '"dataset" with data.view_pattern'
        problems.append(fields.problem("data.batch_by", allowed, data.batch_by))
    return problems


def _bad_combinations(config: schema.ExperimentConfig) -> list[str]:
    """Checks fields against each other."""
    problems = [
        *objective_checks.find_problems(config),
        *feature_cache_checks.find_problems(config),
        *_bad_groups(config.data),
    ]
    for name in ("contrast", "saturation"):
        augmentation = config.data.augmentation
        lower = getattr(augmentation, f"{name}_lower")
        upper = getattr(augmentation, f"{name}_upper")
        if upper < lower:
            path = f"data.augmentation.{name}_upper"
            problems.append(fields.problem(path, f"at least {lower}", upper))
    boundaries = config.optimizer.schedule.boundaries
    if list(boundaries) != sorted(set(boundaries)):
        path = "optimizer.schedule.boundaries"
        problems.append(fields.problem(path, "in increasing order", boundaries))
    if config.model.backbone in ("vggm", "small") and (
        config.model.weights == "imagenet"
    ):
        problems.append(
            fields.problem(
                "model.weights",
                f'"none" or the path of a file: {config.model.backbone} has no '
                "published ImageNet weights",
                config.model.weights,
            )
        )
    if config.model.weights == "bundled" and (
        config.model.backbone != "mobilenetv2"
    ):
        path, allowed = "model.backbone", '"mobilenetv2" with bundled weights'
        problems.append(fields.problem(path, allowed, config.model.backbone))
    if config.model.embedder == "light" and not config.model.feature_grid:
        allowed = '1 or more, such as 2, with model.embedder="light"'
        problems.append(fields.problem("model.feature_grid", allowed, 0))
    if config.model.embedder == "convgru" and config.data.num_context != 1:
        allowed = '1 with model.embedder="convgru", which takes no context'
        value = config.data.num_context
        problems.append(fields.problem("data.num_context", allowed, value))
    return problems
