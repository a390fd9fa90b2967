"""The TFDS builder of `tcc_tfrecords`."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.builders.tcc_tfrecords import parsing, shards, sources
from tcc.datasets.preparing import (
    arguments,
    features,
    generation,
    image_frames,
    video_builder,
)

_DESCRIPTION = """\
Videos from TFRecord files of the original TCC code's format, with phases
where they have them.
"""


@dataclasses.dataclass
class TccTfrecordsConfig(tfds.core.BuilderConfig):
    """Which files, and how their frames are kept."""

    files: Mapping[str, Sequence[pathlib.Path]] = dataclasses.field(
        default_factory=dict
    )
    label_names: tuple[str, ...] = ()  # () numbers them
    source_fps: float = image_frames.DEFAULT_SOURCE_FPS
    fps: float | None = None  # frames per second to keep; None keeps all
    shorter_side: int | None = None  # pixels; None keeps the size


class TccTfrecords(video_builder.VideoBuilder):
    """Reads records one at a time; `create` makes its config."""

    name = "tcc_tfrecords"
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def _info(self) -> tfds.core.DatasetInfo:
        return features.dataset_info(
            self,
            description=_DESCRIPTION,
            citation="",
            homepage="",
            licence="that of the videos",
            phase_names=self.builder_config.label_names,
        )

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, list[parsing.RecordSource]]:
        del dl_manager  # nothing is downloaded
        config = self.builder_config
        return sources.list_records(
            {split: tuple(paths) for split, paths in config.files.items()},
            source_fps=config.source_fps,
            fps=config.fps,
            shorter_side=config.shorter_side,
            num_phases=len(config.label_names),
            skip_bad=self._options.skip_bad,
            skipped=self.info.metadata["skipped"],
        )

    def _maker(self) -> video_builder.Maker:
        return parsing.make_video

    def _generate_examples(
        self, split: str, sources: Sequence[generation.Source]
    ) -> Any:
        examples = super()._generate_examples(split, sources)
        if self._options.use_beam or self.builder_config.label_names:
            return examples
        return self._number_phases(examples)

    def _number_phases(
        self, examples: Iterator[tuple[str, dict[str, Any]]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Names the phases by numbers: only the records tell how many."""
        names = self.info.metadata["phase_names"]
        for key, example in examples:
            for phase in range(
                len(names), int(example["frame_labels"].max()) + 1
            ):
                names.append(f"phase_{phase}")
            yield key, example


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    source_dir: str | None = None,
    records: Sequence[str] = (),
    name: str | None = None,
    label_names: Sequence[str] = (),
    source_fps: float | None = None,
    fps: float | None = None,
    size: int | None = None,
) -> TccTfrecords:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: how the prepared set is to be called; "" takes `name`.
      data_dir: where it is to be prepared.
      options: how the videos are made.
      source_dir: a folder of files with the original's names.
      records: instead of it, "<split>=<pattern>" for each split.
      name: the same as `config`; without both, the folder's name.
      label_names: of the phases, by index; none numbers them.
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
    if bool(source_dir) == bool(records):
        raise ValueError(
            "tcc_tfrecords needs either --source_dir=FOLDER or "
            "--records='train=PATTERN,val=PATTERN'. "
            f"Received: {'both' if records else 'neither'}."
        )
    arguments.check_positive(source_fps=source_fps, fps=fps, size=size)
    if options.use_beam and not label_names:
        raise ValueError(
            "--label_names must be given with --beam_pipeline_options, whose "
            "machines do not tell each other how many phases there are; for "
            "records without labels give one name. Received: none."
        )
    if source_dir:
        folder = pathlib.Path(source_dir).expanduser().resolve()
        files = shards.find_in_folder(folder)
        default_name = folder.name
    else:
        files = shards.find_by_pattern(records)
        default_name = next(iter(files.values()))[0].resolve().parent.name
    return TccTfrecords(
        config=TccTfrecordsConfig(
            name=arguments.config_name(
                "tcc_tfrecords", config, name, default_name
            ),
            description=f"source fps: {source_fps or 'assumed 30'}; fps: "
            f"{fps or 'all'}; shorter side: {size or 'as recorded'}.",
            files=files,
            label_names=tuple(label_names),
            source_fps=source_fps or image_frames.DEFAULT_SOURCE_FPS,
            fps=fps,
            shorter_side=size,
        ),
        options=options
        if size
        # Frames are copied as they are: a second process would only wait.
        else dataclasses.replace(options, num_workers=0),
        data_dir=data_dir,
    )
