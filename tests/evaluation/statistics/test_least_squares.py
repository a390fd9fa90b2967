import numpy as np
import pytest
from sklearn import linear_model, metrics

from tcc.evaluation.statistics import least_squares


@pytest.mark.parametrize("offset", [0, 100])
def test_the_number_of_frames_does_not_decide_what_counts(offset):
    # 8 directions with fixed sizes from 1 down to 3e-4, all of which the target
    # needs alike: y = sum of z / 2 + 0.1 noise, so R^2 is 1 - 0.01 / 2.01.
    sizes = np.geomspace(1, 3e-4, 8)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    for num_frames in (1_000, 10_000, 300_000):
        rng = np.random.default_rng(2)
        z = rng.normal(size=(num_frames + 1000, 8))
        embs = ((z * sizes) @ rotation + offset).astype(np.float32)
        targets = z.sum(axis=1) / 2 + 0.1 * rng.normal(size=len(z))
        fitted, rest = embs[:num_frames], embs[num_frames:]
        found = least_squares.fit(fitted, targets[:num_frames])(rest)
        model = linear_model.LinearRegression().fit(
            fitted.astype(np.float64), targets[:num_frames]
        )
        np.testing.assert_allclose(
            found, model.predict(rest.astype(np.float64)), atol=1e-6
        )
        score = metrics.r2_score(targets[num_frames:], found)
        assert score == pytest.approx(1 - 0.01 / 2.01, abs=1e-3)


def test_a_direction_of_the_size_of_the_rounding_is_left_out():
    # Around 1000 float32 has steps of 6e-5: the second channel is rounding.
    rng = np.random.default_rng(0)
    own = rng.normal(size=(5000, 1))
    joined = np.concatenate([1000 + own, 1000 + own], axis=1)
    embs = (joined + 3e-5 * rng.normal(size=(5000, 2))).astype(np.float32)
    rounding = embs[:, 1].astype(np.float64) - embs[:, 0]
    predict = least_squares.fit(embs, own[:, 0] + 1e4 * rounding)
    apart = np.array([[1000, 1001], [1000, 999]], np.float32)
    # Only the mean of the channels, 1000.5 and 999.5, has a weight. With all
    # directions it would be about 1e4 and -1e4.
    np.testing.assert_allclose(predict(apart), [0.5, -0.5], atol=0.05)
