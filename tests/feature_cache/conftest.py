import pytest

from tcc.configs import schema


@pytest.fixture
def cached_config(tiny_config, tmp_path) -> schema.ExperimentConfig:
    """The tiny experiment, its backbone frozen, its features cached."""
    tiny_config.data.num_context = 2
    tiny_config.data.context_stride = 3
    tiny_config.model.train_base = "frozen"
    tiny_config.model.conv.fc_dropout = 0.0
    tiny_config.feature_cache.enabled = True
    tiny_config.feature_cache.folder = str(tmp_path / "cache")
    return tiny_config
