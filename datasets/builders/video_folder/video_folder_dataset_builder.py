"""The TFDS builder of `video_folder`."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.builders.video_folder import decoding, labels, listing
from tcc.datasets.labels import annotations, label_tables
from tcc.datasets.preparing import (
    arguments,
    features,
    generation,
    video_builder,
)

_DESCRIPTION = """\
The videos of a folder of the user's own, with phases from a label file where
it has them.
"""


@dataclasses.dataclass
class VideoFolderConfig(tfds.core.BuilderConfig):
    """Where the videos are, and how they are kept."""

    videos: tuple[listing.VideoFile, ...] = ()
    # (path, remark) of what is left out of the folder.
    remarks: tuple[tuple[str, str], ...] = ()
    labels: pathlib.Path | None = None
    label_names: tuple[str, ...] = ()  # () numbers them
    label_unit: str | None = None  # of a label table; None is its own
    source_fps: float | None = None  # frames per second of pictures
    fps: float | None = None  # frames per second to keep; None keeps all
    shorter_side: int | None = None  # pixels; None keeps the size


class VideoFolder(video_builder.VideoBuilder):
    """Decodes the videos of a folder; `create` makes its config."""

    name = "video_folder"
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def __init__(
        self,
        *,
        config: VideoFolderConfig,
        options: generation.GenerationOptions | None = None,
        **kwargs: Any,
    ) -> None:
        """Makes a builder and reads the labels.

        Args:
          config: the videos and how they are kept; its name is that of the
            prepared set.
          options: how the videos are made; see `generation`.
          **kwargs: data_dir and version of `tfds.core.DatasetBuilder`.

        Raises:
          ValueError: when the labels are bad or do not fit the videos.
        """
        options = options or generation.GenerationOptions()
        self._skipped: dict[str, str] = {}
        self._notes: dict[str, str] = dict(config.remarks)
        self._segments: dict[listing.VideoFile, list[annotations.Segment]] = {}
        if config.labels is not None:
            self._segments = labels.match(
                config.videos,
                config.labels,
                skip_bad=options.skip_bad,
                skipped=self._skipped,
                notes=self._notes,
                phase_names=config.label_names,
                unit=config.label_unit,
            )
        super().__init__(config=config, options=options, **kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        info = features.dataset_info(
            self,
            description=_DESCRIPTION,
            citation="",
            homepage="",
            licence="that of the videos",
            phase_names=self._phase_names(),
        )
        info.metadata["skipped"].update(self._skipped)
        info.metadata["notes"].update(self._notes)
        return info

    def _phase_names(self) -> Sequence[str]:
        phases = [s.phase for found in self._segments.values() for s in found]
        count = max(phases, default=-1) + 1
        names = self.builder_config.label_names
        if not names:
            return [f"phase_{phase}" for phase in range(count)]
        if len(names) < count:
            raise ValueError(
                f"--label_names must name all {count} phases of the labels. "
                f"Received: {len(names)} ({', '.join(names)})."
            )
        return names

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, Sequence[decoding.FileSource]]:
        del dl_manager  # nothing is downloaded
        config = self.builder_config
        return decoding.list_sources(
            config.videos,
            self._segments,
            fps=config.fps,
            shorter_side=config.shorter_side,
            source_fps=config.source_fps,
        )

    def _maker(self) -> video_builder.Maker:
        return decoding.make_video


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    videos: str,
    labels: str | None = None,
    name: str | None = None,
    label_names: Sequence[str] = (),
    label_unit: str | None = None,
    source_fps: float | None = None,
    fps: float | None = None,
    size: int | None = None,
    val_fraction: float | None = None,
    split_seed: int | None = None,
) -> VideoFolder:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: how the prepared set is to be called; "" takes `name`.
      data_dir: where it is to be prepared.
      options: how the videos are made.
      videos: the folder; see `listing.list_videos`.
      labels: a label JSON or a table; see `label_files` and `label_tables`.
      name: the same as `config`; without both, the folder's name.
      label_names: of the phases, by index; none numbers them. Label files may
        then use them in place of numbers.
      label_unit: of the times of a label table.
      source_fps: frames per second of videos that are folders of pictures.
      fps: frames per second to keep, by nearest true timestamps.
      size: pixels of the shorter side of the kept frames, in proportion.
        Frames are squared only when they are read for training.
      val_fraction: see `listing.list_videos`.
      split_seed: see `listing.list_videos`.

    Returns:
      The builder.

    Raises:
      FileNotFoundError: when the folder or the label file is missing.
      ValueError: for values that are impossible or contradict each other.
    """
    folder = pathlib.Path(videos).expanduser().resolve()
    called = arguments.config_name("video_folder", config, name, folder.name)
    arguments.check_positive(source_fps=source_fps, fps=fps, size=size)
    if label_unit is not None and (
        not labels or label_unit not in label_tables.UNITS
    ):
        raise ValueError(
            f"--label_unit must be one of {', '.join(label_tables.UNITS)}, "
            f"together with --labels=TABLE.csv. Received: {label_unit!r} with "
            f"--labels={labels}."
        )
    notes: dict[str, str] = {}
    found = listing.list_videos(
        folder,
        val_fraction=val_fraction,
        split_seed=split_seed,
        notes=notes,
    )
    builder_config = VideoFolderConfig(
        name=called,
        description=f"fps: {fps or 'as recorded'}; shorter side: "
        f"{size or 'as recorded'}.",
        videos=tuple(found),
        remarks=tuple(notes.items()),
        labels=pathlib.Path(labels).expanduser() if labels else None,
        label_names=tuple(label_names),
        label_unit=label_unit,
        source_fps=source_fps,
        fps=fps,
        shorter_side=size,
    )
    return VideoFolder(
        config=builder_config, options=options, data_dir=data_dir
    )
