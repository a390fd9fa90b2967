"""Least squares on embeddings, whose channels may depend on each other."""

from collections.abc import Callable

import numpy as np

_SUMMED = 128  # rounded numbers that make up a value of a network, at least


def fit(
    embs: np.ndarray, targets: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Fits a line to embeddings by least squares, with intercept.

    The channels of embeddings often depend on each other and then differ only
    by float32 rounding. Plain least squares (scikit-learn's linear regression,
    and the original's) can give these differences huge weights and predict
    nonsense on other frames. So directions no larger than the rounding are
    left out. How many frames there are has no say in that: rounding and signal
    both grow with the square root of their number.

    Args:
      embs: [M, D] float32.
      targets: [M] float64.

    Returns:
      A function from embeddings [K, D] to predictions [K] float64.
    """
    mean, target_mean = embs.mean(0, dtype=np.float64), targets.mean()
    # Least squares on R of X = QR is least squares on X, as Q is orthogonal.
    columns = np.column_stack([embs - mean, targets - target_mean])
    triangle = np.asarray(np.linalg.qr(columns, mode="r"))
    factor, projected = triangle[:, :-1], triangle[:, -1]
    weights = np.linalg.lstsq(
        factor, projected, rcond=_relative_rounding(embs, factor)
    )[0]
    return lambda others: (others - mean) @ weights + target_mean


def _relative_rounding(embs: np.ndarray, factor: np.ndarray) -> float:
    """Returns the size of the rounding, relative to the largest direction.

    Args:
      embs: [M, D] float32.
      factor: [min(M, D + 1), D] float64, R of the centred embeddings.

    Returns:
      The larger of two bounds. A network adds up many rounded numbers for each
      value, at least as many as there are channels: eps max(D, 128) of the
      largest direction. And each value x is rounded by up to eps |x|, all of
      them together by up to eps ||embs||, which counts where the mean is large
      beside the differences.
    """
    eps = float(np.finfo(np.float32).eps)
    largest = float(np.linalg.norm(factor, 2))
    size = float(np.sqrt(np.square(embs, dtype=np.float64).sum()))
    if not largest:
        return eps
    return eps * max(embs.shape[1], _SUMMED, size / largest)
