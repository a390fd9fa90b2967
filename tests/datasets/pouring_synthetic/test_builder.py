import dataclasses

import numpy as np
import pytest

from tcc.datasets import generation, reading
from tcc.datasets.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder_module,
)
from tcc.datasets.pouring_synthetic import rendering, timeline, world


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    config = builder_module.PouringSyntheticConfig(
        name="small",
        difficulty=dataclasses.replace(world.EASY, frames=(25, 28)),
        num_videos=(("train", 2), ("val", 1)),
        image_size=32,
    )
    builder = builder_module.PouringSynthetic(
        data_dir=tmp_path_factory.mktemp("data"),
        config=config,
        options=generation.GenerationOptions(show_progress=False),
    )
    builder.download_and_prepare()
    return config, reading.open_folder(builder.data_path)


def test_the_prepared_videos_are_the_rendered_ones(prepared):
    config, builder = prepared
    videos = {v.name: v for v in reading.iterate_videos(builder, "train")}
    assert sorted(videos) == ["train_000", "train_001"]
    rendered = rendering.make_video(
        rendering.RenderingSource(
            split="train",
            index=1,
            difficulty=config.difficulty,
            image_size=32,
            seed=0,
        )
    )
    assert videos["train_001"].jpegs == rendered.jpegs
    np.testing.assert_array_equal(
        videos["train_001"].frame_labels, rendered.frame_labels
    )


def test_phases_and_origin_are_described(prepared):
    _, builder = prepared
    assert builder.info.metadata["phase_names"] == list(timeline.PHASE_NAMES)
    assert "dwibedi2019temporal" in builder.info.citation
    assert "Rendered videos" in builder.info.description


def test_the_default_config_is_as_documented():
    easy, hard = builder_module.PouringSynthetic.BUILDER_CONFIGS
    assert easy.num_videos == (("train", 48), ("val", 14))
    assert easy.image_size == 112
    assert easy.difficulty.frames == (60, 120)
    assert hard.difficulty.hue_spread > easy.difficulty.hue_spread
