"""The TFDS builder of `video_folder`."""

import dataclasses
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets import annotations, features, generation
from tcc.datasets.video_folder import decoding, labels, listing

_DESCRIPTION = """\
The videos of a folder of the user's own, with phases from a label file where
it has them.
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclasses.dataclass
class VideoFolderConfig(tfds.core.BuilderConfig):
    """Where the videos are, and how they are kept."""

    videos: tuple[listing.VideoFile, ...] = ()
    labels: pathlib.Path | None = None
    label_names: tuple[str, ...] = ()  # () numbers them
    fps: float | None = None  # frames per second to keep; None keeps all
    shorter_side: int | None = None  # pixels; None keeps the size


class VideoFolder(tfds.core.GeneratorBasedBuilder):
    """Decodes the videos of a folder; `create` makes its config."""

    name = "video_folder"
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "First release."}
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
        self._options = options or generation.GenerationOptions()
        self._skipped: dict[str, str] = {}
        self._segments: dict[listing.VideoFile, list[annotations.Segment]] = {}
        if config.labels is not None:
            self._segments = labels.match(
                config.videos,
                config.labels,
                skip_bad=self._options.skip_bad,
                skipped=self._skipped,
            )
        super().__init__(config=config, **kwargs)

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

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        del dl_manager  # nothing is downloaded
        splits = dict.fromkeys(v.split for v in self.builder_config.videos)
        return {split: self._generate_examples(split) for split in splits}

    def _generate_examples(
        self, split: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        config = self.builder_config
        sources = [
            decoding.FileSource(
                path=video.path,
                name=video.name,
                origin=f"{split}: {video.path.name}",
                segments=tuple(self._segments.get(video, ())),
                fps=config.fps,
                shorter_side=config.shorter_side,
            )
            for video in config.videos
            if video.split == split
        ]
        return generation.generate(
            decoding.make_video,
            sources,
            split=split,
            options=self._options,
            skipped=self.info.metadata["skipped"],
        )


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    videos: str,
    labels: str | None = None,
    name: str | None = None,
    label_names: Sequence[str] = (),
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
      labels: a label JSON; see `label_files`.
      name: the same as `config`; without both, the folder's name.
      label_names: of the phases, by index; none numbers them.
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
    called = config or name or folder.name
    if config and name and config != name:
        raise ValueError(
            "--name must be the config behind --dataset=video_folder/, if both "
            f"are given. Received: {config!r} and {name!r}."
        )
    if not _NAME.fullmatch(called):
        raise ValueError(
            "--name must be of letters, digits, '_', '-' and '.', not starting "
            f"with a sign. Received: {called!r}."
        )
    for flag, value in (("fps", fps), ("size", size)):
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"--{flag} must be positive. Received: {value}.")
    found = listing.list_videos(
        folder, val_fraction=val_fraction, split_seed=split_seed
    )
    builder_config = VideoFolderConfig(
        name=called,
        description=f"fps: {fps or 'as recorded'}; shorter side: "
        f"{size or 'as recorded'}.",
        videos=tuple(found),
        labels=pathlib.Path(labels).expanduser() if labels else None,
        label_names=tuple(label_names),
        fps=fps,
        shorter_side=size,
    )
    return VideoFolder(
        config=builder_config, options=options, data_dir=data_dir
    )
