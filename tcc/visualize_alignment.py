r"""Writes a video in which other videos play in step with a query video.

    python -m tcc.visualize_alignment --logdir=/tmp/run --output=/tmp/a.mp4
    python -m tcc.visualize_alignment --embeddings=/tmp/embs/x_val.npz \
        --data_dir=/tmp/data --query=3 --others=0,7,clip_12 --output=/tmp/a.gif

The first form embeds the chosen videos with the newest checkpoint, the second
reads their embeddings from a file. --output is the .mp4 or .gif. At each frame
of the query every other video shows the frame that matches it.
"""

import pathlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from absl import flags

from tcc import command_line
from tcc.command_line import (
    alignment_flags,
    checkpoint_flags,
    embeddings_flags,
    output_flag,
)

if TYPE_CHECKING:
    from tcc.evaluation.embedding.embeddings import Embeddings
    from tcc.video import prepared

flags.adopt_module_key_flags(alignment_flags)
flags.adopt_module_key_flags(checkpoint_flags)
flags.adopt_module_key_flags(embeddings_flags)
flags.adopt_module_key_flags(output_flag)

_COLUMNS = flags.DEFINE_integer(
    "columns", 0, "Columns of the grid; 0: near-square.", lower_bound=0
)
_CELL_SIZE = flags.DEFINE_integer(
    "cell_size", 192, "Pixels of a video in the grid.", lower_bound=16
)
_FPS = flags.DEFINE_float(
    "play_fps", None, "Frames per second; default: the query's own speed."
)
_UNALIGNED = flags.DEFINE_bool(
    "unaligned", False, "Also show the videos as they play without alignment."
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    output = pathlib.Path(str(output_flag.OUTPUT.value))
    if output.suffix not in (".mp4", ".gif"):
        raise ValueError(
            f"--output must end in .mp4 or .gif. Received: {output}"
        )
    if embeddings_flags.EMBEDDINGS.value is None:
        command_line.require(logdir=checkpoint_flags.LOGDIR.value)
    from tcc.applications.alignment import aligned_video
    from tcc.evaluation.embedding import embedding_checks

    embeddings, data_dir = (
        _embed_videos()
        if embeddings_flags.EMBEDDINGS.value is None
        else _load_embeddings()
    )
    aligned_video.write(
        output,
        embeddings,
        data_dir=data_dir,
        method=alignment_flags.METHOD.value or "nn",
        distance=alignment_flags.DISTANCE.value,
        look=aligned_video.Look(
            columns=_COLUMNS.value,
            cell_size=_CELL_SIZE.value,
            show_unaligned=_UNALIGNED.value,
            fps=_FPS.value,
        ),
    )
    state = embedding_checks.check(embeddings).describe()
    print(
        f"{output}: {', '.join(embeddings.names[1:]) or 'no video'} aligned to"
        f" {embeddings.names[0]} {state}".rstrip()
    )
    return 0


def _choose(names: Sequence[str]) -> list[int]:
    """Returns the indices of the videos asked for, the query first."""
    from tcc.applications.alignment import aligned_video

    others = alignment_flags.OTHERS.value
    takes_all = others == ["all"]
    return aligned_video.choose_videos(
        names,
        alignment_flags.QUERY.value,
        None if takes_all else others,
        limit=0 if takes_all else 8,
    )


def _embed_videos() -> "tuple[Embeddings, str]":
    """Chooses videos of the run's data set, embeds them with a checkpoint."""
    from tcc.evaluation.embedding import embed
    from tcc.training import checkpoints
    from tcc.video import prepared

    encoder, config, step = checkpoints.restore_encoder(
        str(checkpoint_flags.LOGDIR.value), checkpoint_flags.CHECKPOINT.value
    )
    dataset = (checkpoint_flags.DATASETS.value or config.data.datasets)[0]
    split = embeddings_flags.SPLIT.value or config.data.eval_split
    data_dir = checkpoint_flags.DATA_DIR.value or config.data.data_dir

    def read() -> "Iterator[prepared.Video]":
        return prepared.iterate_videos(dataset, data_dir, split)

    chosen = _choose([video.name for video in read()])
    in_order = sorted(set(chosen))
    embeddings = embed.embed_videos(
        embed.build_embedder(encoder, config),
        (video for i, video in enumerate(read()) if i in in_order),
        dataset=dataset,
        split=split,
        step=step,
    )
    return embeddings.select(in_order.index(i) for i in chosen), data_dir


def _load_embeddings() -> "tuple[Embeddings, str]":
    """Chooses videos of an embeddings file."""
    from tcc.configs import schema
    from tcc.evaluation.embedding import embedding_files

    embeddings = embedding_files.load(str(embeddings_flags.EMBEDDINGS.value))
    data_dir = checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
    return embeddings.select(_choose(embeddings.names)), data_dir


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
