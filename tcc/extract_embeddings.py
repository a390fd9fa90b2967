r"""Writes the embeddings of data sets to .npz files, without pickle.

    python -m tcc.extract_embeddings --logdir=/tmp/run --output=/tmp/embs

One file per data set and split: <output>/<data set>_<split>.npz with embs,
names, steps, times, labels, fps and more; numpy alone reads
it, and `tcc.evaluation.embedding_files.load` checks it as well.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.shared_flags import checkpoint_flags, output_flag

flags.adopt_module_key_flags(checkpoint_flags)
flags.adopt_module_key_flags(output_flag)

_SPLITS = flags.DEFINE_list(
    "splits", None, "Names of splits; default: the run's train and val."
)

_PRECISION = flags.DEFINE_enum(
    "precision",
    None,
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "What the network computes in; default: the run's, config.eval.precision.",
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(
        logdir=checkpoint_flags.LOGDIR.value, output=output_flag.OUTPUT.value
    )
    from tcc.evaluation import (
        checkpoint_evaluation,
        embedding_files,
        health,
        task_result,
    )

    _, step, parts = checkpoint_evaluation.embed_checkpoint(
        checkpoint_flags.LOGDIR.value,
        checkpoint_flags.CHECKPOINT.value,
        datasets=checkpoint_flags.DATASETS.value,
        data_dir=checkpoint_flags.DATA_DIR.value,
        splits=_SPLITS.value,
        settings={"precision": _PRECISION.value} if _PRECISION.value else None,
    )
    for part in parts:
        name = f"{task_result.tag_name(part.dataset)}_{part.split}.npz"
        path = pathlib.Path(str(output_flag.OUTPUT.value)) / name
        embedding_files.save(part, path)
        state = health.check(part).describe()
        print(
            f"{path}: step {step}, {part.num_videos} videos,"
            f" {part.num_frames} x {part.num_channels} {state}".rstrip(),
            flush=True,
        )
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
