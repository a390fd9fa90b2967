r"""Trains an encoder; the same command resumes an interrupted run.

    python -m tcc.train --config=configs/demo.py --logdir=/tmp/run \
        --config.train.batch_size=4

The log folder gets the resolved configuration, checkpoints, and TensorBoard
events (`tensorboard --logdir=/tmp/run`). Ctrl-C saves before it stops.
"""

from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import checkpoint_flags, config_flag

flags.adopt_module_key_flags(config_flag)
flags.declare_key_flag("logdir")

_STRATEGY = flags.DEFINE_enum(
    "strategy",
    "none",
    ["none", "mirrored", "multi_worker"],
    "Devices: one; all GPUs of this machine; the machines of TF_CONFIG.",
)

_STOPPED_EARLY = 75  # EX_TEMPFAIL of sysexits.h


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    logdir = checkpoint_flags.LOGDIR.value or ""
    command_line.require(config=config_flag.CONFIG.value, logdir=logdir)
    from tcc.configs import validation

    validation.validate(config_flag.CONFIG.value)

    from tcc.training import loop, strategies

    last = loop.train(
        config_flag.CONFIG.value,
        logdir,
        strategy=strategies.build_strategy(_STRATEGY.value),
    )
    if (
        _STRATEGY.value == "multi_worker"
        and last < config_flag.CONFIG.value.train.max_steps
    ):
        # Whoever keeps a cluster of workers running shall start them again.
        return _STOPPED_EARLY
    logging.info("Finished at step %d: %s", last, logdir)
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
