"""The training loop: from a configuration to checkpoints in a log folder."""

import contextlib
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from absl import logging
from tqdm import auto as tqdm

from tcc import algorithms, feature_cache
from tcc.algorithms import refused_batches
from tcc.configs import schema, validation
from tcc.training import (
    checkpoints,
    log_folder,
    optimizers,
    stopping,
    strategies,
    summaries,
)
from tcc.training import step as step_lib
from tcc.video import input_pipeline, prepared
from tcc.video.prepared import damaged_records


def train(
    config: schema.ExperimentConfig,
    logdir: str | pathlib.Path,
    *,
    strategy: tf.distribute.Strategy | None = None,
    time_limit: float | None = None,
) -> int:
    """Trains until `config.train.max_steps`, or resumes and goes on.

    Args:
      config: the experiment; validated first.
      logdir: where configuration, checkpoints and TensorBoard events go. A
        folder that holds the same run is resumed from its last checkpoint.
      strategy: the devices; None is the strategy in scope.
      time_limit: seconds from now, after which the run is saved and ended as
        by Ctrl-C; None is no limit.

    Returns:
      The last step: less than `max_steps` when Ctrl-C, SIGTERM or the time
      limit ended the run, which is then saved. Python handles signals in the
      main thread only: in another thread the time limit alone ends a run.

    Raises:
      ValueError: the configuration cannot work.
      FileNotFoundError: a data set is not prepared; nothing is written then.
      FileExistsError: the folder holds another run or other files, or another
        process trains there.
      FloatingPointError: loss or gradients are not finite.
      ConnectionError: another worker was lost.
    """
    validation.validate(config)
    for name in config.data.datasets:  # before weights are downloaded for them
        prepared.open_dataset(name, config.data.data_dir)
    strategy = strategy or tf.distribute.get_strategy()
    strategies.check_config(config, strategy)
    with strategies.naming_lost_workers(logdir):
        return _train(config, pathlib.Path(logdir), strategy, time_limit)


def _train(
    config: schema.ExperimentConfig,
    logdir: pathlib.Path,
    strategy: tf.distribute.Strategy,
    time_limit: float | None,
) -> int:
    if not strategies.is_chief(strategy):
        return _Run(config, logdir, strategy, time_limit).run()
    with log_folder.lock(logdir):
        run = _Run(config, logdir, strategy, time_limit)
        log_folder.claim(logdir, config)
        return run.run()


class _Run:
    """The objects of one run, and the loop over them."""

    def __init__(
        self,
        config: schema.ExperimentConfig,
        logdir: pathlib.Path,
        strategy: tf.distribute.Strategy,
        time_limit: float | None,
    ) -> None:
        self._deadline = time.monotonic() + (time_limit or float("inf"))
        self._config = config
        self._logdir = logdir
        self._strategy = strategy
        self._is_chief = strategies.is_chief(strategy)
        keras.utils.set_random_seed(config.train.seed)  # starting weights
        with strategy.scope():
            encoder = checkpoints.build_encoder(config)
            self._algorithm = algorithms.build_algorithm(config, encoder)
            if config.train.sync_batch_norm:
                strategies.synchronize_batch_norm(self._algorithm)
            self._optimizer = optimizers.build_optimizer(
                config.optimizer,
                max_steps=config.train.max_steps,
                loss_scaling=config.train.mixed_precision == "mixed_float16",
            )
            self._optimizer.build(self._algorithm.trainable_variables)
            self._step = tf.Variable(0, dtype=tf.int64, name="step")
        self._steps = step_lib.TrainSteps(
            self._algorithm, self._optimizer, self._step, config, strategy
        )
        # A graph lets go of features as soon as they were used; without one,
        # Keras holds those of all layers.
        self._embed = tf.function(
            lambda frames: self._algorithm(frames, training=False)
        )
        self._stop = stopping.StopOnSignal()
        self._vote = stopping.StopVote(strategy)
        self._features: feature_cache.FeatureCache | None = None
        self._summaries: summaries.Summaries | None = None

    def run(self) -> int:
        """Restores, trains, saves."""
        config = self._config.train
        self._manager = checkpoints.Manager(
            self._logdir,
            algorithm=self._algorithm,
            optimizer=self._optimizer,
            step=self._step,
            keep=config.keep_checkpoints,
            keep_interval=config.keep_interval,
            strategy=self._strategy,
        )
        first = self._manager.restore()
        if first:
            logging.info("Resuming %s at step %d.", self._logdir, first)
        else:
            self._manager.save()  # the untrained network, for comparison
        if first >= config.max_steps:
            logging.info("Step %d is the last already.", first)
            return self._finish(first)
        if self._config.feature_cache.enabled:
            self._features = feature_cache.open_or_build(
                self._config, self._algorithm.encoder, self._algorithm.spec
            )
        with contextlib.ExitStack() as stack:
            if self._is_chief:
                self._summaries = stack.enter_context(
                    contextlib.closing(
                        summaries.Summaries(self._logdir / "train")
                    )
                )
            stack.enter_context(self._stop)
            stack.enter_context(damaged_records.named(self._config.data))
            stack.enter_context(refused_batches.as_value_error())
            bar = stack.enter_context(self._progress_bar(first))
            batches = iter(self._distributed_batches(first))
            last = self._loop(batches, first, bar)
        return self._finish(last)

    def _loop(self, batches: Iterator[Any], step: int, bar: tqdm.tqdm) -> int:
        """Runs the graph loop between the points where something is written."""
        config = self._config.train
        self._write_images(step)
        started, since = time.monotonic(), step
        while step < config.max_steps and not self._must_stop():
            count = self._steps_to_next_stop(step)
            progress = self._steps.run(batches, tf.constant(count))
            step += int(progress.num_steps)
            if not bool(progress.is_finite):
                self._raise_not_finite(step, progress)
            loss = float(progress.metrics["loss"])
            bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            bar.update(int(progress.num_steps))
            if step % config.report_interval == 0 or step == config.max_steps:
                now = time.monotonic()
                speed = (step - since) / (now - started)
                self._report(step, progress, speed)
                started, since = now, step
            if self._is_due(step, config.image_interval):
                self._write_images(step)
            if self._is_due(step, config.checkpoint_interval):
                self._manager.save()
        return step

    def _must_stop(self) -> bool:
        return self._vote.passes(
            self._stop.requested or time.monotonic() > self._deadline
        )

    def _steps_to_next_stop(self, step: int) -> int:
        """Steps until the next report, picture, checkpoint, or the end."""
        config = self._config.train
        intervals = [
            config.report_interval,
            config.checkpoint_interval,
            config.image_interval,
            _STEPS_PER_CALL,
        ]
        ends = [step - step % every + every for every in intervals if every]
        return min([*ends, config.max_steps]) - step

    def _is_due(self, step: int, interval: int) -> bool:
        return bool(interval) and step % interval == 0

    def _finish(self, step: int) -> int:
        """Saves the last step, and says whether training is over."""
        self._manager.save()
        if step >= self._config.train.max_steps and self._is_chief:
            log_folder.mark_done(self._logdir, step)
        if self._stop.requested:
            logging.warning(
                "Stopped and saved at step %d; the same command resumes.", step
            )
        return step

    def _raise_not_finite(self, step: int, progress: step_lib.Progress) -> None:
        names = ", ".join(name.decode() for name in progress.names.numpy())
        raise FloatingPointError(
            f"Loss or gradients are not finite at step {step} (loss "
            f"{float(progress.metrics['loss'])}, videos {names}). The last "
            f"good checkpoint is {self._manager.latest}. Try a smaller "
            "config.optimizer.learning_rate or a positive "
            "config.optimizer.global_clipnorm, in a new log folder."
        )

    def _report(
        self, step: int, progress: step_lib.Progress, speed: float
    ) -> None:
        if self._summaries is None:
            return
        scalars = {
            f"train/{name}": float(value)
            for name, value in progress.metrics.items()
        }
        scalars["train/learning_rate"] = float(self._optimizer.learning_rate)
        scalars["train/steps_per_second"] = speed
        self._summaries.write_scalars(scalars, step)

    def _write_images(self, step: int) -> None:
        """Embeds the run's first batch as evaluation would, and draws it."""
        if self._summaries is None or not self._config.train.image_interval:
            return
        batch = next(iter(self._batches(0)))
        embs = self._embed(batch["frames"])
        current = batch["frames"][:, :, -1].numpy()  # without the context
        self._summaries.write_images(
            summaries.to_uint8(current), np.asarray(embs), step
        )

    def _batches(self, start_step: int, **options: Any) -> tf.data.Dataset:
        return input_pipeline.training_batches(
            self._config.data,
            batch_size=self._config.train.batch_size,
            seed=self._config.train.seed,
            start_step=start_step,
            spec=self._algorithm.spec,
            **options,
        ).map(self._algorithm.check_batch)

    def _distributed_batches(self, start_step: int) -> Any:
        """Every replica gets its own videos of each global batch."""
        per_replica = (
            self._config.train.batch_size // self._strategy.num_replicas_in_sync
        )

        def batches_of_worker(
            context: tf.distribute.InputContext,
        ) -> tf.data.Dataset:
            batches = self._batches(
                start_step,
                num_workers=context.num_input_pipelines,
                worker=context.input_pipeline_id,
                features=self._features,
            ).rebatch(per_replica, drop_remainder=True)
            # Known to be endless, so that every batch keeps its static shape.
            return batches.apply(
                tf.data.experimental.assert_cardinality(
                    tf.data.INFINITE_CARDINALITY
                )
            )

        return self._strategy.distribute_datasets_from_function(
            batches_of_worker
        )

    def _progress_bar(self, first: int) -> tqdm.tqdm:
        return tqdm.tqdm(
            total=self._config.train.max_steps,
            initial=first,
            unit="step",
            disable=not self._is_chief,
            mininterval=1.0,
        )


# A stop requested by a signal waits for at most this many steps.
_STEPS_PER_CALL = 20
