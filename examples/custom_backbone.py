"""Trains with a backbone of one's own, and uses the network.

    python examples/custom_backbone.py

Three steps: a function that builds a Keras model, `register_backbone`, and its
name in the configuration. (How an installed package brings a backbone to the
commands: docs/code_map.md.) Here it trains for a few steps on rendered videos.
"""

import pathlib
import tempfile

import keras
import numpy as np

import tcc
from tcc import models
from tcc.configs import demo
from tcc.datasets.builders.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder,
)
from tcc.datasets.preparing import preparation
from tcc.training import loop
from tcc.video import prepared
from tcc.video.frames import preprocessing

_SIZE = 32  # pixels


def build(image_size: int) -> keras.Model:
    """Patches of 4 x 4 pixels, then two residual blocks (a ConvMixer)."""
    images = keras.Input((image_size, image_size, 3))
    x = keras.layers.Conv2D(32, 4, 4, activation="gelu")(images)
    for _ in range(2):
        mixed = keras.layers.DepthwiseConv2D(5, padding="same")(x)
        mixed = keras.layers.LayerNormalization()(mixed)
        x = keras.layers.Add()([x, keras.layers.Activation("gelu")(mixed)])
        x = keras.layers.Conv2D(32, 1, activation="gelu")(x)
    return keras.Model(
        images, keras.layers.AveragePooling2D(2, name="features")(x)
    )


def main(max_steps: int = 30) -> np.ndarray:
    """Trains and embeds a held-out video; returns its embeddings."""
    models.register_backbone("conv_mixer", build, layer="features")
    with tempfile.TemporaryDirectory() as folder:
        config = demo.get_config()
        config.model.backbone = "conv_mixer"
        config.data.data_dir = folder
        config.data.datasets = (_render(pathlib.Path(folder)),)
        config.data.image_size = _SIZE
        config.data.num_steps = 10
        config.train.max_steps = max_steps
        config.train.report_interval = 10
        config.train.image_interval = 0
        loop.train(config, f"{folder}/run")
        model = tcc.load(f"{folder}/run")
        video = next(
            prepared.iterate_videos(config.data.datasets[0], folder, "val")
        )
    images = preprocessing.decode_frames(video.jpegs, _SIZE)
    embs = model.embed_video(np.asarray((images + 1) * 127.5))
    print(f"{model.encoder.backbone.count_params():,} weights in the backbone")
    print(f"{video.name}: {len(embs)} embeddings of {embs.shape[1]} channels")
    return embs


def _render(data_dir: pathlib.Path) -> str:
    """Renders a few pouring videos; returns the name of the data set."""
    few = builder.PouringSyntheticConfig(
        name="few", num_videos=(("train", 4), ("val", 1)), image_size=_SIZE
    )
    preparation.prepare_builder(
        lambda folder: builder.PouringSynthetic(data_dir=folder, config=few),
        data_dir=data_dir,
    )
    return "pouring_synthetic/few"


if __name__ == "__main__":
    main()
