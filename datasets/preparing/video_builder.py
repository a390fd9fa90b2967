"""What the TFDS builders of this folder share: from sources to examples."""

import abc
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from tcc.datasets.preparing import beam_generation, generation, video_record

Maker = Callable[[Any], video_record.VideoRecord]


class VideoBuilder(  # type: ignore[call-arg]
    tfds.core.GeneratorBasedBuilder, skip_registration=True
):
    """Makes every video of a data set from a source of its own.

    A builder says what its videos are made from (`_find_sources`) and by
    which function (`_maker`); they are then made in several processes of this
    machine, or on Apache Beam.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "First release."}

    def __init__(
        self,
        *,
        options: generation.GenerationOptions | None = None,
        **kwargs: Any,
    ) -> None:
        """Makes a builder.

        Args:
          options: how the videos are made; see `generation`.
          **kwargs: data_dir, config and version of `tfds.core.DatasetBuilder`.
        """
        self._options = options or generation.GenerationOptions()
        super().__init__(**kwargs)

    @abc.abstractmethod
    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, Sequence[generation.Source]]:
        """Returns the sources of each split; downloads what is needed."""

    @abc.abstractmethod
    def _maker(self) -> Maker:
        """Returns the function, of a module, that makes a source's video."""

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Any]:
        found = self._find_sources(dl_manager)
        return {
            split: self._generate_examples(split, sources)
            for split, sources in found.items()
        }

    def _generate_examples(
        self, split: str, sources: Sequence[generation.Source]
    ) -> Any:
        if self._options.use_beam:
            return beam_generation.generate(
                self._maker(),
                sources,
                skipped_folder=self._skipped_folder,
                skip_bad=self._options.skip_bad,
            )
        return generation.generate(
            self._maker(),
            sources,
            split=split,
            options=self._options,
            skipped=self.info.metadata["skipped"],
            notes=self.info.metadata.setdefault("notes", {}),
        )

    @property
    def _skipped_folder(self) -> pathlib.Path:
        """Where Beam's workers write down what they leave out."""
        return pathlib.Path(self._data_dir_root) / "skipped"

    def _process_pipeline_result(self, pipeline_result: Any) -> None:
        del pipeline_result
        if self._skipped_folder.is_dir():
            for path in sorted(self._skipped_folder.iterdir()):
                reasons = json.loads(path.read_text(encoding="utf-8"))
                self.info.metadata["skipped"].update(reasons)
