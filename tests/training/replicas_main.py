"""Trains experiments on several replicas: a process of its own for the tests.

    python tests/training/replicas_main.py STRATEGY DEVICES LOGDIR CONFIG_DIR …

DEVICES logical CPUs stand for that many GPUs. Each CONFIG_DIR holds the
configuration of the run in the LOGDIR before it.
"""

import pathlib
import sys

import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))


def main(name: str, devices: str, *folders: str) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices)
    )
    from tcc.training import strategies

    strategy = strategies.build_strategy(name)
    from tcc.configs import serialization
    from tcc.training import loop
    from tests.algorithms import toy_objectives

    toy_objectives.register()

    for logdir, config_dir in zip(folders[::2], folders[1::2], strict=True):
        config = serialization.load(config_dir)
        print("last step", loop.train(config, logdir, strategy=strategy))


if __name__ == "__main__":
    main(*sys.argv[1:])
