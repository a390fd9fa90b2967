"""UCF101 as TFDS's own catalogue makes it, with what our readers also want.

Download, splits and frames are those of `tfds.video.ucf101`; only names and
the frame rate are added. What TFDS has prepared without them is read as well.
"""

import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath
from tensorflow_datasets.video import ucf101

from tcc.datasets.preparing import generation

FPS = 25.0  # of all its videos, as its authors write
_DEFAULT_CONFIG = "ucf101_1_256"


class Ucf101Videos(  # type: ignore[call-arg]
    ucf101.Ucf101, skip_registration=True
):
    """TFDS's builder with names; its splits are "train" and "test"."""

    name = "ucf101"
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def _info(self) -> tfds.core.DatasetInfo:
        info = super()._info()
        video = dict(info.features.items())
        return tfds.core.DatasetInfo(
            builder=self,
            description=info.description,
            features=tfds.features.FeaturesDict(
                {
                    **video,
                    "name": tfds.features.Text(),
                    "fps": tfds.features.Scalar(np.float64),
                }
            ),
            homepage=info.homepage,
            citation=info.citation,
            metadata=tfds.core.MetadataDict(
                phase_names=[],
                action_names=video["label"].names,
                skipped={},
                notes={},
            ),
        )

    def _generate_examples(
        self, *args: Any, **kwargs: Any
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for key, example in super()._generate_examples(*args, **kwargs):
            name = pathlib.PurePath(key).stem
            yield key, {**example, "name": name, "fps": FPS}


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
) -> Ucf101Videos:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: of TFDS; "" is "ucf101_1_256", the first split at 256 x 256.
      data_dir: where it is to be prepared.
      options: num_workers has no effect, the others must be the defaults.

    Returns:
      The builder.

    Raises:
      ValueError: when there is no such config, the options are not those of
        TFDS's builder, or ffmpeg is missing, by which it reads videos.
    """
    known = [known.name for known in Ucf101Videos.BUILDER_CONFIGS]
    if config and config not in known:
        raise ValueError(
            f"The config of ucf101 must be one of {', '.join(known)}. "
            f"Received: {config!r}."
        )
    if options.skip_bad or options.use_beam:
        raise ValueError(
            "ucf101 is made by TFDS's own builder, which has neither "
            "--skip_bad nor --beam_pipeline_options. Leave them out."
        )
    if shutil.which("ffmpeg") is None:
        raise ValueError(
            "TFDS's builder of ucf101 reads videos by the command ffmpeg, "
            "which is not there. Install it (Debian: apt-get install ffmpeg)."
        )
    return Ucf101Videos(config=config or _DEFAULT_CONFIG, data_dir=data_dir)
