"""Writes trained networks for processes that do not have this package."""

import os
import pathlib
import shutil

import tensorflow as tf

from tcc.inference import plain_keras, served
from tcc.inference.trained_encoder import TrainedEncoder
from tcc.io import atomic_files, write_errors
from tcc.models import clip_encoder
from tcc.training import checkpoint_files

FORMATS = ("keras", "weights", "saved_model")
# A SavedModel is a folder of any name.
_ENDINGS = {"keras": ".keras", "weights": ".weights.h5", "saved_model": ""}


def choose_format(output: str | os.PathLike[str]) -> str:
    """Returns the format that the ending of a path stands for."""
    name = pathlib.Path(output).name
    return next(kind for kind, end in _ENDINGS.items() if name.endswith(end))


def check_output(output: str | os.PathLike[str], kind: str) -> pathlib.Path:
    """Refuses what cannot be written, or cannot be read again.

    Args:
        output: path to write.
        kind: as in `write`.

    Returns:
        The path.

    Raises:
        ValueError: unknown kind, another ending than the kind has, or a name
            by which TensorFlow cannot read a SavedModel.
        FileExistsError: the folder of a SavedModel is there already.
    """
    if kind not in FORMATS:
        raise ValueError(
            f"kind must be one of {', '.join(FORMATS)}. Received: {kind!r}"
        )
    path = pathlib.Path(output).expanduser()
    ending = _ENDINGS[kind]
    if not path.name.endswith(ending):
        raise ValueError(
            f"output must end in {ending} for the format {kind}. "
            f"Received: {path}"
        )
    if kind != "saved_model":
        return path
    if not checkpoint_files.is_plain(path):
        raise ValueError(
            "output must have neither [ ] nor \\ in its name for a SavedModel: "
            "TensorFlow would take it for a pattern, and could not read it. "
            f"Received: {path}"
        )
    if path.exists():
        raise FileExistsError(
            f"{path} exists already. Remove it, or give another --output."
        )
    return path


def write(
    model: TrainedEncoder, output: str | os.PathLike[str], kind: str
) -> list[pathlib.Path]:
    """Writes a trained network, complete or not at all.

    Args:
        model: computes in float32.
        output: path to write; a file of the same name is replaced.
        kind: "keras", a .keras file of standard layers, for
            `keras.models.load_model`; "weights", the .weights.h5 file of the
            same model, and beside it its layers as .json, for
            `keras.models.model_from_json`; or "saved_model", a folder for
            `tf.saved_model.load`, see `tcc.inference.served`.

    Returns:
        The paths that were written.

    Raises:
        ValueError: as `check_output`, or a network that cannot be written
            with standard layers.
        FileExistsError: the folder of a SavedModel is there already.
    """
    path = check_output(output, kind)
    ending = _ENDINGS[kind]
    if kind == "saved_model":
        _write_saved_model(model, path)
        return [path]
    plain = plain_keras.rewrite(model.encoder)
    if kind == "keras":
        with atomic_files.write(path) as unfinished:
            plain.save(unfinished)
        return [path]
    layers = path.with_name(path.name.removesuffix(ending) + ".json")
    with atomic_files.write(layers) as unfinished:
        unfinished.write_text(plain.to_json(indent=1), encoding="utf-8")
    with atomic_files.write(path) as unfinished:
        plain.save_weights(unfinished)
    return [path, layers]


def _write_saved_model(model: TrainedEncoder, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".unfinished-{path.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    module, signatures = served.build(model)
    try:
        with write_errors.as_os_error(path.parent):
            tf.saved_model.save(module, str(unfinished), signatures=signatures)
            unfinished.replace(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def describe(model: TrainedEncoder) -> str:
    """Says what goes into the exported network, and what comes out."""
    encoder = clip_encoder.framewise(model.encoder)
    size = ", ".join(map(str, encoder.image_shape))
    if encoder.is_recurrent:
        return (
            f"frames [N, T, {size}] in 0...255 -> embs [N, T, D]: whole videos,"
            f" {model.stride} frames from step to step"
        )
    count = encoder.num_context
    if count == 1:
        return f"frames [B, {size}] in 0...255 -> embs [B, D]"
    return (
        f"frames [B, {count}, {size}] in 0...255 -> embs [B, D]: the last of "
        f"the {count} is the step's own, those before it are "
        f"{model.context_stride} frames apart; before its start a video's "
        "first frame stands"
    )
