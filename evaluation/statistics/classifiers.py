"""Classifiers of single frames, for the tasks on phase labels."""

import math
from typing import Any

from sklearn import linear_model, neighbors, svm

from tcc.configs import schema


def build(config: schema.EvalConfig, *, num_frames: int) -> Any:
    """Returns an untrained classifier of scikit-learn.

    "svm" is the original's, `SVC` with its defaults (RBF kernel); "logistic"
    is its `fit_linear_models`, logistic regression; "knn" is the majority of
    the nearest labelled frames.

    Args:
      config: which one, and the neighbours of "knn".
      num_frames: labelled frames it will be fitted on; "knn" cannot ask for
        more neighbours than these.

    Raises:
      ValueError: an unknown classifier.
    """
    if config.classifier == "svm":
        return svm.SVC()
    if config.classifier == "logistic":
        return linear_model.LogisticRegression(max_iter=100_000)
    if config.classifier == "knn":
        count = min(config.knn_neighbors, num_frames)
        return neighbors.KNeighborsClassifier(count)
    raise ValueError(
        "eval.classifier must be one of svm, logistic, knn. Received:"
        f" {config.classifier!r}"
    )


def thinning(config: schema.EvalConfig, *, num_frames: int) -> int:
    """Returns n where a classifier learns from 1 in n labelled frames.

    1 up to `classification_max_frames`, and always for "logistic", whose time
    grows with the frames and not with their square.

    Args:
      config: the classifier and its limit.
      num_frames: labelled frames there are.
    """
    if config.classifier == "logistic":
        return 1
    return max(1, math.ceil(num_frames / config.classification_max_frames))


def describe(config: schema.EvalConfig) -> str:
    """Returns the classifier in words, for the protocol of a score."""
    return {
        "svm": "SVC, RBF kernel, scikit-learn defaults",
        "logistic": "logistic regression, scikit-learn defaults",
        "knn": f"{config.knn_neighbors} nearest neighbours",
    }[config.classifier]
