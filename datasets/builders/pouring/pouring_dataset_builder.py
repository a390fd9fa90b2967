"""The TFDS builder of `pouring`."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.builders.tcc_tfrecords import parsing, shards
from tcc.datasets.builders.tcc_tfrecords import sources as record_sources
from tcc.datasets.builders.video_folder import decoding, listing
from tcc.datasets.builders.video_folder import labels as label_matching
from tcc.datasets.labels import annotations
from tcc.datasets.preparing import (
    arguments,
    expected_counts,
    features,
    generation,
    image_frames,
    video_builder,
)

_DESCRIPTION = """\
Videos of a hand that pours from one container into another: the Pouring set
of the TCC paper, chosen there from the videos of Sermanet et al. (2017). Five
phases, parted by the paper's key events: the hand touches the bottle, liquid
starts exiting, pouring is complete, the bottle is back on the table.
"""
_CITATION = """\
@inproceedings{dwibedi2019temporal,
  title={Temporal Cycle-Consistency Learning},
  author={Dwibedi, Debidatta and Aytar, Yusuf and Tompson, Jonathan and
    Sermanet, Pierre and Zisserman, Andrew},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2019}
}
@inproceedings{sermanet2018time,
  title={Time-Contrastive Networks: Self-Supervised Learning from Video},
  author={Sermanet, Pierre and Lynch, Corey and Chebotar, Yevgen and
    Hsu, Jasmine and Jang, Eric and Schaal, Stefan and Levine, Sergey},
  booktitle={IEEE International Conference on Robotics and Automation},
  year={2018}
}
"""
_LICENCE = (
    "not stated with the authors' files; ask them before passing the videos on"
)
# Of Figure 4 of the paper.
PHASE_NAMES = (
    "hand_reaching",
    "lifting_bottle",
    "pouring_liquid",
    "placing_bottle",
    "hand_receding",
)
_URL = "https://storage.googleapis.com/tcc-pouring/"
FILES = {
    "train": (
        "pouring_train-0-of-2.tfrecord",
        "pouring_train-1-of-2.tfrecord",
    ),
    "val": ("pouring_val-0-of-1.tfrecord",),
}
# Table 2 of the paper; its 32 test videos are not among the published files.
EXPECTED = {"train": 70, "val": 14, "test": 32}


class Pouring(video_builder.VideoBuilder):
    """Reads the authors' records, or raw videos; see `create`."""

    name = "pouring"
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def __init__(
        self,
        *,
        source_dir: pathlib.Path | None = None,
        videos: Sequence[listing.VideoFile] = (),
        segments: Mapping[listing.VideoFile, Sequence[annotations.Segment]]
        | None = None,
        source_fps: float = image_frames.DEFAULT_SOURCE_FPS,
        fps: float | None = None,
        shorter_side: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Makes a builder.

        Args:
          source_dir: of the authors' files; None downloads them.
          videos: raw videos instead.
          segments: phases of those that have labels.
          source_fps: frames per second of the records.
          fps: frames per second to keep; None keeps all.
          shorter_side: pixels of the kept frames; None keeps the size.
          **kwargs: as of `video_builder.VideoBuilder`.
        """
        self._source_dir = source_dir
        self._videos = videos
        self._segments = segments or {}
        self._source_fps = source_fps
        self._fps = fps
        self._shorter_side = shorter_side
        super().__init__(**kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        return features.dataset_info(
            self,
            description=_DESCRIPTION,
            citation=_CITATION,
            homepage="https://sites.google.com/view/temporal-cycle-consistency",
            licence=_LICENCE,
            phase_names=PHASE_NAMES,
        )

    def _maker(self) -> video_builder.Maker:
        return decoding.make_video if self._videos else parsing.make_video

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, Sequence[generation.Source]]:
        found: Mapping[str, Sequence[generation.Source]]
        if self._videos:
            found = decoding.list_sources(
                self._videos,
                self._segments,
                fps=self._fps,
                shorter_side=self._shorter_side,
                source_fps=None,
            )
        else:
            found = record_sources.list_records(
                self._find_files(dl_manager),
                source_fps=self._source_fps,
                fps=self._fps,
                shorter_side=self._shorter_side,
                num_phases=len(PHASE_NAMES),
                skip_bad=self._options.skip_bad,
                skipped=self.info.metadata["skipped"],
            )
        counts = {split: len(sources) for split, sources in found.items()}
        self.info.metadata["notes"].update(
            expected_counts.compare(counts, EXPECTED)
        )
        return found

    def _find_files(
        self, dl_manager: tfds.download.DownloadManager
    ) -> shards.Shards:
        if self._source_dir is not None:
            return shards.find_in_folder(self._source_dir, dataset="pouring")
        try:
            found = dl_manager.download(
                {
                    split: [_URL + name for name in names]
                    for split, names in FILES.items()
                }
            )
        except Exception as error:
            # TFDS and requests raise many kinds, and all mean the same here.
            names = ", ".join(n for names in FILES.values() for n in names)
            raise ValueError(
                f"The Pouring files could not be downloaded from {_URL} "
                f"({error}). Get {names} in another way and give their folder "
                "as --source_dir=FOLDER."
            ) from error
        return {
            split: tuple(pathlib.Path(path) for path in paths)
            for split, paths in found.items()
        }


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    source_dir: str | None = None,
    videos: str | None = None,
    labels: str | None = None,
    source_fps: float | None = None,
    fps: float | None = None,
    size: int | None = None,
) -> Pouring:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: must be "": there is one Pouring.
      data_dir: where it is to be prepared.
      options: how the videos are made.
      source_dir: of the authors' TFRecord files; without it they are
        downloaded.
      videos: a folder of raw videos instead, in train/ and val/; see
        `video_folder`.
      labels: for `videos`, a label file; see `video_folder`.
      source_fps: frames per second of the records, which do not say it; 30
        when not given.
      fps: frames per second to keep.
      size: pixels of the shorter side of the kept frames, in proportion.

    Returns:
      The builder.

    Raises:
      FileNotFoundError: when a folder or file is missing.
      ValueError: for values that are impossible or contradict each other.
    """
    if config:
        raise ValueError(
            f"pouring has no configs: --dataset=pouring. Received: {config!r}."
        )
    arguments.check_positive(source_fps=source_fps, fps=fps, size=size)
    if (videos and source_dir) or (labels and not videos):
        raise ValueError(
            "pouring takes --source_dir (records), or --videos and --labels "
            "(raw videos). Received: "
            f"--source_dir={source_dir} --videos={videos} --labels={labels}."
        )
    if not videos and not size:
        # Frames are copied as they are: a second process would only wait.
        options = dataclasses.replace(options, num_workers=0)
    skipped: dict[str, str] = {}
    notes: dict[str, str] = {}
    found: list[listing.VideoFile] = []
    segments: Mapping[listing.VideoFile, Sequence[annotations.Segment]] = {}
    if videos:
        found = listing.list_videos(
            pathlib.Path(videos).expanduser().resolve(),
            val_fraction=None,
            split_seed=None,
            notes=notes,
        )
    if labels:
        segments = label_matching.match(
            found,
            pathlib.Path(labels).expanduser(),
            skip_bad=options.skip_bad,
            skipped=skipped,
            notes=notes,
            phase_names=PHASE_NAMES,
        )
    builder = Pouring(
        source_dir=pathlib.Path(source_dir).expanduser().resolve()
        if source_dir
        else None,
        videos=found,
        segments=segments,
        source_fps=source_fps or image_frames.DEFAULT_SOURCE_FPS,
        fps=fps,
        shorter_side=size,
        options=options,
        data_dir=data_dir,
    )
    builder.info.metadata["skipped"].update(skipped)
    builder.info.metadata["notes"].update(notes)
    return builder
