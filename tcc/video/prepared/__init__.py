"""Prepared data sets, read without the code that made them."""

from tcc.video.prepared.reading import (
    PreparedDataset,
    Video,
    iterate_videos,
    open_dataset,
)

__all__ = ["PreparedDataset", "Video", "iterate_videos", "open_dataset"]
