"""What an objective may ask about the videos that it is trained on."""

import dataclasses
import functools

import numpy as np

from tcc.configs import schema
from tcc.video.planning import catalogue as catalogue_lib


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """The videos of a training run, counted when somebody asks.

    An objective that does not ask can be built where the data sets are not
    prepared.

    Attributes:
        config: Data sets, and which of their videos are trained on.
        batch_size: Videos of a training step.
        min_seq_len: Frames; shorter videos are left out.
    """

    config: schema.DataConfig
    batch_size: int
    min_seq_len: int = 1

    @functools.cached_property
    def videos_per_dataset(self) -> tuple[int, ...]:
        """Training videos of each of `config.datasets`.

        Raises:
            ValueError: If a data set is too small for the batch.
            FileNotFoundError: If a data set is not prepared.
        """
        catalogue = catalogue_lib.build(
            self.config, self.batch_size, min_seq_len=self.min_seq_len
        )
        counts = np.bincount(
            catalogue.dataset_ids.numpy()[catalogue.used_videos],
            minlength=len(self.config.datasets),
        )
        return tuple(counts.tolist())

    @property
    def num_videos(self) -> int:
        """Training videos; batches number them from 0 as "video_ids"."""
        return sum(self.videos_per_dataset)
