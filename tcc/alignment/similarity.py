"""How alike two embeddings are: what both ways of matching build on.

For rows a and b of D channels, as in the original's `deterministic_alignment`:

    l2:      s(a, b) = -||a - b||^2 / (D * temperature)
    cosine:  s(a, b) = a . b / (D * temperature)

"cosine" is the original's name for a dot product; it is a cosine only when
the embeddings have length 1. And then the division by D leaves similarities of
at most 1 / (D * temperature), whose softmax is nearly uniform. Hence one more:

    true_cosine:  s(a, b) = a . b / (||a|| ||b|| temperature)

for which all embeddings, soft nearest neighbours too, are scaled to length 1.
Squared distances are written as

    ||a - b||^2 = ||a||^2 + ||b||^2 - 2 a . b

so that all pairs of rows cost one matrix product, and no tensor of
differences is ever held.
"""

from typing import Any

import tensorflow as tf

from tcc.alignment import checks

SIMILARITY_TYPES = ("l2", "cosine", "true_cosine")

# Embeddings whose squared length is below this keep a length below 1, and a
# finite gradient.
_MIN_SQUARED_LENGTH = 1e-12


def as_float32(embs: tf.Tensor, name: str = "embs") -> tf.Tensor:
    """Casts embeddings to float32, in which the loss is computed.

    The gradient comes back in the dtype of `embs`. Where it exceeds what that
    dtype holds (65504 in float16) it is set to the largest value instead of
    infinity.

    Args:
      embs: Any shape, any floating dtype.
      name: What the caller calls them, for the error message.

    Returns:
      float32, the shape of `embs`.

    Raises:
      ValueError: `embs` are not floating point numbers.
    """
    embs = tf.convert_to_tensor(embs)
    if not embs.dtype.is_floating:
        raise ValueError(
            f"{name} must be floating point. Received: {embs.dtype.name}"
        )
    if embs.dtype == tf.float32:
        return embs
    return _cast_with_finite_gradient(embs)


@tf.custom_gradient
def _cast_with_finite_gradient(embs: tf.Tensor) -> tuple[tf.Tensor, Any]:
    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return tf.saturate_cast(upstream, embs.dtype)

    return tf.cast(embs, tf.float32), gradient


def origin_for(embs: tf.Tensor, similarity_type: str) -> tf.Tensor:
    """The point from which embeddings are best measured.

    Distances do not change when every embedding moves by the same vector, but
    their rounding errors do: ||a||^2 + ||b||^2 - 2 a . b loses about
    eps * ||a||^2, which is much for embeddings far from the origin and near
    each other. So l2 measures from the mean of the embeddings. A dot product
    has its own origin, which stays.

    Args:
      embs: [..., D] float32.
      similarity_type: One of `SIMILARITY_TYPES`.

    Returns:
      [D] float32 (a scalar 0 for all but l2) to subtract from the embeddings;
      no gradient flows through it.
    """
    if similarity_type != "l2":
        return tf.zeros([])
    rows = tf.reshape(embs, [-1, tf.shape(embs)[-1]])
    return tf.stop_gradient(tf.reduce_mean(rows, axis=0))


def to_its_length(embs: tf.Tensor, similarity_type: str) -> tf.Tensor:
    """Scales embeddings [..., D] to length 1, if the similarity wants that."""
    if similarity_type != "true_cosine":
        return embs
    return tf.math.l2_normalize(embs, axis=-1, epsilon=_MIN_SQUARED_LENGTH)


def inverse_lengths(squared_lengths: tf.Tensor) -> tf.Tensor:
    """1 / ||a|| from ||a||^2, bounded as in `to_its_length`; any shape."""
    return tf.math.rsqrt(tf.maximum(squared_lengths, _MIN_SQUARED_LENGTH))


def squared_norms(embs: tf.Tensor) -> tf.Tensor:
    """||a||^2 of every row: [..., D] float32 -> [...] float32."""
    return tf.reduce_sum(tf.square(embs), axis=-1)


def squared_distances(
    products: tf.Tensor, norms1: tf.Tensor, norms2: tf.Tensor
) -> tf.Tensor:
    """||a||^2 + ||b||^2 - 2 a . b, at least 0.

    Args:
      products: [..., M, K] float32, a . b.
      norms1: Broadcasts to [..., M, K], float32, ||a||^2.
      norms2: Broadcasts to [..., M, K], float32, ||b||^2.

    Returns:
      [..., M, K] float32. Rounding can push the sum below 0; it is cut there,
      as in the original.
    """
    values = norms1 + norms2 - 2.0 * products
    # Not tf.maximum, whose gradient fills a tensor of zeros of the same size.
    return tf.where(values < 0.0, 0.0, values)


def factor(
    num_channels: int | tf.Tensor,
    temperature: float | tf.Tensor,
    similarity_type: str = "l2",
) -> tf.Tensor:
    """What scales similarities, scalar float32; temperatures may be learnt.

    1 / (D * temperature); for true_cosine 1 / temperature, as a cosine does
    not grow with D.
    """
    if similarity_type == "true_cosine":
        num_channels = 1
    return 1.0 / (tf.cast(num_channels, tf.float32) * temperature)


def check(similarity_type: str, temperature: float | tf.Tensor) -> None:
    """Raises ValueError for an unknown type or an impossible temperature."""
    checks.one_of("similarity_type", similarity_type, SIMILARITY_TYPES)
    checks.positive("temperature", temperature)
