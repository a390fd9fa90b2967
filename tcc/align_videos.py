r"""Aligns the videos of a folder: one command from files to results.

    python -m tcc.align_videos --videos='clips/*.mp4' --output=out
    python -m tcc.align_videos --videos='new/*.mp4' --output=out2 \
        --logdir=out/run

The first form learns from the videos (any number from 2 on, no labels), for
--minutes at most; twenty clips take less than three in all. The second uses a
trained network, also on videos that it has not seen. The same command resumes
what was stopped by Ctrl-C. --output is a folder; it gets

    index.html           all videos in step, in a browser
    grid.mp4             all videos at once, unaligned and aligned
    switching.mp4        one video at a time, the action goes on across cuts
    side_by_side/        each video beside the query
    correspondences.csv  which frame belongs to which
    embeddings.npz       for the other commands
"""

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags, logging

from tcc import command_line
from tcc.command_line import (
    alignment_flags,
    checkpoint_flags,
    output_flag,
    videos_flag,
)

if TYPE_CHECKING:
    from tcc.applications.clips import Clips

flags.declare_key_flag("query")
flags.declare_key_flag("method")
flags.declare_key_flag("distance")
flags.declare_key_flag("logdir")
flags.declare_key_flag("checkpoint")
flags.adopt_module_key_flags(output_flag)
flags.adopt_module_key_flags(videos_flag)

_MINUTES = flags.DEFINE_float(
    "minutes",
    3.0,
    "Of training, at most. 0 takes the features of the backbone as they are.",
    lower_bound=0,
)
_WEIGHTS = flags.DEFINE_string(
    "weights",
    "bundled",
    "Of --backbone, on whose features a light embedder is trained: 'bundled'"
    " (MobileNetV2, comes with the package), 'imagenet' (downloaded once) or a"
    " file. 'none' trains a small network from scratch.",
)
_BACKBONE = flags.DEFINE_string("backbone", "mobilenetv2", "With --weights.")
_SAMPLE_FPS = flags.DEFINE_float(
    "sample_fps",
    None,
    "Frames per second kept of a video; 0: all. Default: 15, more for short"
    " clips and fewer for long ones; with --logdir, as in the training.",
)

_INTERRUPTED = 130  # as shells report Ctrl-C


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(
        videos=videos_flag.VIDEOS.value, output=output_flag.OUTPUT.value
    )
    logging.set_verbosity(logging.ERROR)
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    try:
        _align(output)
    except KeyboardInterrupt:
        print(f"Stopped; the same command goes on with what is in {output}.")
        return _INTERRUPTED
    return 0


def _align(output: pathlib.Path) -> None:
    from tcc.applications.alignment import aligned_files, direction
    from tcc.evaluation.embedding import embedding_checks, embedding_files

    found = _embed(output)
    embedding_files.save(found.embeddings, output / "embeddings.npz")
    method = alignment_flags.METHOD.value or "dtw"
    distance = alignment_flags.DISTANCE.value
    found = _query_first(found)
    paths = aligned_files.write(found, output, method=method, distance=distance)
    for what, path in paths.items():
        print(f"{what + ':':17}{path}")
    unlike = direction.find_unlike(found.embeddings, distance=distance)
    for remark in (
        embedding_checks.check(found.embeddings).describe(),
        direction.describe(unlike),
    ):
        if remark:
            print(remark)


def _embed(output: pathlib.Path) -> "Clips":
    from tcc.applications import clips
    from tcc.applications.alignment import align_folder

    files = clips.list_files(str(videos_flag.VIDEOS.value))
    logdir = checkpoint_flags.LOGDIR.value
    if logdir:
        return clips.from_files(
            files,
            logdir,
            checkpoint_flags.CHECKPOINT.value,
            sample_fps=_SAMPLE_FPS.value,
            keep_features=True,
        )
    return align_folder.align(
        files,
        output,
        align_folder.Settings(
            minutes=_MINUTES.value,
            weights=_WEIGHTS.value,
            backbone=_BACKBONE.value,
            sample_fps=_SAMPLE_FPS.value,
        ),
        report=print,
    )


def _query_first(found: "Clips") -> "Clips":
    from tcc.applications.alignment import aligned_video

    return found.select(
        aligned_video.choose_videos(
            found.names, alignment_flags.QUERY.value, limit=0
        )
    )


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
