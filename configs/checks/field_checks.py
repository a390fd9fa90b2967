"""Fields of a configuration, each by itself: types, choices and ranges."""

import dataclasses
import math
import re
import typing
from collections.abc import Callable, Iterable
from typing import Any

from tcc.configs import own_backbones, own_objectives, schema
from tcc.configs.checks import fields

LOSS_TYPES = (
    "classification",
    "regression_mse",
    "regression_mse_var",
    "regression_huber",
)
SIMILARITY_TYPES = ("l2", "cosine", "true_cosine")
BACKBONES = own_backbones.BUILT_IN
EMBEDDERS = ("conv", "convgru", "light")

_CHOICES = {
    "data.batch_by": ("dataset", "action"),
    "data.sampling": ("offset_uniform", "stride"),
    "model.backbone": BACKBONES,
    "model.train_base": ("frozen", "only_bn", "train_all"),
    "model.embedder": EMBEDDERS,
    "model.conv.pooling": ("max", "avg", "flatten"),
    "model.light.inputs": ("plain", "centred", "both"),
    "algorithm.name": own_objectives.BUILT_IN,
    "algorithm.alignment.loss_type": LOSS_TYPES,
    "algorithm.alignment.similarity_type": SIMILARITY_TYPES,
    "algorithm.tcn.loss_type": ("npairs", "triplet"),
    "algorithm.tcn.views": ("single", "multi"),
    "optimizer.name": ("adam", "momentum"),
    "optimizer.weight_decay_form": ("coupled", "decoupled"),
    "optimizer.schedule.name": (
        "fixed",
        "exponential",
        "manual",
        "polynomial",
    ),
    "train.mixed_precision": ("float32", "mixed_bfloat16", "mixed_float16"),
    "eval.precision": ("", "float32", "mixed_bfloat16", "mixed_float16"),
    "eval.kendalls_tau_distance": ("sqeuclidean", "cosine"),
    "eval.matching_distance": ("sqeuclidean", "cosine"),
    "eval.classifier": ("svm", "logistic", "knn"),
    "eval.label_choice": ("first", "seeded"),
}

_AT_LEAST_ONE = (
    "data.num_context",
    "data.context_stride",
    "data.stride",
    "data.sample_all_stride",
    "data.image_size",
    "model.embedding_size",
    "model.conv.capacity",
    "model.conv.kernel_size",
    "model.convgru.capacity",
    "model.convgru.kernel_size",
    "algorithm.alignment.cycle_length",
    "algorithm.sal.num_triplets",
    "algorithm.tcn.positive_window",
    "optimizer.schedule.decay_steps",
    "train.batch_size",
    "train.max_steps",
    "train.report_interval",
    "train.checkpoint_interval",
    "train.keep_checkpoints",
    "eval.frames_per_chunk",
    "eval.kendalls_tau_stride",
    "eval.knn_neighbors",
    "eval.classification_max_frames",
    "eval.retrieval_max_queries",
    "eval.max_pairs",
    "eval.alignment_max_pairs",
    "eval.bootstrap_draws",
    "eval.algo_loss_batches",
)

_NOT_NEGATIVE = (
    "data.max_train_videos",
    "data.random_offset",
    "data.augmentation.brightness_max_delta",
    "data.augmentation.contrast_lower",
    "data.augmentation.saturation_lower",
    "data.augmentation.noise_stddev",
    "model.l2_regularization",
    "algorithm.alignment.variance_lambda",
    "algorithm.tcn.reg_lambda",
    "algorithm.tcn.margin",
    "algorithm.tcn.negative_window",
    "optimizer.global_clipnorm",
    "optimizer.weight_decay",
    "optimizer.bias_learning_rate_factor",
    "optimizer.bias_weight_decay_factor",
    "optimizer.schedule.end_learning_rate",
    "optimizer.schedule.warmup_steps",
    "train.seed",
    "train.image_interval",
    "train.keep_interval",
    "eval.label_seed",
    "eval.few_shot_seed",
    "eval.few_shot_processes",
    "eval.cycle_tolerance",
    "eval.untrained_batches",
)

_POSITIVE = (
    "algorithm.alignment.temperature",
    "algorithm.alignment.huber_delta",
    "algorithm.alignment.cycle_fraction",
    "optimizer.learning_rate",
    "optimizer.schedule.decay_rate",
    "optimizer.schedule.boundary_rate",
    "optimizer.schedule.power",
)

# Half-open: dropout of everything and smoothing of everything learn nothing.
_BELOW_ONE = (
    "model.conv.input_dropout",
    "model.conv.fc_dropout",
    "model.convgru.dropout",
    "model.light.fc_dropout",
    "algorithm.alignment.label_smoothing",
    "algorithm.sal.dropout",
    "algorithm.classification.dropout",
    "algorithm.classification.label_smoothing",
    "optimizer.momentum",
)


def wrong_types(config: Any, prefix: str = "") -> list[str]:
    """Returns the values that are not of their annotated types.

    Args:
        config: a dataclass, with others in it.
        prefix: of the paths of its fields, such as "train.".
    """
    problems = []
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        path, value = prefix + field.name, getattr(config, field.name)
        expected = hints[field.name]
        if dataclasses.is_dataclass(expected):
            problems += wrong_types(value, path + ".")
        elif typing.get_origin(expected) is tuple:
            item = typing.get_args(expected)[0]
            if not isinstance(value, tuple) or not all(
                _is_a(v, item) for v in value
            ):
                allowed = f"a tuple of {item.__name__}"
                problems.append(fields.problem(path, allowed, value))
        elif not _is_a(value, expected):
            problems.append(
                fields.problem(path, f"of type {expected.__name__}", value)
            )
    return problems


def _is_a(value: Any, expected: type) -> bool:
    if expected is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)


def out_of_range(config: schema.ExperimentConfig) -> list[str]:
    """Returns the values that no configuration may have."""
    problems = []

    def check(
        paths: Iterable[str], allowed: str, holds: Callable[[Any], bool]
    ) -> None:
        for path in paths:
            value = fields.get_field(config, path)
            if not holds(value):
                problems.append(fields.problem(path, allowed, value))

    for path, choices in _CHOICES.items():
        if path == "model.backbone":
            choices += tuple(own_backbones.names())
        if path == "algorithm.name":
            choices += tuple(own_objectives.names())
        check([path], "one of " + ", ".join(choices), choices.__contains__)
    check(_AT_LEAST_ONE, "at least 1", lambda v: v >= 1)
    check(_NOT_NEGATIVE, "0 or more", lambda v: 0 <= v < math.inf)
    check(_POSITIVE, "more than 0", lambda v: 0 < v < math.inf)
    check(_BELOW_ONE, "in [0, 1)", lambda v: 0 <= v < 1)
    check(
        ["data.augmentation.crop_min_scale", "data.train_fraction"],
        "in (0, 1]",
        _is_fraction,
    )
    check(
        ["data.sampling_weights"],
        "finite and more than 0",
        lambda v: all(0 < weight < math.inf for weight in v),
    )
    check(["data.augmentation.hue_max_delta"], "in [0, 0.5]", _is_half)
    check(
        ["eval.classification_fractions"],
        "fractions in (0, 1]",
        lambda v: bool(v) and all(map(_is_fraction, v)),
    )
    check(
        ["eval.few_shot_videos", "eval.retrieval_counts"],
        "different counts of at least 1",
        lambda v: v and len(set(v)) == len(v) and min(v) >= 1,
    )
    check(["eval.few_shot_episodes"], "at least 2", lambda v: v >= 2)
    check(
        [
            "model.conv.conv_channels",
            "model.conv.fc_channels",
            "model.convgru.conv_channels",
            "model.convgru.gru_units",
            "model.light.cell_channels",
            "model.light.fc_channels",
            "algorithm.sal.fc_channels",
        ],
        "widths of at least 1",
        lambda v: all(width >= 1 for width in v),
    )
    check(["algorithm.sal.shuffled_share"], "in [0, 1]", _is_share)
    check(
        ["algorithm.classification.num_classes"],
        "counts of at least 2, or () for those of the data",
        lambda v: all(count >= 2 for count in v),
    )
    parts = (*own_objectives.ON_EMBEDDINGS, *own_objectives.names())
    check(
        ["algorithm.combination.objectives"],
        f"different ones of {', '.join(parts)}",
        lambda v: v and len(set(v)) == len(v) and set(v) <= set(parts),
    )
    check(
        ["algorithm.combination.weights"],
        "finite and more than 0",
        lambda v: all(0 < weight < math.inf for weight in v),
    )
    check(
        ["data.view_pattern"],
        '"" or a regular expression with one group',
        _is_view_pattern,
    )
    check(["data.num_steps"], "at least 2", lambda v: v >= 2)
    check(["data.datasets"], "at least one name", bool)
    check(["model.convgru.gru_units"], "at least one width", bool)
    return problems


def _is_fraction(value: float) -> bool:
    return 0 < value <= 1


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


def _is_view_pattern(value: str) -> bool:
    try:
        return not value or re.compile(value).groups == 1
    except (re.error, RecursionError, OverflowError):
        return False


def _is_half(value: float) -> bool:
    return 0 <= value <= 0.5
