"""Features of a frozen backbone, computed once and read from disk after that.

from tcc import feature_cache
features = feature_cache.open_or_build(config, encoder)
batches = input_pipeline.training_batches(..., features=features)

`identity` says what a cache depends on, `videos` what it keeps of the videos
beside their features, `storage` where the files are, `building` fills them,
`reading` serves training.
"""

from tcc.feature_cache.building import open_or_build
from tcc.feature_cache.reading import FeatureCache

__all__ = ["FeatureCache", "open_or_build"]
