r"""Writes a video in which other videos play in step with a query video.

    python -m tcc.visualize_alignment --logdir=/tmp/run --output=/tmp/a.mp4
    python -m tcc.visualize_alignment --embeddings=/tmp/embs/x_val.npz \
        --data_dir=/tmp/data --query=3 --videos=0,7,clip_12 --output=/tmp/a.gif

The first form embeds the chosen videos with the newest checkpoint, the second
reads their embeddings from a file. --output is the .mp4 or .gif. At each frame
of the query every other video shows the frame that matches it.
"""

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from tcc import checkpoint_flags, command_line, output_flag

if TYPE_CHECKING:
    from tcc.evaluation.embeddings import Embeddings
    from tcc.video import prepared

flags.adopt_module_key_flags(checkpoint_flags)
flags.adopt_module_key_flags(output_flag)

_EMBEDDINGS = flags.DEFINE_string(
    "embeddings", None, "An .npz file of extract_embeddings; needs no --logdir."
)
_SPLIT = flags.DEFINE_string(
    "split", None, "Name of the split; default: the run's val split."
)
_QUERY = flags.DEFINE_string("query", "0", "Name or index of the query video.")
_VIDEOS = flags.DEFINE_list(
    "videos",
    None,
    "Names or indices of the videos to align, or 'all'; default: the first 8.",
)
_METHOD = flags.DEFINE_enum(
    "method",
    "nn",
    ["nn", "dtw"],
    "Nearest neighbour of each frame, or dynamic time warping, which never"
    " runs backwards.",
)
_DISTANCE = flags.DEFINE_enum(
    "distance",
    "sqeuclidean",
    ["sqeuclidean", "cosine"],
    "Distance between embeddings.",
)
_COLUMNS = flags.DEFINE_integer(
    "columns", 0, "Columns of the grid; 0: near-square.", lower_bound=0
)
_CELL_SIZE = flags.DEFINE_integer(
    "cell_size", 192, "Pixels of a video in the grid.", lower_bound=16
)
_FPS = flags.DEFINE_float(
    "fps", None, "Frames per second; default: the query's own speed."
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
    if _EMBEDDINGS.value is None:
        command_line.require(logdir=checkpoint_flags.LOGDIR.value)
    from tcc.evaluation import aligned_videos, health
    from tcc.video import files
    from tcc.visualization import alignment_video

    videos, embeddings = (
        _embed_videos() if _EMBEDDINGS.value is None else _load_videos()
    )
    tracks = aligned_videos.align_videos(
        videos, embeddings, method=_METHOD.value, distance=_DISTANCE.value
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    matching = "nearest neighbour" if _METHOD.value == "nn" else "DTW"
    files.write_video(
        output,
        alignment_video.aligned_frames(
            tracks,
            columns=_COLUMNS.value,
            cell_size=_CELL_SIZE.value,
            title=f"aligned to {videos[0].name} ({matching})",
            show_unaligned=_UNALIGNED.value,
        ),
        fps=_FPS.value or aligned_videos.playing_speed(tracks[0]),
    )
    state = health.check(embeddings).describe()
    print(
        f"{output}: {len(tracks) - 1} videos aligned to {videos[0].name},"
        f" {len(tracks[0].aligned)} frames {state}".rstrip()
    )
    return 0


def _choose(dataset: str, data_dir: str, split: str) -> "list[prepared.Video]":
    """Reads the videos that the flags ask for, the query first."""
    from tcc.evaluation import aligned_videos
    from tcc.video import prepared

    others = _VIDEOS.value
    takes_all = others == ["all"]
    return aligned_videos.choose_videos(
        prepared.iterate_videos(dataset, data_dir, split),
        _QUERY.value,
        None if takes_all else others,
        limit=0 if takes_all else 8,
    )


def _embed_videos() -> "tuple[list[prepared.Video], Embeddings]":
    """Chooses videos of the run's data set, embeds them with a checkpoint."""
    from tcc.evaluation import embed
    from tcc.training import checkpoints

    encoder, config, step = checkpoints.restore_encoder(
        str(checkpoint_flags.LOGDIR.value), checkpoint_flags.CHECKPOINT.value
    )
    dataset = (checkpoint_flags.DATASETS.value or config.data.datasets)[0]
    split = _SPLIT.value or config.data.eval_split
    data_dir = checkpoint_flags.DATA_DIR.value or config.data.data_dir
    videos = _choose(dataset, data_dir, split)
    embeddings = embed.embed_videos(
        embed.build_embedder(encoder, config),
        videos,
        image_size=config.data.image_size,
        dataset=dataset,
        split=split,
        step=step,
    )
    return videos, embeddings


def _load_videos() -> "tuple[list[prepared.Video], Embeddings]":
    """Reads embeddings from a file, and the videos that they are of."""
    from tcc.configs import schema
    from tcc.evaluation import embedding_files

    embeddings = embedding_files.load(_EMBEDDINGS.value)
    datasets = checkpoint_flags.DATASETS.value or [embeddings.dataset]
    data_dir = checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
    split = _SPLIT.value or embeddings.split
    return _choose(datasets[0], data_dir, split), embeddings


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
