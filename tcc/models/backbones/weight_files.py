"""Reading weights of backbones from local HDF5 files."""

import pathlib
import textwrap
import warnings
from collections.abc import Callable, Mapping

import h5py
import keras

_EXPECTED = (
    "a .weights.h5 file of Keras 3 or a legacy .h5 file of keras.applications"
)


def load(
    candidates: Mapping[str, Callable[[], keras.Model]], path: str
) -> keras.Model:
    """Loads a weights file into the first network that it fits.

    Keras matches the layers of a file with those of a model by their order,
    and a file may hold more layers than the model, so a wrong file can load
    in part without a word. The count of arrays tells which network a file
    belongs to: it is different for a network with its classifier, without
    it, and cut.

    Args:
        candidates: what a file may hold, each with a function that builds
            the network.
        path: of the file; ~ is expanded.

    Returns:
        The network of the candidate that fits, with the file's weights.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not an HDF5 file of weights, or of another network.
    """
    file = pathlib.Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(
            f"model.weights: no weights file at {file}. Give 'imagenet', "
            f"'bundled', 'none' or the path of {_EXPECTED}: "
            "--config.model.weights=PATH"
        )
    found = _count_arrays(file)
    reasons = []
    for description, build in candidates.items():
        network = build()
        if len(network.weights) != found:
            reasons.append(f"{description}: {len(network.weights)} arrays")
            continue
        try:
            # Keras warns of every part that it tries in vain, then raises.
            with warnings.catch_warnings(action="ignore"):
                network.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            reasons.append(f"{description}: {_brief(error)}")
            continue
        return network
    raise ValueError(
        f"model.weights: {file} holds {found} arrays and fits none of "
        f"[{'; '.join(reasons)}]. Give the file of one of these networks: "
        "--config.model.weights=PATH, and the same --config.model.backbone "
        "and --config.model.backbone_layer that it was saved with"
    )


def _count_arrays(file: pathlib.Path) -> int:
    """Counts a file's arrays of weights, without an optimizer's."""
    mend = f"Give {_EXPECTED}: --config.model.weights=PATH"
    if file.suffix != ".h5":
        raise ValueError(
            f"model.weights: {file} is not named like a weights file. {mend}"
        )
    arrays: list[str] = []

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            arrays.append(name)

    try:
        with h5py.File(file) as content:
            content.get("model_weights", content).visititems(visit)
    except OSError as error:
        raise ValueError(
            f"model.weights: {file} cannot be read as HDF5 "
            f"({_brief(error)}). {mend}"
        ) from error
    return sum(not name.startswith("optimizer") for name in arrays)


def _brief(error: Exception) -> str:
    return textwrap.shorten(str(error), 300)
