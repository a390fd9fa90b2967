"""Finds the TFRecord files of each split.

The original names them `<set>_<split>-<i>-of-<n>.tfrecord`, i from 0.
"""

import collections
import pathlib
import re
from collections.abc import Sequence

from tcc.io import folder_entries

_SHARD = re.compile(
    r"(?P<set>.+)_(?P<split>[A-Za-z]+)-(?P<index>\d+)-of-(?P<count>\d+)"
    r"(\.tfrecords?)?"
)
_NAME = "<set>_<split>-<i>-of-<n>.tfrecord"
_SPLIT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Shards = dict[str, tuple[pathlib.Path, ...]]


def find_in_folder(
    folder: pathlib.Path, *, dataset: str | None = None
) -> Shards:
    """Finds the files of a set by their names.

    Args:
      folder: that holds them.
      dataset: the set's name; None takes the only one that there is.

    Returns:
      The files of each split, in the order of their numbers.

    Raises:
      FileNotFoundError: when the folder or one of the files is missing.
      ValueError: when there are several sets, or something is no file.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder of TFRecords {folder}.")
    found: dict[str, dict[str, dict[int, pathlib.Path]]]
    found = collections.defaultdict(lambda: collections.defaultdict(dict))
    counts = {}
    for path in folder_entries.list_visible(folder):
        match = _SHARD.fullmatch(path.name)
        if match and dataset in (None, match["set"]):
            found[match["set"]][match["split"]][int(match["index"])] = path
            counts[match["set"], match["split"]] = int(match["count"])
    if not found:
        raise FileNotFoundError(
            f"{folder} has no files {_NAME}, <set> being "
            f"{dataset or 'any name'}. For other names there is --records."
        )
    if len(found) > 1:
        raise ValueError(
            f"{folder} must hold the TFRecords of one set only. Say which with "
            "--records='train=PATTERN,val=PATTERN'. "
            f"Received: {', '.join(sorted(found))}."
        )
    ((name, splits),) = found.items()
    for split, shards in splits.items():
        count = counts[name, split]
        missing = sorted(set(range(count)) - set(shards))
        if missing:
            raise FileNotFoundError(
                f"{folder} lacks {name}_{split}-{missing[0]}-of-{count}"
                f".tfrecord ({len(missing)} of {count} files are missing). "
                "Copy or download it."
            )
    ordered = {
        split: tuple(shards[index] for index in sorted(shards))
        for split, shards in splits.items()
    }
    for paths in ordered.values():
        _require_files(paths)
    return ordered


def find_by_pattern(records: Sequence[str]) -> Shards:
    """Finds the files of each split by patterns.

    Args:
      records: "<split>=<pattern>" each, as in "train=clips/train-*".

    Returns:
      The files of each split, in the order of their names.

    Raises:
      FileNotFoundError: when no file fits a pattern.
      ValueError: when an entry is not of that form, a split comes twice, or
        something is no file.
    """
    shards: Shards = {}
    for entry in records:
        split, equals, pattern = entry.partition("=")
        if not equals or not _SPLIT.fullmatch(split) or split in shards:
            raise ValueError(
                "--records must be <split>=<pattern>, each split once, as in "
                "--records='train=clips/train-*,val=clips/val-*'. "
                f"Received: {entry!r}."
            )
        paths = tuple(
            path for path in folder_entries.expand(pattern) if not path.is_dir()
        )
        if not paths:
            raise FileNotFoundError(
                f"--records: no file fits {pattern!r} of the split {split!r}."
            )
        _require_files(paths)
        shards[split] = paths
    return shards


def _require_files(paths: Sequence[pathlib.Path]) -> None:
    for path in paths:
        folder_entries.require_file(path)
