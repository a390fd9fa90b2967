"""The alignment loss on a Keras model of your own: five lines in `main`.

    python examples/loss_on_your_embeddings.py

Videos here are sequences of features [videos, steps, channels] that a process
of varying speed has made; the model embeds each step by itself. Trained, the
nearest neighbour of a step in another video is of the same progress.
"""

import keras
import numpy as np

from tcc.alignment.keras_loss import AlignmentLoss


def make_videos(
    num_videos: int, num_steps: int = 24, channels: int = 16, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Returns features [N, T, channels], and the true progress [N, T]."""
    random = np.random.default_rng(seed)
    speed = random.uniform(0.3, 1.7, (num_videos, num_steps))
    progress = np.cumsum(speed, axis=1)
    progress /= progress[:, -1:]
    waves = np.random.default_rng(1).uniform(1, 8, (2, channels))
    features = np.sin(progress[..., None] * waves[0] + waves[1])
    # What differs from video to video, and says nothing about the progress.
    style = random.normal(size=(num_videos, 1, channels // 2))
    style = np.repeat(style, num_steps, axis=1)
    return np.concatenate([features, style], axis=-1, dtype="float32"), progress


def progress_error(embs: np.ndarray, progress: np.ndarray) -> float:
    """Mean difference of progress between nearest neighbours of videos."""
    errors = []
    for i in range(len(embs)):
        for j in range(len(embs)):
            if i != j:
                gaps = np.sum((embs[i][:, None] - embs[j][None]) ** 2, axis=-1)
                found = progress[j][np.argmin(gaps, axis=1)]
                errors.append(np.mean(np.abs(found - progress[i])))
    return float(np.mean(errors))


def main() -> tuple[float, float]:
    """Trains; returns the progress error before and after."""
    keras.utils.set_random_seed(0)
    videos, progress = make_videos(64)
    unused = np.zeros(len(videos))  # Keras wants targets; there are no labels

    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(16)]
    )
    before = progress_error(model.predict(videos[:8], verbose=0), progress[:8])
    model.compile(keras.optimizers.Adam(3e-3), loss=AlignmentLoss())
    model.fit(videos, unused, batch_size=8, epochs=30, verbose=0)
    after = progress_error(model.predict(videos[:8], verbose=0), progress[:8])
    print(f"error of aligned progress: {before:.3f} before, {after:.3f} after")
    return before, after


if __name__ == "__main__":
    main()
