"""The alignment loss as written in the paper: numpy loops in float64."""

import numpy as np

MIN_VARIANCE = 1e-12


def similarity(a, b, similarity_type="l2", temperature=0.1):
    """s(a, b) of two rows [D]."""
    value = a @ b if similarity_type == "cosine" else -((a - b) @ (a - b))
    return value / len(a) / temperature


def softmax(values):
    exponentials = np.exp(values - np.max(values))
    return exponentials / exponentials.sum()


def cycle(videos, start, similarity_type="l2", temperature=0.1):
    """Logits [T] of a cycle through `videos` (each [T, D]) from step `start`.

    The first video and the last are the same.
    """
    query = videos[0][start]
    for video in videos[1:]:
        logits = np.array(
            [similarity(query, v, similarity_type, temperature) for v in video]
        )
        query = softmax(logits) @ video
    return logits


def row_loss(logits, label, times, loss_type, weight):
    """Loss of one row; `weight` is the parameter of its loss type."""
    beta = softmax(logits)
    if loss_type == "classification":
        targets = np.full(len(logits), weight / len(logits))
        targets[label] += 1 - weight
        shifted = logits - logits.max()
        return targets @ (np.log(np.exp(shifted).sum()) - shifted)
    mean = beta @ times
    error = abs(times[label] - mean)
    if loss_type == "regression_mse":
        return error**2
    if loss_type == "regression_huber":
        if error <= weight:
            return error**2 / 2
        return weight * (error - weight / 2)
    variance = max(beta @ (times - mean) ** 2, MIN_VARIANCE)
    return error**2 / variance + weight * np.log(variance)


def deterministic_loss(embs, times, loss_type, weight, **similarity_options):
    """Mean over the steps of all ordered pairs; embs [N, T, D], times [N, T].

    `weight` is the parameter of the loss type, as for `row_loss`.
    """
    embs = np.asarray(embs, np.float64)
    num_videos, num_steps, _ = embs.shape
    return np.mean(
        [
            row_loss(
                cycle([embs[i], embs[j], embs[i]], t, **similarity_options),
                t,
                times[i],
                loss_type,
                weight,
            )
            for i in range(num_videos)
            for j in range(num_videos)
            if i != j
            for t in range(num_steps)
        ]
    )


def stochastic_loss(
    embs, cycles, frames, times, loss_type, weight, **similarity_options
):
    """Mean over the given cycles [num_cycles, L + 1] and their first steps."""
    embs = np.asarray(embs, np.float64)
    return np.mean(
        [
            row_loss(
                cycle(embs[list(visited)], start, **similarity_options),
                start,
                times[visited[0]],
                loss_type,
                weight,
            )
            for visited, start in zip(cycles, frames, strict=True)
        ]
    )
