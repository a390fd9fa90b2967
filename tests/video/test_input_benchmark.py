"""The versions in the benchmark read the same, so its ratios are fair."""

from benchmarks import input_versions
from tcc.configs import schema


def test_the_versions_agree(tiny_data_dir):
    config = schema.DataConfig(
        data_dir=str(tiny_data_dir),
        datasets=("pouring_synthetic/tiny",),
        num_steps=5,
        image_size=24,
    )
    assert input_versions.check_equal(config, 2) <= 1.0
