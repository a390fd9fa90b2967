r"""Shows the whole path in a few minutes, on videos that it renders itself.

    python -m tcc.demo --output=tcc_demo

Renders pouring videos, trains a small network from scratch without labels,
evaluates it before and after on held-out videos, and leaves an aligned video,
a similarity matrix and the TensorBoard folder in --output, a folder. Run
again, it goes on where it stopped.
"""

import pathlib
import shlex
import time
from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import output_flag
from tcc.io import atomic_files

flags.adopt_module_key_flags(output_flag)

_MAX_STEPS = flags.DEFINE_integer(
    "max_steps", None, "Training steps; default: those of configs/demo.py."
)
_DEFAULT_OUTPUT = "tcc_demo"
_NUM_ALIGNED = 8  # videos in the aligned video


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    logging.set_verbosity(logging.ERROR)
    from tcc.configs import demo, validation

    output = pathlib.Path(
        output_flag.OUTPUT.value or _DEFAULT_OUTPUT
    ).expanduser()
    logdir = output / "run"
    config = demo.get_config()
    config.data.data_dir = str((output / "data").resolve())
    if _MAX_STEPS.value is not None:
        config.train.max_steps = _MAX_STEPS.value
    validation.validate(config)

    from tcc.evaluation.checkpoints import checkpoint_evaluation
    from tcc.training import loop

    started = time.monotonic()
    _tell("1. Rendering pouring videos")
    _prepare(config.data.datasets[0], pathlib.Path(config.data.data_dir))
    _tell(f"2. Training for {config.train.max_steps} steps, without labels")
    last = loop.train(config, logdir)
    _tell("3. Embedding and evaluating, the untrained network beside")
    evaluation = checkpoint_evaluation.evaluate_checkpoint(logdir, str(last))
    _tell("4. Aligning held-out videos")
    pictures = _align(logdir, output)
    _tell(f"Done in {time.monotonic() - started:.0f} s")
    print(checkpoint_evaluation.describe(evaluation))
    for what, path in pictures.items():
        print(f"{what + ':':20}{path}")
    print(f"{'TensorBoard:':20}tensorboard --logdir={shlex.quote(str(logdir))}")
    return 0


def _tell(text: str) -> None:
    print(f"\n== {text}", flush=True)


def _prepare(dataset: str, data_dir: pathlib.Path) -> None:
    """Renders the data set, unless that is done."""
    from tcc.datasets.preparing import generation, preparation
    from tcc.datasets.showing import summary
    from tcc.video import prepared

    try:
        folder = prepared.open_dataset(dataset, str(data_dir)).folder
    except FileNotFoundError:
        folder = preparation.prepare(
            dataset,
            data_dir=data_dir,
            options=generation.GenerationOptions(),
            arguments={},
        )
    print(summary.describe(folder))


def _align(
    logdir: pathlib.Path, output: pathlib.Path
) -> dict[str, pathlib.Path]:
    """Writes the aligned video and the similarity matrix of two videos."""
    from PIL import Image

    from tcc import visualization
    from tcc.applications.alignment import aligned_video
    from tcc.evaluation.checkpoints import checkpoint_evaluation

    config, _, parts = checkpoint_evaluation.embed_checkpoint(
        logdir, splits=["val"]
    )
    val = next(parts)
    video = output / "aligned.mp4"
    aligned_video.write(
        video, val.select(range(_NUM_ALIGNED)), data_dir=config.data.data_dir
    )
    matrix = output / "similarity_matrix.png"
    picture = Image.fromarray(
        visualization.similarity_matrix(
            val.embs[0],
            val.embs[1],
            times_a=val.times[0],
            times_b=val.times[1],
            name_a=val.names[0],
            name_b=val.names[1],
        )
    )
    atomic_files.write_picture(matrix, picture)
    return {"Aligned video": video, "Similarity matrix": matrix}


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
