"""What the cache of features needs of the rest of a configuration."""

import dataclasses

from tcc.configs import schema
from tcc.configs.checks import fields

DTYPES = ("float16", "bfloat16")


def find_problems(config: schema.ExperimentConfig) -> list[str]:
    """Returns what is wrong with the grid and the cache of features."""
    problems = []
    cache = config.feature_cache

    def need(holds: bool, path: str, allowed: str) -> None:
        if not holds:
            value = fields.get_field(config, path)
            problems.append(fields.problem(path, allowed, value))

    need(config.model.feature_grid >= 0, "model.feature_grid", "0 or more")
    need(
        cache.dtype in DTYPES,
        "feature_cache.dtype",
        "one of " + ", ".join(DTYPES),
    )
    need(cache.variants >= 0, "feature_cache.variants", "0 or more")
    if not cache.enabled:
        return problems
    need(
        config.model.train_base == "frozen",
        "model.train_base",
        '"frozen" with feature_cache.enabled: the features of a backbone that '
        "is trained change with every step",
    )
    need(bool(cache.folder), "feature_cache.folder", "the path of a folder")
    need(
        cache.variants <= 1 or _is_augmented(config.data.augmentation),
        "feature_cache.variants",
        "0 when nothing of data.augmentation is on: all variants would be the "
        "same",
    )
    return problems


def _is_augmented(config: schema.AugmentationConfig) -> bool:
    return config.noise_stddev > 0 or any(
        getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.type is bool
    )
