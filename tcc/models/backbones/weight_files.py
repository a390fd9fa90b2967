"""Reading weights of backbones from local HDF5 files."""

import math
import pathlib
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping

import h5py
import keras

from tcc.io import read_errors

_EXPECTED = (
    "a .weights.h5 file of Keras 3 or a legacy .h5 file of keras.applications"
)
_LEGACY_GROUP = "model_weights"
_OPTIMIZER = "optimizer"
# Far above those of any network; Keras nests a group or two for each layer.
_MAX_DEPTH, _MAX_GROUPS = 100, 100_000


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
    found = _read_sizes(file)
    reasons = []
    for description, build in candidates.items():
        network = build()
        if len(network.weights) != len(found):
            reasons.append(f"{description}: {len(network.weights)} arrays")
            continue
        # A file of a few bytes can claim an array of terabytes.
        largest = max(math.prod(weight.shape) for weight in network.weights)
        if max(found) > largest:
            reasons.append(
                f"{description}: arrays of up to {largest} values, not "
                f"{max(found)}"
            )
            continue
        try:
            # Keras warns of every part that it tries in vain, then raises.
            with warnings.catch_warnings(action="ignore"):
                network.load_weights(file)
        except read_errors.HDF5 as error:
            reasons.append(f"{description}: {_brief(error)}")
            continue
        return network
    raise ValueError(
        f"model.weights: {file} holds {len(found)} arrays and fits none of "
        f"[{'; '.join(reasons)}]. Give the file of one of these networks: "
        "--config.model.weights=PATH, and the same --config.model.backbone "
        "and --config.model.backbone_layer that it was saved with"
    )


def _read_sizes(file: pathlib.Path) -> list[int]:
    """Reads how many values each array of weights has, without the values.

    An optimizer's arrays are left out.

    Raises:
        ValueError: it is not an HDF5 file of weights, or takes data from other
            files.
    """
    fix = f"Give {_EXPECTED}: --config.model.weights=PATH"
    if file.suffix != ".h5":
        raise ValueError(
            f"model.weights: {file} is not named like a weights file. {fix}"
        )
    try:
        with h5py.File(file) as content:
            arrays = dict(_walk(content))
            legacy = content.get(_LEGACY_GROUP)
            if isinstance(legacy, h5py.Group):
                arrays = dict(_walk(legacy))
    except _UnsafeFileError as error:
        raise ValueError(
            f"model.weights: {file} is refused: {error}. {fix}"
        ) from error
    except read_errors.HDF5 as error:
        raise ValueError(
            f"model.weights: {file} cannot be read as HDF5 "
            f"({_brief(error)}). {fix}"
        ) from error
    return [
        size for name, size in arrays.items() if not name.startswith(_OPTIMIZER)
    ]


class _UnsafeFileError(Exception):
    """Says what of a file is refused."""


def _walk(root: h5py.Group) -> Iterator[tuple[str, int]]:
    """Yields (path, number of values) of the arrays below a group.

    By hand, as `visititems` passes over links, and takes hours for groups
    that are nested thousands deep.
    """
    waiting = [("", root, 0)]
    visited: set[int] = set()
    while waiting:
        path, group, depth = waiting.pop()
        if depth > _MAX_DEPTH or len(visited) > _MAX_GROUPS:
            raise _UnsafeFileError("it has too many groups in groups")
        address = h5py.h5o.get_info(group.id).addr
        if address in visited:  # groups can hold each other
            continue
        visited.add(address)
        for name in group:
            inner = f"{path}/{name}" if path else name
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise _UnsafeFileError(
                    f"{inner!r} is a link, which can lead to another file"
                )
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append((inner, item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    raise _UnsafeFileError(
                        f"the values of {inner!r} are in other files"
                    )
                yield inner, item.size or 0


def _brief(error: Exception) -> str:
    return textwrap.shorten(str(error) or type(error).__name__, 300)
