"""Checks the description of a prepared data set before TFDS reads it.

TFDS imports the module of every class that `features.json` names, and joins
names from `dataset_info.json` to paths. A prepared data set may come from a
stranger, so nothing reaches TFDS that is not on the lists here.
"""

import json
import math
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
import tensorflow_datasets as tfds
from google.protobuf import json_format
from tensorflow_datasets.core.proto import dataset_info_pb2

from tcc.io import json_files, limits

INFO_FILE = "dataset_info.json"
_FEATURES_FILE = "features.json"
_METADATA_FILE = "metadata.json"
_FIX = "Prepare the data set again, or get a new copy of it."

# All classes of features that TFDS itself has. Importing TFDS registers them,
# so that it imports nothing more for them.
_PACKAGE = "tensorflow_datasets.core.features"
FEATURE_CLASSES = frozenset(
    f"{_PACKAGE}.{name}"
    for name in (
        "audio_feature.Audio",
        "bounding_boxes.BBoxFeature",
        "class_label_feature.ClassLabel",
        "dataset_feature.Dataset",
        "features_dict.FeaturesDict",
        "image_feature.Image",
        "labeled_image.LabeledImage",
        "scalar.Scalar",
        "sequence_feature.Sequence",
        "tensor_feature.Tensor",
        "text_feature.Text",
        "translation_feature.Translation",
        "translation_feature.TranslationVariableLanguages",
        "video_feature.Video",
    )
)
# Where features.json names classes: in today's form, with the two spellings of
# protocol buffers, and in that of TFDS before 4.4.
_CLASS_KEYS = ("pythonClassName", "python_class_name", "type")
# Strings that TFDS reads as JSON in turn.
_JSON_KEYS = ("json", "content")
# Arguments of features that name a file or another class.
_PATH_KEYS = ("names_file", "labels", "vocab_file", "encoder")
_COUNT_KEYS = ("numClasses", "num_classes")
_MAX_DEPTH = 100  # of features inside features; protocol buffers end there

_FORMATS = ("", "tfrecord")
_VARIABLE = (
    r"\{(?:DATASET|SPLIT|FILEFORMAT|SHARD_INDEX|NUM_SHARDS|SHARD_X_OF_Y)\}"
)
_TEMPLATE = re.compile(rf"(?:[^/\\{{}}\0]|{_VARIABLE})*")
_NAME = re.compile(r"[^/\\\0]*")
_MAX_ELEMENTS = 1 << 28  # of a feature of fixed size
_NAME_LISTS = ("phase_names", "action_names")
_NOTES = ("skipped", "notes")

# What TFDS raises for descriptions that it cannot read; found by trying.
_TFDS_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    AssertionError,
    RuntimeError,
    RecursionError,
    OverflowError,
    MemoryError,
    OSError,
    json_format.Error,
)


def open_builder(folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    """Opens a prepared data set, whoever made it.

    Args:
        folder: The one with `dataset_info.json` in it.

    Returns:
        A builder that can read it. No module was imported for it, and it reads
        files of this folder only.

    Raises:
        ValueError: If the description is damaged, names a class that is not of
            TFDS itself, or points out of the folder. The message names the
            file.
        FileNotFoundError: If a file of the description is missing.
    """
    check(folder)
    try:
        builder = tfds.builder_from_directory(folder)
        _check_shapes(builder.info, folder / _FEATURES_FILE)
    except _TFDS_ERRORS as error:
        raise ValueError(
            f"{folder} cannot be read as a prepared data set: "
            f"{str(error).rstrip('.')}. {_FIX}"
        ) from error
    return builder


def state(folder: pathlib.Path) -> tuple[tuple[int, int, int], ...]:
    """Returns what changes when the description of a folder does.

    Args:
        folder: Of a prepared data set.
    """
    paths = (folder / n for n in (INFO_FILE, _FEATURES_FILE, _METADATA_FILE))
    found = [path.stat() for path in paths if path.exists()]
    return tuple((s.st_ino, s.st_size, s.st_mtime_ns) for s in found)


def check(folder: pathlib.Path) -> None:
    """Refuses a description that TFDS must not see.

    Args:
        folder: Of a prepared data set.

    Raises:
        ValueError: As `open_builder`.
        FileNotFoundError: As `open_builder`.
    """
    info = folder / INFO_FILE
    _check_info(_read(info), info)
    features = folder / _FEATURES_FILE
    if not features.exists():
        raise FileNotFoundError(f"{features} is missing. {_FIX}")
    _check_features(_read(features), features)
    metadata = folder / _METADATA_FILE
    if metadata.exists():
        _check_metadata(_read(metadata), metadata)
    for names in folder.glob("*.labels.txt"):  # TFDS reads them by itself
        if not names.is_file():
            raise ValueError(f"{names} is not a file. {_FIX}")


def _read(path: pathlib.Path) -> dict[str, Any]:
    content = json_files.read(
        path, what="the description of a prepared data set", fix=_FIX
    )
    if not isinstance(content, dict):
        raise _refusal(path, "it must hold a JSON object")
    return content


def _check_info(content: dict[str, Any], path: pathlib.Path) -> None:
    """Checks formats, names of files, and counts."""
    try:
        info = json_format.ParseDict(content, dataset_info_pb2.DatasetInfo())
    except (json_format.Error, *_TFDS_ERRORS) as error:
        raise _refusal(path, str(error)) from error
    formats = [info.file_format, *info.alternative_file_formats]
    if info.file_format not in _FORMATS:
        raise _refusal(
            path,
            f"the data set is stored as {info.file_format}; videos are read "
            'from TFRecord files only, those of file_format="tfrecord"',
        )
    names = [info.name, info.config_name, *formats]
    for split in info.splits:
        names.append(split.name)
        if not _TEMPLATE.fullmatch(split.filepath_template):
            raise _refusal(
                path,
                f"the files of split {split.name!r} must be in the folder of "
                "the data set, with the variables of TFDS in their names. "
                f"Received: {split.filepath_template!r}",
            )
        if any(length < 0 for length in split.shard_lengths):
            raise _refusal(
                path, f"split {split.name!r} has a negative number of videos"
            )
    for name in names:
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise _refusal(path, f"{name!r} is no name for a part of a file")
    if info.HasField("features"):  # TFDS would take them from here too
        _check_features(json_format.MessageToDict(info.features), path)


def _check_features(content: dict[str, Any], path: pathlib.Path) -> None:
    """Refuses classes and arguments that are not on the lists."""
    for key, value in _fields(content, path):
        if key in _CLASS_KEYS and isinstance(value, str):
            if value not in FEATURE_CLASSES:
                raise _refusal(
                    path,
                    f"it names the class {value!r}, which would be imported; "
                    f"only the features of TFDS itself ({_PACKAGE}.*) are "
                    "allowed",
                )
        elif key in _PATH_KEYS and isinstance(value, str):
            raise _refusal(
                path, f"the argument {key} of a feature is not allowed"
            )
        elif key in _COUNT_KEYS and not _is_count(value):
            raise _refusal(
                path,
                f"{key} must be a number from 0 to {limits.MAX_ACTION + 1:,}. "
                f"Received: {value!r}",
            )


def _fields(
    value: Any, path: pathlib.Path, depth: int = 0
) -> Iterator[tuple[str, Any]]:
    """Yields all (key, value) of nested JSON, also of JSON in strings."""
    if depth > 5 * _MAX_DEPTH:
        raise _refusal(path, "its values are nested too deeply")
    if isinstance(value, list):
        for item in value:
            yield from _fields(item, path, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            if key in _JSON_KEYS and isinstance(item, str):
                try:
                    item = json.loads(item)
                except (ValueError, RecursionError) as error:
                    raise _refusal(path, f"{key!r} is not JSON") from error
            yield from _fields(item, path, depth + 1)


def _is_count(value: Any) -> bool:
    try:
        return 0 <= float(value) <= limits.MAX_ACTION + 1
    except (TypeError, ValueError, OverflowError):
        return value is None


def _check_metadata(content: dict[str, Any], path: pathlib.Path) -> None:
    """Checks the fields that this package reads."""
    for key in _NAME_LISTS:
        names = content.get(key, [])
        if (
            not isinstance(names, list)
            or len(names) > limits.MAX_ACTION
            or not all(isinstance(name, str) for name in names)
        ):
            raise _refusal(path, f"{key} must be a list of names")
    for key in _NOTES:
        if not isinstance(content.get(key, {}), dict):
            raise _refusal(path, f"{key} must be an object")


def _check_shapes(info: tfds.core.DatasetInfo, path: pathlib.Path) -> None:
    """Refuses sizes for which memory is taken before anything is read."""
    if not isinstance(info.features, tfds.features.FeaturesDict):
        raise ValueError(f"{path} does not describe a dict of features.")
    for part in tf.nest.flatten(info.features.get_serialized_info()):
        size = math.prod(length for length in part.shape if length)
        if not 0 <= size <= _MAX_ELEMENTS:
            raise ValueError(
                f"{path} asks for a feature of shape {part.shape}, more than "
                f"{_MAX_ELEMENTS:,} values."
            )


def _refusal(path: pathlib.Path, problem: str) -> ValueError:
    return ValueError(
        f"{path} does not describe a prepared data set that can be read: "
        f"{problem.rstrip('.')}. {_FIX}"
    )
