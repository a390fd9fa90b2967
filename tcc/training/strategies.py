"""Strategies by name: one device, all devices of a machine, many machines."""

import os

import tensorflow as tf

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
    return (
        resolver is None
        or not resolver.task_type
        or (resolver.task_type in ("chief", "worker") and resolver.task_id == 0)
    )
