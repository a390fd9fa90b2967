"""Strategies by name: one device, all devices of a machine, many machines."""

import contextlib
import os
from collections.abc import Iterator

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.configs.checks import objective_checks

STRATEGIES = ("none", "mirrored", "multi_worker")


def build_strategy(name: str) -> tf.distribute.Strategy:
    """Returns the strategy that `--strategy` names.

    Args:
      name: "none", one device; "mirrored", all GPUs of this machine (or the
        logical devices that were configured); "multi_worker", the machines of
        the TF_CONFIG environment variable.

    Raises:
      ValueError: unknown name, or "multi_worker" without TF_CONFIG.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = [
            device.name for device in tf.config.list_logical_devices(kind)
        ]
        return tf.distribute.MirroredStrategy(devices)
    if name == "multi_worker":
        if "TF_CONFIG" not in os.environ:
            raise ValueError(
                "--strategy=multi_worker needs the environment variable "
                "TF_CONFIG, which names the cluster's workers and this "
                "process's index among them."
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise ValueError(
        f"--strategy must be one of {', '.join(STRATEGIES)}. Received: {name!r}"
    )


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes summaries and checkpoints."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_id == 0 and (
        resolver.task_type == ("chief" if has_chief else "worker")
    )


def of_all_workers(number: int, strategy: tf.distribute.Strategy) -> list[int]:
    """Returns a number of this process and of all others, by replica."""
    if strategy.num_replicas_in_sync == 1:
        return [number]
    per_replica = strategy.run(tf.function(lambda: tf.constant([number])))
    return strategy.gather(per_replica, axis=0).numpy().tolist()


def is_one_of_many(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether other processes take part."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return False
    tasks = resolver.cluster_spec().as_dict().values()
    return sum(map(len, tasks)) > 1


def check_config(
    config: schema.ExperimentConfig, strategy: tf.distribute.Strategy
) -> None:
    """Refuses what the replicas of a strategy cannot do.

    Raises:
      ValueError: the shares of a batch would differ, or would be too small for
        an objective that takes its pairs from the videos of one replica; or
        XLA is to compile a step of several replicas.
    """
    num_replicas = strategy.num_replicas_in_sync
    if config.train.jit_compile and num_replicas > 1:
        raise ValueError(
            "config.train.jit_compile must be False with several replicas "
            f"({num_replicas}), whose exchange XLA does not compile. "
            "Received: True"
        )
    share, rest = divmod(config.train.batch_size, num_replicas)
    wanted = f"a multiple of the number of replicas ({num_replicas})"
    alignment = config.algorithm.alignment
    smallest = 1
    if (
        "alignment" in objective_checks.objectives(config.algorithm)
        and not alignment.pairs_across_replicas
    ):
        smallest = 2
        if alignment.stochastic_matching:
            smallest = max(smallest, alignment.cycle_length)
    if share < smallest:
        wanted += (
            f", at least {smallest} videos each (a cycle needs as many), or "
            "with config.algorithm.alignment.pairs_across_replicas=True"
        )
    if config.data.view_pattern:
        wanted += ", an even number each (two views of each recording)"
        rest = rest or share % 2
    if rest or share < smallest:
        raise ValueError(
            f"config.train.batch_size must be {wanted}. "
            f"Received: {config.train.batch_size}"
        )


def synchronize_batch_norm(model: keras.Model) -> None:
    """Lets the batch normalisations of a model see the whole batch.

    Mean and variance are taken over all replicas, with gradients; the moving
    statistics are then the same everywhere. Layers that are frozen use their
    moving statistics as before, and need nothing.

    Args:
      model: changed in place; its layers may contain layers.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


@contextlib.contextmanager
def naming_lost_workers(logdir: object) -> Iterator[None]:
    """Says what to do when another worker does not answer any more.

    Raises:
      ConnectionError: in place of TensorFlow's errors of collective operations.
    """
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
    ) as error:
        lines = error.message.splitlines() or [""]
        reason = next((line for line in lines if "aborted" in line), lines[0])
        raise ConnectionError(
            "Another worker was lost, or has stopped with an error of its own "
            f"({reason.strip()}). Start all workers again with the same "
            "command: training goes on from the last checkpoint in "
            f"{logdir}."
        ) from error
