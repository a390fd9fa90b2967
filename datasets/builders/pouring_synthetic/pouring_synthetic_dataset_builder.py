"""The TFDS builder of `pouring_synthetic`."""

import dataclasses
import pathlib
from typing import Any, ClassVar

import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.builders.pouring_synthetic import (
    anomalies,
    rendering,
    timeline,
    world,
)
from tcc.datasets.preparing import features, generation, video_builder

_DESCRIPTION = """\
Rendered videos of a hand, or a robot's gripper, that takes a bottle, pours
into a cup, puts the bottle down and withdraws. Five phases, parted by the key
events of the Pouring data set in the TCC paper; speeds, pauses, layouts,
colours, light and camera differ from video to video. Drawn by this project's
code, the same frames every time; no real footage, no download.
"""
_CITATION = """\
@inproceedings{dwibedi2019temporal,
  title={Temporal Cycle-Consistency Learning},
  author={Dwibedi, Debidatta and Aytar, Yusuf and Tompson, Jonathan and
    Sermanet, Pierre and Zisserman, Andrew},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2019}
}
"""


@dataclasses.dataclass
class PouringSyntheticConfig(tfds.core.BuilderConfig):
    """What a config renders."""

    difficulty: world.Difficulty = world.EASY
    num_videos: tuple[tuple[str, int], ...] = (("train", 48), ("val", 14))
    image_size: int = 112  # pixels, height and width
    seed: int = 0
    # Of these splits, every video is there as it should be and with each
    # anomaly; frames are labelled as normal or anomalous, not by phase.
    anomalous_splits: tuple[str, ...] = ()


class PouringSynthetic(video_builder.VideoBuilder):
    """Renders the videos of a config; see `rendering`."""

    name = "pouring_synthetic"
    BUILDER_CONFIGS: ClassVar[list[PouringSyntheticConfig]] = [
        PouringSyntheticConfig(
            name="easy",
            description="Moderate changes; a small network learns it fast.",
        ),
        PouringSyntheticConfig(
            name="hard",
            description="Any colours, big changes of speed and size, things "
            "that move or hide the action, a camera that shakes and zooms.",
            difficulty=world.HARD,
            num_videos=(("train", 96), ("val", 28)),
            seed=1,
        ),
        PouringSyntheticConfig(
            name="anomalies",
            description="Like easy, with a split of normal videos and one in "
            "which each video is normal, and misses the cup, drops the bottle "
            "or skips the pouring.",
            num_videos=(("normal", 24), ("test", 12)),
            seed=1000,
            anomalous_splits=("test",),
        ),
    ]
    # TFDS would look for the package `tcc/datasets`, which an editable
    # installation does not have.
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def _info(self) -> tfds.core.DatasetInfo:
        return features.dataset_info(
            self,
            description=_DESCRIPTION,
            citation=_CITATION,
            homepage="",
            licence="Apache-2.0",
            phase_names=(
                anomalies.LABEL_NAMES
                if self.builder_config.anomalous_splits
                else timeline.PHASE_NAMES
            ),
        )

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, list[Any]]:
        del dl_manager  # nothing is downloaded
        config = self.builder_config
        sources = {
            split: [
                rendering.RenderingSource(
                    split=split,
                    index=index,
                    difficulty=config.difficulty,
                    image_size=config.image_size,
                    seed=config.seed,
                )
                for index in range(count)
            ]
            for split, count in config.num_videos
        }
        if not config.anomalous_splits:
            return sources
        kinds = ("normal", *anomalies.KINDS)
        return {
            split: [
                anomalies.AnomalySource(source, kind)
                for source in found
                for kind in (
                    kinds if split in config.anomalous_splits else kinds[:1]
                )
            ]
            for split, found in sources.items()
        }

    def _maker(self) -> video_builder.Maker:
        if self.builder_config.anomalous_splits:
            return anomalies.make_labelled
        return rendering.make_video


def create(
    config: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
) -> PouringSynthetic:
    """Makes the builder, as `tcc.datasets.registry` asks for it.

    Args:
      config: "easy", "hard" or "anomalies"; "" is "easy".
      data_dir: where it is to be prepared.
      options: how the videos are made.

    Returns:
      The builder.

    Raises:
      ValueError: when there is no such config.
    """
    known = [known.name for known in PouringSynthetic.BUILDER_CONFIGS]
    if config and config not in known:
        raise ValueError(
            f"The config of pouring_synthetic must be one of "
            f"{', '.join(known)}. Received: {config!r}."
        )
    return PouringSynthetic(
        options=options, data_dir=data_dir, config=config or known[0]
    )
