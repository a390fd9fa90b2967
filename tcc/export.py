r"""Writes a trained network for programs that do not have this package.

    python -m tcc.export --logdir=/tmp/run --output=encoder.keras
    python -m tcc.export --logdir=/tmp/run --output=encoder_saved_model

The first is read by keras.models.load_model, the second, a folder, by
tf.saved_model.load and by TensorFlow Serving. --output=x.weights.h5 writes the
weights of the first alone, and its layers beside them as x.json. --format,
keras, saved_model or weights, is what --output ends in unless it is given. All
compute in float32, whatever precision training used. See docs/deployment.md.
"""

from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.command_line import checkpoint_flags, format_flag, output_flag

flags.declare_key_flag("logdir")
flags.declare_key_flag("checkpoint")
flags.adopt_module_key_flags(output_flag)
flags.adopt_module_key_flags(format_flag)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    logdir, output = checkpoint_flags.LOGDIR.value, output_flag.OUTPUT.value
    command_line.require(logdir=logdir, output=output)
    format_flag.check(["keras", "saved_model", "weights"])
    from tcc import inference
    from tcc.inference import export_files

    kind = format_flag.FORMAT.value or export_files.choose_format(str(output))
    export_files.check_output(str(output), kind)
    model = inference.load(
        str(logdir), checkpoint_flags.CHECKPOINT.value, precision="float32"
    )
    for path in export_files.write(model, str(output), kind):
        print(path)
    print(export_files.describe(model))
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
