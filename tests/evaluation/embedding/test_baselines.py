import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from tcc.evaluation.embedding import baselines
from tcc.evaluation.tasks import kendalls_tau
from tests.evaluation.examples import make_embeddings


def _example():
    return make_embeddings([np.zeros((4, 2)), np.zeros((3, 2))])


def test_frame_index():
    example = dataclasses.replace(
        _example(),
        steps=[np.array([0, 2, 4, 6]), np.array([0, 1, 2])],
        seq_lens=np.array([9, 3]),
    )
    index = baselines.frame_index(example)
    assert [e.ravel().tolist() for e in index.embs] == [[0, 2, 4, 6], [0, 1, 2]]
    assert index.step == -1
    share = baselines.frame_index(example, normalize=True)
    assert share.embs[0].ravel().tolist() == [0, 0.25, 0.5, 0.75]
    assert share.embs[1].ravel().tolist() == [0, 0.5, 1]


def test_frame_index_is_the_trivial_solution_of_tau():
    index = baselines.frame_index(_example(), normalize=True)
    taus = kendalls_tau.pairwise_tau(index.embs)
    assert kendalls_tau.summarize(taus)["align_tau"] > 0.9


@dataclasses.dataclass
class _Video:
    name: str
    jpegs: list


def _jpeg(left, right):
    pixels = np.full((64, 64, 3), left, np.uint8)
    pixels[:, 32:] = right
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_raw_pixels_of_the_embedded_steps():
    example = dataclasses.replace(
        _example().select([1]),
        steps=[np.array([0, 2, 4])],
        seq_lens=np.array([5]),
    )
    jpegs = [_jpeg(10 * i, 200) for i in range(5)]
    videos = [_Video("other", []), _Video("val_1", jpegs)]
    pixels = baselines.raw_pixels(example, videos, size=2)
    # 2 x 2 pixels of 3 equal channels: left, right, left, right.
    left = np.repeat([[0.0], [20], [40]], 3, axis=1)
    right = np.full((3, 3), 200.0)
    expected = np.concatenate([left, right, left, right], axis=1) / 255
    np.testing.assert_allclose(pixels.embs[0], expected, atol=0.01)


def test_raw_pixels_needs_every_video():
    with pytest.raises(ValueError, match="none named 'val_0'"):
        baselines.raw_pixels(_example(), [])
