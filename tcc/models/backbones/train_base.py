"""Which part of a backbone is trained."""

import keras

TRAIN_BASE = ("frozen", "only_bn", "train_all")


def set_train_base(backbone: keras.Model, train_base: str) -> None:
    """Freezes a backbone or parts of it, by layer type.

    - "frozen": no weight and no batch normalisation statistic changes; the
      normalisations use their moving statistics even in training.
    - "only_bn": batch normalisations train gamma and beta and update their
      statistics; all other weights stay.
    - "train_all": everything is trained.

    The original chose variables by substrings of their names (defect 7);
    here only the type of the layer counts.

    Args:
        backbone: changed in place; its layers may contain layers.
        train_base: one of `TRAIN_BASE`.

    Raises:
        ValueError: unknown `train_base`.
    """
    if train_base not in TRAIN_BASE:
        raise ValueError(
            f"model.train_base must be one of {', '.join(TRAIN_BASE)}. "
            f"Received: {train_base!r}"
        )
    # Keras' switch reaches the layers inside, but does nothing where it
    # already has the value: off first, then on.
    backbone.trainable = False
    if train_base == "frozen":
        return
    backbone.trainable = True
    if train_base == "only_bn":
        for layer in _leaves(backbone):
            layer.trainable = isinstance(layer, keras.layers.BatchNormalization)


def _leaves(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Returns the layers below `layer` that hold no other layers."""
    below = layer._flatten_layers(include_self=False)
    return [
        child
        for child in below
        if not child._flatten_layers(include_self=False)
    ]
