"""Flags of the applications: which videos, and which references.

Videos come from a prepared split (--logdir, --split), from an embeddings file
(--embeddings) or from video files (--logdir, --videos). References come from
the same kinds of places.
"""

from typing import TYPE_CHECKING

from absl import flags

from tcc import command_line
from tcc.command_line import (
    checkpoint_flags,
    embeddings_flags,
    label_flags,
    output_flag,
    videos_flag,
)

if TYPE_CHECKING:
    from tcc.applications.clips import Clips

for _module in (
    checkpoint_flags,
    embeddings_flags,
    label_flags,
    output_flag,
    videos_flag,
):
    flags.adopt_module_key_flags(_module)

LABELS = flags.DEFINE_string(
    "video_labels",
    None,
    "Label JSON or table (.csv, .tsv) of --videos, to compare with.",
)
REFERENCES = flags.DEFINE_list(
    "references",
    None,
    "Names or indices of the reference videos; default: all of the"
    " reference split, or else the first video.",
)
REFERENCE_SPLIT = flags.DEFINE_string(
    "reference_split", None, "Split of the references; default: --split."
)
REFERENCE_EMBEDDINGS = flags.DEFINE_string(
    "reference_embeddings", None, "Embeddings file of the references."
)
REFERENCE_VIDEOS = flags.DEFINE_string(
    "reference_videos", None, "Video files of the references, as --videos."
)
REFERENCE_LABELS = flags.DEFINE_string(
    "reference_labels",
    None,
    "Label JSON or table (.csv, .tsv) of --reference_videos.",
)


def load() -> "Clips":
    """Reads the videos that the flags name, and embeds them.

    Raises:
      ValueError: flags are missing or impossible.
      FileNotFoundError: what they name is not there.
    """
    return load_from(
        embeddings=embeddings_flags.EMBEDDINGS.value,
        videos=videos_flag.VIDEOS.value,
        split=embeddings_flags.SPLIT.value,
        labels=LABELS.value,
    )


def load_with_references() -> "tuple[Clips, Clips]":
    """Reads videos and references, which are never the same videos.

    Returns:
      The videos, then the references.

    Raises:
      ValueError: flags are missing or impossible, or no video is left.
      FileNotFoundError: what they name is not there.
    """
    from tcc.evaluation.embedding.embeddings import find_video

    videos = load()
    if (
        REFERENCE_EMBEDDINGS.value
        or REFERENCE_VIDEOS.value
        or REFERENCE_SPLIT.value
    ):
        references = load_from(
            embeddings=REFERENCE_EMBEDDINGS.value,
            videos=REFERENCE_VIDEOS.value,
            split=REFERENCE_SPLIT.value,
            labels=REFERENCE_LABELS.value,
        )
        if REFERENCES.value:
            references = references.select(
                find_video(references.names, name) for name in REFERENCES.value
            )
        return videos, references
    chosen = [find_video(videos.names, n) for n in REFERENCES.value or ["0"]]
    rest = [i for i in range(len(videos.names)) if i not in chosen]
    if not rest:
        raise ValueError(
            "--references must leave a video that is none. Received:"
            f" {REFERENCES.value or videos.names}"
        )
    return videos.select(rest), videos.select(chosen)


def load_from(
    *,
    embeddings: str | None = None,
    videos: str | None = None,
    split: str | None = None,
    labels: str | None = None,
) -> "Clips":
    """Reads videos of one of three kinds, with the network of the flags.

    Args:
      embeddings: an embeddings file.
      videos: a pattern of video files.
      split: of the data set; None is the run's validation split.
      labels: a label JSON or table of the video files.

    Raises:
      ValueError: flags are missing or impossible.
      FileNotFoundError: what is named is not there.
    """
    if not embeddings:
        command_line.require(logdir=checkpoint_flags.LOGDIR.value)
    from tcc.applications import clips

    data_dir = checkpoint_flags.DATA_DIR.value
    if embeddings:
        return clips.from_embeddings(embeddings, data_dir=data_dir)
    logdir = str(checkpoint_flags.LOGDIR.value)
    checkpoint = checkpoint_flags.CHECKPOINT.value
    if videos:
        files = clips.list_files(videos)
        return clips.from_files(
            files,
            logdir,
            checkpoint,
            labels=labels,
            label_names=label_flags.LABEL_NAMES.value or (),
            label_unit=label_flags.LABEL_UNIT.value,
        )
    return clips.from_dataset(
        logdir,
        checkpoint,
        dataset=next(iter(checkpoint_flags.DATASETS.value or ()), None),
        data_dir=data_dir,
        split=split,
    )
