"""Videos together with their embeddings: what every application starts from.

clips = clips.from_files(paths, "run")           # video files, any folder
clips = clips.from_dataset("run", split="val")   # a prepared data set
clips = clips.from_embeddings("x_val.npz", data_dir="data")
"""

import dataclasses
import io
import os
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageOps

from tcc.applications.alignment import aligned_video
from tcc.applications.clip_files import list_files as list_files
from tcc.configs import schema, serialization
from tcc.datasets.builders.video_folder import decoding
from tcc.datasets.builders.video_folder import labels as label_matching
from tcc.datasets.labels import annotations
from tcc.evaluation.embedding import embed, embedding_files
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.training import checkpoints
from tcc.video import prepared

SAMPLE_FPS = 15.0  # frames per second that are kept where nothing else is said
_SHORTER_SIDE = 224  # pixels of the frames kept of a video file


@dataclasses.dataclass(frozen=True)
class Clips:
    """V videos and what is known of their frames.

    Attributes:
      embeddings: of the videos.
      videos: in the same order, all their frames still encoded.
      phase_names: of the frame labels; empty where they have none.
    """

    embeddings: Embeddings
    videos: list[prepared.Video]
    phase_names: list[str]

    def select(self, videos: Iterable[int]) -> "Clips":
        """Returns some of the videos, in the order given."""
        chosen = list(videos)
        return dataclasses.replace(
            self,
            embeddings=self.embeddings.select(chosen),
            videos=[self.videos[i] for i in chosen],
        )

    @property
    def names(self) -> list[str]:
        """The names of the videos."""
        return self.embeddings.names

    def picture(self, video: int, frame: int, size: int) -> np.ndarray:
        """Returns an embedded frame, fitted into a square.

        Args:
          video: its index.
          frame: index of the frame among the embedded ones.
          size: pixels, height and width.

        Returns:
          [size, size, 3] uint8.
        """
        step = self.embeddings.steps[video][frame]
        return decode(self.videos[video].jpegs[step], size)

    def phase_name(self, label: int) -> str:
        """Returns the name of a frame label; "" for none."""
        if label < 0:
            return ""
        if label < len(self.phase_names):
            return self.phase_names[label]
        return f"phase_{label}"


def decode(encoded: bytes, size: int) -> np.ndarray:
    """Returns a picture fitted into a square, [size, size, 3] uint8."""
    with Image.open(io.BytesIO(encoded), formats=("JPEG", "PNG")) as picture:
        return np.asarray(
            ImageOps.pad(
                picture.convert("RGB"),
                (size, size),
                method=Image.Resampling.BILINEAR,
            )
        )


def read_files(
    paths: Sequence[pathlib.Path],
    *,
    sample_fps: float = SAMPLE_FPS,
    labels: str | os.PathLike[str] | None = None,
    label_names: Sequence[str] = (),
    label_unit: str | None = None,
) -> list[prepared.Video]:
    """Reads video files as a data set would hold them.

    Args:
      paths: of the files.
      sample_fps: frames per second that are kept; 0 keeps all.
      labels: a label JSON or table, as for `prepare`; it may be of more
        videos that stand beside these. Those that it lacks stay unlabelled.
      label_names: of the phases, by index, for label files that name them.
      label_unit: of the times of a label table; see `label_tables`.

    Returns:
      The videos, in the same order.

    Raises:
      FileNotFoundError: a file is missing.
      ValueError: a file cannot be read, or labels that fit no video.
    """
    segments: dict[pathlib.Path, list[annotations.Segment]] = {}
    if labels is not None:
        segments = label_matching.match_files(
            paths,
            pathlib.Path(labels).expanduser(),
            phase_names=label_names,
            unit=label_unit,
        )
    videos = []
    for path in paths:
        record = decoding.make_video(
            decoding.FileSource(
                path=path,
                name=path.stem,
                origin=str(path),
                segments=tuple(segments.get(path, ())),
                fps=sample_fps or None,
                shorter_side=_SHORTER_SIDE,
            )
        )
        videos.append(
            prepared.Video(
                name=record.name,
                jpegs=record.jpegs,
                frame_labels=record.frame_labels,
                timestamps=record.timestamps,
                fps=record.fps,
                label=record.label,
                source=record.source,
            )
        )
    return videos


def from_videos(
    videos: Sequence[prepared.Video],
    logdir: str | os.PathLike[str],
    checkpoint: str | None = None,
    *,
    dataset: str = "clips",
    split: str = "all",
    phase_names: Sequence[str] = (),
    keep_features: bool = False,
) -> Clips:
    """Embeds videos, seen in training or not, with a trained network.

    Args:
      videos: one or more.
      logdir: folder of the training run.
      checkpoint: a step or a name; None is the newest.
      dataset: name for the embeddings.
      split: name for the embeddings.
      phase_names: of the frame labels.
      keep_features: see `embed.embed_videos`.

    Returns:
      The clips.

    Raises:
      FileNotFoundError: no such run or checkpoint.
    """
    encoder, config, step = checkpoints.restore_encoder(
        pathlib.Path(logdir).expanduser(), checkpoint
    )
    embeddings = embed.embed_videos(
        embed.build_embedder(encoder, config),
        videos,
        dataset=dataset,
        split=split,
        step=step,
        keep_features=keep_features,
    )
    return Clips(embeddings, list(videos), list(phase_names))


def from_files(
    paths: Sequence[pathlib.Path],
    logdir: str | os.PathLike[str],
    checkpoint: str | None = None,
    *,
    sample_fps: float | None = None,
    labels: str | os.PathLike[str] | None = None,
    label_names: Sequence[str] = (),
    label_unit: str | None = None,
    keep_features: bool = False,
) -> Clips:
    """Embeds video files with a trained network.

    Args:
      paths: see `read_files`.
      logdir: see `from_videos`.
      checkpoint: see `from_videos`.
      sample_fps: frames per second that are kept; 0 keeps all, None as many as
        the videos have that the network was trained on, so that its context
        reaches as far back.
      labels: see `read_files`.
      label_names: see `read_files`.
      label_unit: see `read_files`.
      keep_features: see `from_videos`.

    Returns:
      The clips.

    Raises:
      FileNotFoundError: a file is missing; no such run or checkpoint.
      ValueError: a file cannot be read, or labels that fit no video.
    """
    if sample_fps is None:
        sample_fps = _trained_frame_rate(logdir)
    videos = read_files(
        paths,
        sample_fps=sample_fps,
        labels=labels,
        label_names=label_names,
        label_unit=label_unit,
    )
    return from_videos(
        videos,
        logdir,
        checkpoint,
        phase_names=label_names,
        keep_features=keep_features,
    )


def _trained_frame_rate(logdir: str | os.PathLike[str]) -> float:
    """Returns the frames per second of a video that a run was trained on."""
    config = serialization.load(logdir)
    try:
        video = next(
            prepared.iterate_videos(
                config.data.datasets[0],
                config.data.data_dir,
                config.data.train_split,
            )
        )
    except (FileNotFoundError, ValueError, StopIteration):
        return SAMPLE_FPS  # the data are gone
    return video.fps if np.isfinite(video.fps) else SAMPLE_FPS


def from_dataset(
    logdir: str | os.PathLike[str],
    checkpoint: str | None = None,
    *,
    dataset: str | None = None,
    data_dir: str | None = None,
    split: str | None = None,
) -> Clips:
    """Embeds a split of a prepared data set with a trained network.

    Args:
      logdir: folder of the training run.
      checkpoint: a step or a name; None is the newest.
      dataset: name in place of the run's first one.
      data_dir: where it is prepared, in place of the run's folder.
      split: name in place of the run's validation split.

    Returns:
      The clips.

    Raises:
      FileNotFoundError: no such run, checkpoint or data set.
      ValueError: no such split.
    """
    config = serialization.load(logdir)
    dataset = dataset or config.data.datasets[0]
    split = split or config.data.eval_split
    data_dir = data_dir or config.data.data_dir
    videos = list(prepared.iterate_videos(dataset, data_dir, split))
    return from_videos(
        videos,
        logdir,
        checkpoint,
        dataset=dataset,
        split=split,
        phase_names=prepared.open_dataset(dataset, data_dir).phase_names,
    )


def from_embeddings(
    path: str | os.PathLike[str], *, data_dir: str | None = None
) -> Clips:
    """Reads an embeddings file and the videos that it is of.

    Args:
      path: an `.npz` of extract_embeddings.
      data_dir: where its data set is prepared.

    Returns:
      The clips.

    Raises:
      FileNotFoundError: no such file or data set.
      ValueError: the file is bad, or the data set lacks a video of it.
    """
    embeddings = embedding_files.load(path)
    folder = data_dir or schema.DataConfig().data_dir
    return Clips(
        embeddings,
        aligned_video.read_videos(embeddings, folder),
        prepared.open_dataset(embeddings.dataset, folder).phase_names,
    )
