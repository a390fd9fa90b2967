import dataclasses

import numpy as np
import pytest

from tcc.datasets.builders.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder_module,
)
from tcc.datasets.builders.pouring_synthetic import rendering, timeline, world
from tcc.datasets.preparing import generation
from tcc.datasets.showing import reading


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


def test_a_split_has_every_video_normal_and_with_each_anomaly(tmp_path):
    config = builder_module.PouringSyntheticConfig(
        name="small_anomalies",
        difficulty=dataclasses.replace(world.EASY, frames=(25, 28)),
        num_videos=(("normal", 1), ("test", 1)),
        image_size=32,
        anomalous_splits=("test",),
    )
    builder = builder_module.PouringSynthetic(
        data_dir=tmp_path,
        config=config,
        options=generation.GenerationOptions(show_progress=False),
    )
    builder.download_and_prepare()
    opened = reading.open_folder(builder.data_path)
    assert opened.info.metadata["phase_names"] == ["normal", "anomalous"]
    (normal,) = reading.iterate_videos(opened, "normal")
    assert normal.name == "normal_000_normal"
    assert not normal.frame_labels.any()
    labels = {
        v.name: v.frame_labels for v in reading.iterate_videos(opened, "test")
    }
    assert sorted(labels) == [
        f"test_000_{kind}"
        for kind in ("dropped_bottle", "missed_cup", "normal", "skipped_pour")
    ]
    for name, found in labels.items():
        # Normal up to the anomaly, and anomalous from there to the end.
        assert found[0] == 0 and (np.diff(found) >= 0).all()
        assert found[-1] == (not name.endswith("normal"))


def test_the_default_config_is_as_documented():
    easy, hard, _ = builder_module.PouringSynthetic.BUILDER_CONFIGS
    assert easy.num_videos == (("train", 48), ("val", 14))
    assert easy.image_size == 112
    assert easy.difficulty.frames == (60, 120)
    assert hard.difficulty.hue_spread > easy.difficulty.hue_spread
