"""Checkpoints: written by training, read by everything behind it.

`<logdir>/checkpoints/ckpt-<step>` holds algorithm (encoder and heads),
optimizer and step; it appears when it is whole. The newest
`train.keep_checkpoints` stay; those at multiples of `train.keep_interval` stay
for good, in `checkpoints/kept/`. One that cannot be read any more is passed
over, with a warning, for the one before it. The input needs no state of its
own: the batch of a step is a function of the seed and the step (see
`tcc.video.input_pipeline`).
"""

import contextlib
import dataclasses
import math
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from tcc import algorithms
from tcc.configs import schema, serialization
from tcc.io import write_errors
from tcc.training import checkpoint_files, checkpoint_reading, strategies

_FOLDER = "checkpoints"
_KEPT = "kept"  # inside it: checkpoints that are never removed


def checkpoint_folder(logdir: str | pathlib.Path) -> pathlib.Path:
    """Returns the folder of a log folder's checkpoints."""
    return pathlib.Path(logdir) / _FOLDER


def list_checkpoints(
    logdir: str | pathlib.Path,
) -> list[tuple[int, pathlib.Path]]:
    """Returns (step, path prefix) of the checkpoints, in order of steps."""
    folder = checkpoint_folder(logdir)
    found = checkpoint_files.list_folder(folder / _KEPT)
    found |= checkpoint_files.list_folder(folder)
    return sorted(found.items())


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside compute as `name` says; see `keras.DTypePolicy`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build_encoder(
    config: schema.ExperimentConfig, *, precision: str = ""
) -> keras.Model:
    """Returns the encoder of an experiment, with its starting weights.

    Args:
      config: the experiment.
      precision: name of a Keras precision policy; "" is that of training.
    """
    with dtype_policy(precision or config.train.mixed_precision):
        return algorithms.build_encoder(config)


class Manager:
    """Saves and restores everything that a training run needs to go on."""

    def __init__(
        self,
        logdir: str | pathlib.Path,
        *,
        algorithm: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        step: tf.Variable,
        keep: int,
        keep_interval: int = 0,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._algorithm = algorithm
        self._step = step
        self._strategy = strategy
        self._logdir = pathlib.Path(logdir)
        self._saved_step = -1
        self._keep = keep
        self._keep_interval = keep_interval
        self._tree = tf.train.Checkpoint(
            algorithm=algorithm, optimizer=optimizer, step=step
        )
        _ = self._tree.save_counter  # made here: restoring looks for it
        self._num_bytes = sum(
            math.prod(variable.shape) * tf.as_dtype(variable.dtype).size
            for variable in (*algorithm.variables, *optimizer.variables)
        )

    @property
    def latest(self) -> pathlib.Path | None:
        """Path prefix of the newest checkpoint, or None."""
        found = list_checkpoints(self._logdir)
        return found[-1][1] if found else None

    def restore(self) -> int:
        """Restores the newest checkpoint that can be read, if there is any.

        Returns:
          The step.

        Raises:
          ValueError: there are checkpoints, and none can be read; or the
            workers do not see the same.
        """
        found = list_checkpoints(self._logdir)
        chosen = checkpoint_reading.newest_readable(found) if found else None
        self._require_agreement(chosen[0] if chosen else -1)
        if chosen:
            with checkpoint_files.plain_prefix(chosen[1]) as prefix:
                self._tree.restore(prefix).assert_consumed()
            self._saved_step = int(self._step.numpy())
        return int(self._step.numpy())

    def _require_agreement(self, step: int) -> None:
        """Refuses to go on when workers would restore different steps."""
        steps = strategies.of_all_workers(step, self._strategy)
        if set(steps) != {step}:
            raise ValueError(
                "The log folder must be one that all workers see. The newest "
                f"checkpoints in {checkpoint_folder(self._logdir)} that they "
                f"can read are of different steps. Received: {steps}"
            )

    def save(self) -> None:
        """Saves the current step, unless that is saved already."""
        # Every worker keeps its own count: all must take part or none, and
        # the chief's file may already be there when another looks.
        step = int(self._step.numpy())
        if step == self._saved_step:
            return
        if self._strategy.num_replicas_in_sync > 1:
            self._average_batch_statistics()
        folder = checkpoint_folder(self._logdir)
        with (
            write_errors.as_os_error(folder, needed_bytes=self._num_bytes),
            checkpoint_files.workplace(folder, self._writer) as unfinished,
        ):
            path = unfinished / f"ckpt-{step}"
            self._tree.write(str(path))
            if strategies.is_chief(self._strategy):
                self._publish(path, folder)
        self._saved_step = step

    def _publish(self, path: pathlib.Path, folder: pathlib.Path) -> None:
        """Puts a checkpoint in its place, and removes those too old."""
        path = checkpoint_files.publish(path, folder)
        step = int(self._step.numpy())
        if self._keep_interval and step % self._keep_interval == 0:
            checkpoint_files.link(path, folder / _KEPT)
        checkpoint_files.prune(folder, newest=step, keep=self._keep)

    @property
    def _writer(self) -> str:
        """Every worker takes part in writing; only the chief's counts."""
        if strategies.is_chief(self._strategy):
            return "chief"
        return f"worker_{self._strategy.cluster_resolver.task_id}"

    @tf.function
    def _average_batch_statistics(self) -> None:
        """Makes the moving statistics of all replicas their mean.

        Batch normalisation updates them on each replica by itself, and a
        checkpoint would keep those of the first one.
        """
        statistics = [
            variable
            for layer in self._algorithm._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
            for variable in (layer.moving_mean, layer.moving_variance)
        ]
        of_replicas = self._strategy.run(
            lambda: [tf.identity(variable.value) for variable in statistics]
        )
        for variable, values in zip(statistics, of_replicas, strict=True):
            mean = self._strategy.reduce("MEAN", values, axis=None)
            variable.assign(mean)


def restore_encoder(
    logdir: str | pathlib.Path,
    checkpoint: str | pathlib.Path | None = None,
    *,
    precision: str | None = None,
) -> tuple[keras.Model, schema.ExperimentConfig, int]:
    """Rebuilds the trained encoder of a log folder.

    Args:
      logdir: the folder that training wrote.
      checkpoint: a step ("1000"), a name ("ckpt-1000") or a path; None is the
        newest that can be read.
      precision: that the encoder computes in, as `config.eval.precision`,
        which holds if this is None. The weights are float32 in any case.

    Returns:
      The encoder, the configuration it was trained with, and its step.

    Raises:
      FileNotFoundError: no such log folder, or no such checkpoint in it.
      ValueError: the checkpoint does not fit the configuration, or no
        checkpoint can be read.
    """
    config = serialization.load(logdir)
    step, path = _find(logdir, checkpoint)
    if precision is None:
        precision = config.eval.precision
    encoder = _build_without_weights(config, precision)
    _restore(path, tf.train.Checkpoint(encoder=encoder), logdir)
    return encoder, config, step


def encoder_of(
    algorithm: algorithms.Algorithm,
    config: schema.ExperimentConfig,
    precision: str,
) -> keras.Model:
    """Returns the encoder of a restored objective, in some precision.

    Args:
      algorithm: from `restore_algorithm`.
      config: that it was built from.
      precision: as `config.eval.precision`; "" is that of training.
    """
    if precision in ("", config.train.mixed_precision):
        return algorithm.encoder
    encoder = _build_without_weights(config, precision)
    encoder.set_weights(algorithm.encoder.get_weights())
    return encoder


def restore_algorithm(
    logdir: str | pathlib.Path,
    checkpoint: str | pathlib.Path | None = None,
    *,
    data_dir: str | None = None,
) -> tuple[algorithms.Algorithm, schema.ExperimentConfig, int]:
    """Rebuilds the trained objective of a log folder: encoder and heads.

    Args:
      logdir: the folder that training wrote.
      checkpoint: as `restore_encoder`.
      data_dir: where the data sets are prepared, in place of the configured
        folder: the heads of some objectives are as wide as these have phases.

    Returns:
      The algorithm, the configuration (with `data_dir`), and its step.

    Raises:
      FileNotFoundError: no such log folder, checkpoint or data set.
      ValueError: the checkpoint does not fit the configuration, or no
        checkpoint can be read.
    """
    config = serialization.load(logdir)
    step, path = _find(logdir, checkpoint)
    if data_dir:
        data = dataclasses.replace(config.data, data_dir=data_dir)
        config = dataclasses.replace(config, data=data)
    algorithm = algorithms.build_algorithm(
        config, _build_without_weights(config)
    )
    _restore(path, algorithm, logdir)
    return algorithm, config, step


def _build_without_weights(
    config: schema.ExperimentConfig, precision: str = ""
) -> keras.Model:
    """The checkpoint brings all the weights: nothing is to be downloaded."""
    no_weights = dataclasses.replace(config.model, weights="none")
    config = dataclasses.replace(config, model=no_weights)
    return build_encoder(config, precision=precision)


def _restore(
    path: pathlib.Path, algorithm: Any, logdir: str | pathlib.Path
) -> None:
    """Restores an algorithm, or the parts of it that are asked for."""
    tree = tf.train.Checkpoint(algorithm=algorithm)
    try:
        with checkpoint_files.plain_prefix(path) as prefix:
            status = tree.restore(prefix).expect_partial()
            status.assert_existing_objects_matched()
    except (
        AssertionError,
        ValueError,
        IndexError,  # a file that is cut short
        tf.errors.OpError,
    ) as error:
        # TensorFlow prints every weight that it misses with all its values.
        missing = sorted(re.findall(r"path=([^,\s]+), shape", str(error)))
        reason = f"it lacks {', '.join(missing)}" if missing else str(error)
        raise ValueError(
            f"{path} does not fit the configuration in {logdir}, or is "
            f"damaged: {reason}"
        ) from error


def _find(
    logdir: str | pathlib.Path, checkpoint: str | pathlib.Path | None
) -> tuple[int, pathlib.Path]:
    """Returns step and path of the checkpoint that was asked for."""
    if checkpoint is not None:
        path = pathlib.Path(str(checkpoint).removesuffix(".index"))
        beside = checkpoint_files.list_folder(path.parent)
        for step, found_path in beside.items():
            if path.parent.name and found_path.name == path.name:
                return step, path
    found = list_checkpoints(logdir)
    folder = checkpoint_folder(logdir)
    if not found:
        raise FileNotFoundError(
            f"{folder} holds no checkpoint: train first, with `python -m "
            f"tcc.train --config=… --logdir={logdir}`."
        )
    if checkpoint is None:
        return checkpoint_reading.newest_readable(found)
    name = pathlib.Path(str(checkpoint).removesuffix(".index")).name
    for step, path in found:
        if name in (str(step), path.name):
            return step, path
    there = ", ".join(path.name for _, path in found)
    raise FileNotFoundError(
        f"{folder} has no checkpoint {str(checkpoint)!r}; it has {there}."
    )
