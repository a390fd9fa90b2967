"""Settings that no machine can hold, refused before anything is built.

The limits are generous: each is far above what anybody has trained with, and
below what would end in an error of memory. They are of single fields, of the
embedder's parameters, and of the pixels of a training step.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from tcc.configs import schema
from tcc.configs.checks import fields
from tcc.io import limits

_LONG = 10**12  # steps, and frames
_MANY = 10**9  # videos, pairs and batches
_WIDE = 65_536  # channels of a layer
_DEEP = 100  # layers of one kind

# The largest value of every whole number, and of each number in a tuple.
MOST = {
    "data.max_train_videos": _MANY,
    "data.num_steps": 100_000,
    "data.random_offset": _LONG,
    "data.stride": _LONG,
    "data.num_context": 1_000,
    "data.context_stride": _LONG,
    "data.sample_all_stride": _LONG,
    "data.image_size": 8_192,
    "model.feature_grid": 1_000,
    "model.embedding_size": _WIDE,
    "model.conv.capacity": 1_000,
    "model.conv.conv_channels": _WIDE,
    "model.conv.kernel_size": 99,
    "model.conv.fc_channels": _WIDE,
    "model.convgru.capacity": 1_000,
    "model.convgru.conv_channels": _WIDE,
    "model.convgru.kernel_size": 99,
    "model.convgru.gru_units": _WIDE,
    "model.light.cell_channels": _WIDE,
    "model.light.fc_channels": _WIDE,
    "algorithm.alignment.cycle_length": 1_000,
    "algorithm.sal.num_triplets": 1_000_000,
    "algorithm.sal.fc_channels": _WIDE,
    "algorithm.tcn.positive_window": _LONG,
    "algorithm.tcn.negative_window": _LONG,
    "algorithm.classification.num_classes": limits.MAX_PHASE + 1,
    "optimizer.schedule.decay_steps": _LONG,
    "optimizer.schedule.boundaries": _LONG,
    "optimizer.schedule.warmup_steps": _LONG,
    "train.batch_size": 1_000_000,
    "train.max_steps": _LONG,
    "train.seed": 2**32 - 1,  # the largest that NumPy takes
    "train.report_interval": _LONG,
    "train.image_interval": _LONG,
    "train.checkpoint_interval": _LONG,
    "train.keep_checkpoints": _MANY,
    "train.keep_interval": _LONG,
    "feature_cache.variants": 1_000_000,
    "eval.frames_per_chunk": 1_000_000,
    "eval.kendalls_tau_stride": _LONG,
    "eval.knn_neighbors": _MANY,
    "eval.label_seed": 2**63 - 1,
    "eval.few_shot_videos": _MANY,
    "eval.few_shot_episodes": 1_000_000,
    "eval.few_shot_seed": 2**32 - 1,
    "eval.few_shot_processes": 10_000,
    "eval.cycle_tolerance": _LONG,
    "eval.retrieval_counts": _MANY,
    "eval.retrieval_max_queries": _MANY,
    "eval.classification_max_frames": _MANY,
    "eval.max_pairs": _MANY,
    "eval.alignment_max_pairs": _MANY,
    "eval.bootstrap_draws": 1_000_000,
    "eval.untrained_batches": _MANY,
    "eval.algo_loss_batches": _MANY,
}
# Layers of the network, so many at most.
_LAYERS = tuple(
    path for path in MOST if path.endswith(("_channels", "gru_units"))
)
_MAX_FLOAT = 1e30  # float32 ends at 3.4e38
_MAX_TEXT = 10_000  # characters of a name, a path or a pattern

# 16 GB in float32; an optimizer takes two or three times as much again.
_MAX_PARAMETERS = 4 * 10**9
# Of the frames of a step; 400 GB in float32.
_MAX_PIXELS = 10**11
_MAX_ACTIVATIONS = 10**11  # of one layer of the embedder


def find_problems(config: schema.ExperimentConfig) -> list[str]:
    """Returns the values that are too large, a line for each.

    Args:
        config: an experiment whose fields have their types.
    """
    problems = [
        line
        for path, value in _walk(config)
        for line in _too_large(path, value)
    ]
    # Products of absurd factors say nothing more.
    return problems or [*_parameters(config), *_step(config)]


def _walk(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _walk(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value


def _too_large(path: str, value: Any) -> Iterator[str]:
    values = value if isinstance(value, tuple) else (value,)
    if path in _LAYERS and len(values) > _DEEP:
        yield f"config.{path} must have at most {_DEEP} layers. Received: " + (
            str(len(values))
        )
    for one in values:
        if isinstance(one, bool):
            continue
        if isinstance(one, str):
            if len(one) > _MAX_TEXT or "\0" in one:
                yield (
                    f"config.{path} must be text of at most {_MAX_TEXT:,} "
                    f"characters, without NUL. Received: {one[:40]!r} …"
                )
        elif path in MOST:
            if one > MOST[path]:
                yield fields.problem(path, f"at most {MOST[path]:,}", value)
                return
        elif not abs(one) <= _MAX_FLOAT:  # also NaN
            yield fields.problem(path, f"finite, up to {_MAX_FLOAT:g}", value)
            return


def _parameters(config: schema.ExperimentConfig) -> Iterator[str]:
    """Compares the embedder's parameters, those of the backbone left out.

    The channels of the features are not known without the backbone: they
    count as one, so that no network is refused that could be built.
    """
    model = config.model
    if model.embedder == "conv":
        settings = model.conv
        widths = [settings.capacity * w for w in settings.conv_channels]
        dense = [settings.capacity * w for w in settings.fc_channels]
        count = settings.kernel_size**3 * _products([1, *widths])
        count += _products([*widths[-1:], *dense, model.embedding_size])
        path = "model.conv"
    elif model.embedder == "convgru":
        units = model.convgru.gru_units
        widths = [
            model.convgru.capacity * w for w in model.convgru.conv_channels
        ]
        count = model.convgru.kernel_size**2 * _products([1, *widths])
        # Three gates, each from the input and from the state before.
        count += 3 * _products([*widths[-1:], *units])
        count += 3 * sum(width**2 for width in units)
        path = "model.convgru"
    else:
        cells = model.light.cell_channels
        count = _products([config.data.num_context, *cells])
        per_grid = model.feature_grid**2 * (cells[-1] if cells else 1)
        count += _products(
            [per_grid, *model.light.fc_channels, model.embedding_size]
        )
        path = "model.light"
    if count > _MAX_PARAMETERS:
        yield (
            f"config.{path} must have narrower layers or smaller kernels: "
            f"these would have {count:.2g} parameters and more, of at most "
            f"{_MAX_PARAMETERS:.2g}. Received: {getattr(model, model.embedder)}"
        )


def _products(widths: list[int]) -> int:
    """Parameters of dense layers, one behind the other."""
    return sum(a * b for a, b in itertools.pairwise(widths))


def _step(config: schema.ExperimentConfig) -> Iterator[str]:
    """Compares the frames of a training step, and of a chunk in evaluation."""
    data = config.data
    pixels = 3 * data.image_size**2
    steps = config.train.batch_size * data.num_steps
    if not config.feature_cache.enabled:
        count = steps * data.num_context * pixels
        if count > _MAX_PIXELS:
            yield _frames_problem(
                "train.batch_size",
                "times data.num_steps, data.num_context and data.image_size "
                "squared must be smaller",
                count,
            )
    chunk = config.eval.frames_per_chunk * pixels
    if chunk > _MAX_PIXELS:
        yield _frames_problem(
            "eval.frames_per_chunk",
            "times data.image_size squared must be smaller",
            chunk,
        )
    embeddings = steps * config.model.embedding_size
    if embeddings > _MAX_ACTIVATIONS:
        yield _frames_problem(
            "model.embedding_size",
            "times train.batch_size and data.num_steps must be smaller",
            embeddings,
        )


def _frames_problem(path: str, what: str, count: int) -> str:
    return (
        f"config.{path} {what}. Received: {count:.2g} values in one step, of "
        f"at most {_MAX_PIXELS:.2g}"
    )
