"""What the benchmark times trains the same network on the same batches."""

import numpy as np
import pytest

from benchmarks import feature_cache, input_pipeline


@pytest.mark.slow
def test_the_first_losses_agree(tmp_path, capsys):
    case = input_pipeline.Case(40, 40, 32)
    name = input_pipeline.write_videos(
        tmp_path, case, num_videos=2, num_frames=25
    )
    config = feature_cache.experiment(str(tmp_path), name, 32)
    config.model.backbone = "small"
    config.model.conv.capacity = 1
    config.data.num_steps = 5
    ways = feature_cache.build_ways(config)
    feature_cache.report(ways, rounds=1)
    plain, cached, halved = (way.losses for way in ways.values())
    assert len(plain) == 2
    np.testing.assert_allclose(cached[0], plain[0], rtol=0.01)
    np.testing.assert_allclose(halved[0], plain[0], rtol=0.1)
    assert "cached, bfloat16" in capsys.readouterr().out
