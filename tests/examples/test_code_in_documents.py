"""The code on the loss in the documents runs as it is written there."""

import pathlib
import re
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

_ROOT = pathlib.Path(__file__).parents[2]


def _code(document: str, containing: str) -> str:
    text = (_ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (block,) = (block for block in blocks if containing in block)
    return block


@pytest.mark.parametrize("document", ["README.md", "docs/objectives.md"])
def test_the_loss_of_a_keras_model(document):
    keras.utils.set_random_seed(0)
    videos = np.random.default_rng(0).normal(size=(16, 6, 5))
    names = {
        "np": np,
        "videos": videos.astype(np.float32),
        "model": keras.Sequential([keras.layers.Dense(4)]),
    }
    exec(_code(document, "model.fit"), names)
    (loss,) = names["model"].history.history["loss"]
    assert np.isfinite(loss)
    assert names["model"].optimizer.iterations == 2


def test_the_losses_of_a_loop_of_ones_own():
    embs = tf.random.stateless_normal([3, 6, 5], [0, 1])
    names = {
        "embs": embs,
        "batch_size": 3,
        "anchors": embs[:, 0::2],
        "positives": embs[:, 1::2],
        "is_negative": tf.random.stateless_uniform([3, 3, 6], [0, 1]) < 0.5,
    }
    exec(_code("docs/objectives.md", "npairs_loss"), names)
    assert "alignment" in names


def test_the_loss_in_the_readme():
    names: dict[str, Any] = {}
    exec(_code("README.md", "tcc import alignment"), names)
    assert np.isfinite(float(names["loss"]))
