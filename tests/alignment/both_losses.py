"""What the deterministic and the stochastic loss are both tested for.

`loss_of` is a function of embs and a loss type, with changes to the original's
settings as keyword arguments.
"""

import numpy as np
import tensorflow as tf

from tests import golden_values
from tests.alignment import running


def options(embs, loss_type):
    """Arguments that both losses take, with the original's settings."""
    num_videos, num_steps, _ = (
        embs.shape if None not in embs.shape else tf.unstack(tf.shape(embs))
    )
    return {
        "steps": tf.tile(tf.range(num_steps)[tf.newaxis], [num_videos, 1]),
        "seq_lens": tf.fill([num_videos], num_steps),
        "num_steps": num_steps,
        "batch_size": num_videos,
        "loss_type": loss_type,
        "similarity_type": "l2",
        "temperature": 0.1,
        "label_smoothing": 0.1,
        "variance_lambda": 0.001,
        "huber_delta": 0.1,
        "normalize_indices": True,
    }


def random_embs(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype(np.float32)


def assert_equal_to_the_original(loss_of, case, mode, names, **changes):
    """Compares all losses of a golden case.

    `names` are the settings of the case that the loss is to take.
    """
    golden, settings = golden_values.load(case), golden_values.settings(case)
    changes |= {"steps": golden["steps"], "seq_lens": golden["seq_lens"]}
    changes |= {name: settings[name] for name in names}
    keys = [
        key.removesuffix("/loss") for key in golden if key.endswith("/loss")
    ]
    assert len(keys) == 14  # 2 classifications, 3 regressions x 2 x 2

    def loss(embs, key):
        loss_type, kind, normalize = key.split("/")
        return loss_of(
            embs,
            loss_type,
            similarity_type=kind,
            normalize_indices=normalize == "1",
            **changes,
        )

    def everything(embs):
        return {
            key: running.with_gradient(lambda e, key=key: loss(e, key))(embs)
            for key in keys
        }

    results = running.in_mode(everything, mode)(tf.constant(golden["embs"]))
    for key, (value, gradient) in results.items():
        running.assert_golden(value, gradient, golden, key)


def assert_value_and_gradient(loss, expected, embs):
    """Compares with a function in float64, whose slope is the gradient's."""
    value, gradient = running.with_gradient(loss)(tf.constant(embs))
    np.testing.assert_allclose(value, expected(embs), rtol=1e-5)
    direction = random_embs(*embs.shape, seed=2).astype(np.float64)
    delta = 1e-6 * direction
    slope = (expected(embs + delta) - expected(embs - delta)) / 2e-6
    np.testing.assert_allclose(
        np.sum(gradient * direction), slope, rtol=1e-4, atol=1e-6
    )


def assert_finite_at_every_scale(loss_of, loss_type, dtype):
    unit = np.clip(random_embs(3, 6, 4), -2, 2)
    for scale in [0, 1e-6, 0.1, 1, 1.5, 2, 2.5, 3, 5, 10, 100, 1e4]:
        for kind in ("l2", "cosine"):
            value, gradient = running.with_gradient(
                lambda e, kind=kind: loss_of(e, loss_type, similarity_type=kind)
            )(tf.cast(unit * scale, dtype))
            assert value.dtype == tf.float32
            assert gradient.dtype == dtype
            assert np.isfinite(value), (scale, kind)
            assert np.isfinite(tf.cast(gradient, tf.float32)).all(), (
                scale,
                kind,
            )


def assert_the_origin_does_not_matter(loss):
    """Moving every embedding by 1e4 does not change distances, nor the loss.

    ||a||^2 = 8e8 has a rounding error of 32 in float32, where the distances
    are about 10: only a good origin saves them.
    """
    embs = (random_embs(3, 6, 8) + 1e4).astype(np.float32)
    near = (embs.astype(np.float64) - 1e4).astype(np.float32)  # exact
    function = running.with_gradient(loss)
    far_value, far_gradient = function(tf.constant(embs))
    value, gradient = function(tf.constant(near))
    np.testing.assert_allclose(far_value, value, rtol=1e-2)
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(far_gradient, gradient, atol=2e-2 * scale)


# Changes to a batch of 3 videos of 5 steps, and what the error says.
IMPOSSIBLE = [
    ({"loss_type": "mse"}, "loss_type must be one of .*Received: 'mse'"),
    ({"similarity_type": "l1"}, "similarity_type must .*Received: 'l1'"),
    ({"temperature": 0}, "temperature must be positive. Received: 0"),
    ({"temperature": -1}, "temperature must be positive. Received: -1"),
    ({"batch_size": 2}, "batch_size must be 3, .*Received: 2"),
    ({"num_steps": 4}, "num_steps must be 5, .*Received: 4"),
    ({"steps": tf.zeros([3, 4])}, r"steps must .*Received: .*\(3, 4\)"),
    ({"steps": tf.zeros([5])}, r"steps must have .*Received: .*\(5,\)"),
    ({"seq_lens": tf.ones([2])}, r"seq_lens must .*Received: .*\(2,\)"),
    ({"seq_lens": tf.ones([])}, r"seq_lens must .*Received: .*\(\)"),
]
