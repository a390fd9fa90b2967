"""The TFDS builder of `penn_action`."""

import collections
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence, Set
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.builders.penn_action import (
    actions,
    listing,
    mat_files,
    videos,
)
from tcc.datasets.labels import annotations, label_tables
from tcc.datasets.preparing import (
    arguments,
    expected_counts,
    features,
    generation,
    image_frames,
    video_builder,
)

_DESCRIPTION = """\
Videos of people exercising and playing, from Penn Action: 13 of its 15
actions, those of the TCC paper. Phases are parted by the paper's key events,
from label files that the user brings: their authors never published them.
Beside the prepared form each video has `pose` (13 joints, x and y in pixels),
`visibility` and `bbox`.
"""
_CITATION = """\
@inproceedings{zhang2013actemes,
  title={From Actemes to Action: A Strongly-supervised Representation for
    Detailed Action Understanding},
  author={Zhang, Weiyu and Zhu, Menglong and Derpanis, Konstantinos},
  booktitle={IEEE International Conference on Computer Vision},
  year={2013}
}
"""
ALL = "all"


@dataclasses.dataclass
class PennActionConfig(tfds.core.BuilderConfig):
    """Which actions a config holds."""

    chosen: tuple[actions.Action, ...] = ()


class PennAction(video_builder.VideoBuilder):
    """Reads the unpacked set; see `create`."""

    name = "penn_action"
    BUILDER_CONFIGS: ClassVar[list[PennActionConfig]] = [
        *(
            PennActionConfig(
                name=action.name,
                description=f"Key events: {', '.join(action.key_events)}.",
                chosen=(action,),
            )
            for action in actions.ACTIONS
        ),
        PennActionConfig(
            name=ALL,
            description="All 13 actions; phases are numbered through.",
            chosen=actions.ACTIONS,
        ),
    ]
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def __init__(
        self,
        *,
        source_dir: pathlib.Path,
        labels: pathlib.Path | None = None,
        label_unit: str | None = None,
        split_by: str = "set",
        source_fps: float = image_frames.DEFAULT_SOURCE_FPS,
        fps: float | None = None,
        shorter_side: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Makes a builder.

        Args:
          source_dir: the unpacked Penn_Action.
          labels: a folder of .npy files, a label JSON or a table.
          label_unit: of the times of a table.
          split_by: see `listing.list_videos`.
          source_fps: frames per second of the videos.
          fps: frames per second to keep; None keeps all.
          shorter_side: pixels of the kept frames; None keeps the size.
          **kwargs: as of `video_builder.VideoBuilder`.
        """
        self._source_dir = source_dir
        self._labels = labels
        self._label_unit = label_unit
        self._split_by = split_by
        self._source_fps = source_fps
        self._fps = fps
        self._shorter_side = shorter_side
        super().__init__(**kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        joints = mat_files.NUM_JOINTS
        chosen = self.builder_config.chosen
        prefix = len(chosen) > 1
        tensor = tfds.features.Tensor
        return features.dataset_info(
            self,
            description=_DESCRIPTION,
            citation=_CITATION,
            homepage="https://dreamdragon.github.io/PennAction/",
            licence="for research; see the README of the set",
            phase_names=[
                f"{action.name}/{phase}" if prefix else phase
                for action in chosen
                for phase in action.phase_names
            ],
            action_names=[action.name for action in chosen],
            extras={
                "pose": tensor(shape=(None, joints, 2), dtype=np.float32),
                "visibility": tensor(shape=(None, joints), dtype=np.bool_),
                "bbox": tensor(shape=(None, 4), dtype=np.float32),
            },
        )

    def _maker(self) -> video_builder.Maker:
        return videos.make_video

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, Sequence[generation.Source]]:
        del dl_manager  # the set must be unpacked already
        skipped = self.info.metadata["skipped"]
        chosen = self.builder_config.chosen
        has_folder = self._labels is not None and self._labels.is_dir()
        listed = listing.list_videos(
            self._source_dir,
            wanted=chosen,
            phase_folder=self._labels if has_folder else None,
            split_by=self._split_by,
            skip_bad=self._options.skip_bad,
            skipped=skipped,
            notes=self.info.metadata["notes"],
        )
        self._compare_counts(listed)
        segments: dict[str, list[annotations.Segment]] = {}
        if self._labels is not None and not has_folder:
            numbers = {video.number for video in listed}
            segments = self._read_segments(self._labels, numbers)
        sources: dict[str, list[videos.PennVideo]] = {}
        for video in listed:
            position = chosen.index(video.action)
            sources.setdefault(video.split, []).append(
                videos.PennVideo(
                    frames=video.frames,
                    mat=video.mat,
                    label=position,
                    first_phase=sum(
                        len(action.phase_names) for action in chosen[:position]
                    ),
                    num_phases=len(video.action.phase_names),
                    phases=video.phases,
                    segments=tuple(segments.get(video.number, ())),
                    source_fps=self._source_fps,
                    fps=self._fps,
                    shorter_side=self._shorter_side,
                )
            )
        return sources

    def _compare_counts(self, listed: Sequence[listing.ListedVideo]) -> None:
        """Notes where the numbers of videos are not the paper's."""
        counts: dict[str, collections.Counter[str]]
        counts = collections.defaultdict(collections.Counter)
        for video in listed:
            counts[video.action.name][video.split] += 1
        for action in self.builder_config.chosen:
            expected = {"train": action.num_train, "val": action.num_val}
            found = dict.fromkeys(expected, 0) | counts[action.name]
            self.info.metadata["notes"].update(
                expected_counts.compare(found, expected, what=action.name)
            )

    def _read_segments(
        self, path: pathlib.Path, numbers: Set[str]
    ) -> dict[str, list[annotations.Segment]]:
        """Returns the segments of a label file by the videos' numbers.

        The file may be of all actions: what it says of videos of others is
        not looked at.
        """
        # Of several actions each counts its own phases from 0.
        chosen = self.builder_config.chosen
        content = label_tables.read_any(
            path,
            phase_names=chosen[0].phase_names if len(chosen) == 1 else (),
            unit=self._label_unit,
        )
        problems = {
            key: why for key, why in content.problems.items() if key in numbers
        }
        for key in content.segments.keys() | content.problems.keys():
            mat = self._source_dir / "labels" / f"{key}.mat"
            # A name from a file: it must not lead out of the folder.
            if key not in numbers and not (key.isalnum() and mat.is_file()):
                problems[key] = (
                    f"{path}: there is no video {key!r}"
                    f"{content.where(key)} (keys are numbers of the set, such "
                    "as 0001)."
                )
        if problems and not self._options.skip_bad:
            raise ValueError(
                f"{next(iter(problems.values()))} Mend the entry or remove it, "
                "or leave it out with --skip_bad. "
                f"Received: {len(problems)} such entries."
            )
        metadata = self.info.metadata
        metadata["skipped"].update(
            {f"{path}: {key}": why for key, why in problems.items()}
        )
        metadata["notes"].update(
            {
                f"{path}: {key}": remark
                for key, remark in content.remarks.items()
                if key in numbers
            }
        )
        return content.segments


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    source_dir: str,
    labels: str | None = None,
    label_unit: str | None = None,
    split_by: str | None = None,
    source_fps: float | None = None,
    fps: float | None = None,
    size: int | None = None,
) -> PennAction:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: an action, or "all"; "" is "all".
      data_dir: where it is to be prepared.
      options: how the videos are made.
      source_dir: the unpacked Penn_Action.
      labels: a folder of `<split>/<action>/<number>.npy`, a label JSON or a
        label table; none leaves the videos unlabelled.
      label_unit: of the times of a table.
      split_by: "set" or "labels"; see `listing.list_videos`. Without it
        "labels" with a folder of .npy files, else "set".
      source_fps: frames per second of the videos, which do not say it; 30
        when not given.
      fps: frames per second to keep.
      size: pixels of the shorter side of the kept frames, in proportion.

    Returns:
      The builder.

    Raises:
      FileNotFoundError: when a folder or file is missing.
      ValueError: for values that are impossible or contradict each other.
    """
    known = [known.name for known in PennAction.BUILDER_CONFIGS]
    if config and config not in known:
        raise ValueError(
            f"The config of penn_action must be one of {', '.join(known)}. "
            f"Received: {config!r}."
        )
    arguments.check_positive(source_fps=source_fps, fps=fps, size=size)
    path = pathlib.Path(labels).expanduser().resolve() if labels else None
    if path is not None and not path.exists():
        raise FileNotFoundError(f"There is no label file or folder {path}.")
    has_folder = path is not None and path.is_dir()
    split_by = split_by or ("labels" if has_folder else "set")
    if split_by not in listing.SPLIT_BY or (
        split_by == "labels" and not has_folder
    ):
        raise ValueError(
            "--split_by must be 'set', or 'labels' with a folder of .npy files "
            f"as --labels. Received: {split_by!r} with --labels={labels}."
        )
    return PennAction(
        source_dir=pathlib.Path(source_dir).expanduser().resolve(),
        labels=path,
        label_unit=label_unit,
        split_by=split_by,
        source_fps=source_fps or image_frames.DEFAULT_SOURCE_FPS,
        fps=fps,
        shorter_side=size,
        options=options,
        data_dir=data_dir,
        config=config or ALL,
    )
