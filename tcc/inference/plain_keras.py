"""An encoder rewritten with the layers that Keras itself has.

A file of such a model is read by Keras alone, without this package.
"""

from collections.abc import Callable

import keras

from tcc.models import Encoder, feature_grid
from tcc.models.embedders.conv_embedder import ConvEmbedder
from tcc.models.embedders.convgru_embedder import ConvGRUEmbedder
from tcc.models.embedders.light_embedder import LightEmbedder


def rewrite(encoder: keras.Model) -> keras.Model:
    """Builds the functional model of an encoder, from standard layers.

    Dropout, which does nothing in inference, and penalties on weights of the
    replaced layers are left out. Layers that are standard already are shared
    with the encoder.

    Args:
        encoder: computes in float32; its image size becomes the model's.

    Returns:
        A model from frames in 0...255, float32 (Keras casts other types), to
        embs:
        [B, H, W, 3] -> [B, D] for an encoder that sees one frame,
        [B, C, H, W, 3] -> [B, D] for one that sees C context frames, the last
        of which is the step's own,
        [N, T, H, W, 3] -> [N, T, D] for a recurrent one.

    Raises:
        ValueError: it has layers that are not Keras' own, or computes in low
            precision.
    """
    if not isinstance(encoder, Encoder):
        raise ValueError(
            "the network must be a backbone with an embedder to be written "
            "with standard layers; export a SavedModel instead. Received: "
            f"{type(encoder).__name__}"
        )
    if encoder.centres:
        raise ValueError(
            "the embedder must take its features as they are to be written "
            "with standard layers, which see one step at a time; export a "
            "SavedModel instead. Received: "
            f"{encoder.embedder.name} that centres them over the video"
        )
    kind = type(encoder.embedder)
    if kind not in _REWRITES:
        known = ", ".join(known.__name__ for known in _REWRITES)
        raise ValueError(
            f"the embedder must be one of {known} to be written with standard "
            f"layers; export a SavedModel instead. Received: {kind.__name__}"
        )
    model = _REWRITES[kind](encoder)
    for layer in model._flatten_layers(include_self=False):
        if not type(layer).__module__.startswith("keras."):
            raise ValueError(
                "every layer must be Keras' own to be loaded without other "
                "code; export a SavedModel instead. Received: "
                f"{layer.name!r}, a {type(layer).__name__}"
            )
        if layer.compute_dtype not in (None, "float32"):
            raise ValueError(
                "every layer must compute in float32. Received: "
                f"{layer.name!r} in {layer.compute_dtype}"
            )
    return model


def _rewrite_conv(encoder: Encoder) -> keras.Model:
    """The convolutional embedder, with Conv3D in place of `ContextConv`."""
    embedder = encoder.embedder
    frames, x = _context_features(encoder)
    for i, layer in enumerate(embedder.conv_layers):
        plain = keras.layers.Conv3D(
            layer.filters, layer.kernel_size, padding="same", name=layer.name
        )
        x = plain(x)
        plain.set_weights(layer.get_weights())
        if embedder.norm_layers:
            x = embedder.norm_layers[i](x)
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    pooling = {
        "max": keras.layers.GlobalMaxPooling3D,
        "avg": keras.layers.GlobalAveragePooling3D,
        "flatten": keras.layers.Flatten,
    }[embedder.pooling]
    x = pooling(name="pool")(x)
    for layer in (*embedder.fc_layers, embedder.emb_layer):
        x = layer(x)
    return _finish(encoder, frames, x)


def _rewrite_light(encoder: Encoder) -> keras.Model:
    """The light embedder: dense layers on cells, then on all of them."""
    embedder = encoder.embedder
    height, width, channels = encoder.feature_shape
    frames, x = _context_features(encoder)
    x = keras.layers.Permute((2, 3, 1, 4))(x)
    x = keras.layers.Reshape((height, width, encoder.num_context * channels))(x)
    for i, layer in enumerate(embedder.cell_layers):
        x = embedder.norm_layers[i](layer(x))
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    x = keras.layers.Flatten()(x)
    for layer in (*embedder.fc_layers, embedder.emb_layer):
        x = layer(x)
    return _finish(encoder, frames, x)


def _rewrite_convgru(encoder: Encoder) -> keras.Model:
    """The recurrent embedder; all but the GRUs works on single frames."""
    embedder = encoder.embedder
    image = keras.Input(encoder.image_shape)
    x = _features(encoder, image)
    for i, layer in enumerate(embedder.conv_layers):
        x = layer(x)
        if embedder.norm_layers:
            x = embedder.norm_layers[i](x)
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    x = keras.layers.GlobalMaxPooling2D(name="pool")(x)
    per_frame = keras.Model(image, x, name="per_frame")
    frames = keras.Input((None, *encoder.image_shape), name="frames")
    x = keras.layers.TimeDistributed(per_frame, name="each_frame")(frames)
    for layer in embedder.gru_layers:
        x, _ = layer(x)
    return _finish(encoder, frames, x)


def _context_features(
    encoder: Encoder,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Returns the input, and the features [B, C, h, w, c] of its frames."""
    if encoder.num_context == 1:
        frames = keras.Input(encoder.image_shape, name="frames")
        x = _features(encoder, frames)
        return frames, keras.layers.Reshape((1, *encoder.feature_shape))(x)
    image = keras.Input(encoder.image_shape)
    per_frame = keras.Model(image, _features(encoder, image), name="per_frame")
    frames = keras.Input(
        (encoder.num_context, *encoder.image_shape), name="frames"
    )
    x = keras.layers.TimeDistributed(per_frame, name="each_frame")(frames)
    return frames, x


def _features(encoder: Encoder, images: keras.KerasTensor) -> keras.KerasTensor:
    """From pixels [B, H, W, 3] in 0...255 to features [B, h, w, c]."""
    x = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(images)
    x = encoder.backbone(x)
    sizes, cells = x.shape[1:3], encoder.feature_shape[:2]
    if tuple(sizes) == tuple(cells):
        return x
    # Averages over cells are a product with a matrix for each of the axes,
    # which take turns as the last one.
    for order, pixels, count in zip(
        ((3, 2, 1), (3, 1, 2)), sizes, cells, strict=True
    ):
        x = keras.layers.Permute(order)(x)
        product = keras.layers.Dense(count, use_bias=False, trainable=False)
        x = product(x)
        product.set_weights([feature_grid.shares(pixels, count).T])
    return keras.layers.Permute((1, 3, 2))(x)


def _finish(
    encoder: Encoder, frames: keras.KerasTensor, embs: keras.KerasTensor
) -> keras.Model:
    if encoder.l2_normalize:
        embs = keras.layers.UnitNormalization(name="unit_length")(embs)
    return keras.Model(frames, embs, name="tcc_encoder")


_REWRITES: dict[type, Callable[[Encoder], keras.Model]] = {
    ConvEmbedder: _rewrite_conv,
    ConvGRUEmbedder: _rewrite_convgru,
    LightEmbedder: _rewrite_light,
}
