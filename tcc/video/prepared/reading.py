"""Opens prepared data sets and reads whole videos from them.

Every builder of `tcc.datasets` writes the same form, which TFDS reads back
without the builder's code: one record per video with its JPEG frames
(`video`) and, all optional, `frame_labels`, `timestamps`, `name`, `fps` and
`label`.
"""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tcc.io import limits
from tcc.video.prepared import prepared_files, record_parsing, records

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_INFO_FILE = prepared_files.INFO_FILE
_SHOWN_ENTRIES = 8  # of a folder, in an error message


@dataclasses.dataclass(frozen=True)
class Video:
    """One whole video, its frames still encoded.

    Attributes:
        name: Unique in its split.
        jpegs: L encoded frames.
        frame_labels: int64 [L], phases, -1 where unlabelled.
        timestamps: float64 [L], seconds; NaN if neither they nor the frame
            rate are known.
        fps: Frames per second, NaN if unknown.
        label: The action, -1 if none.
        source: Path of the file that it was made from, where its sound is;
            "" if unknown.
    """

    name: str
    jpegs: list[bytes]
    frame_labels: np.ndarray
    timestamps: np.ndarray
    fps: float
    label: int
    source: str = ""


@dataclasses.dataclass(frozen=True)
class PreparedDataset:
    """A prepared data set on disk.

    Attributes:
        name: As in the configuration.
        folder: Where it is.
        info: What TFDS knows about it.
    """

    name: str
    folder: pathlib.Path
    info: tfds.core.DatasetInfo

    @property
    def phase_names(self) -> list[str]:
        """Names of the frame labels; empty if there are none."""
        return list((self.info.metadata or {}).get("phase_names", []))

    @property
    def action_names(self) -> list[str]:
        """Names of the videos' labels; empty if they are not known."""
        names = (self.info.metadata or {}).get("action_names", [])
        features = self.info.features
        if not names and "label" in features:  # as in TFDS's own catalogue
            names = getattr(features["label"], "names", None)
        return list(names or [])

    def locate(self, split: str) -> records.RecordTable:
        """Finds the records of a split.

        Args:
            split: A name, or part of one in TFDS's notation: "train[:50%]".

        Raises:
            ValueError: If there is no such split, or a file of it is damaged.
            FileNotFoundError: If a file of it is missing.
        """
        try:
            instructions = self.info.splits[split].file_instructions
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"data set {self.name} has no split {split!r}. There is: "
                f"{', '.join(sorted(self.info.splits)) or 'none'} "
                f"(in {self.folder})."
            ) from error
        files, offsets = [], []
        for index, part in enumerate(instructions):
            found = _find_records(self, part.filename, part.examples_in_shard)
            found = found[part.skip : part.skip + part.take]
            files.append(np.full(len(found), index, np.int64))
            offsets.append(found)
        num_videos = sum(map(len, offsets))
        return records.RecordTable(
            paths=tuple(part.filename for part in instructions),
            files=np.concatenate([np.zeros(0, np.int64), *files]),
            offsets=np.concatenate([np.zeros(0, np.int64), *offsets]),
            fallback_names=tuple(f"{split}/{i}" for i in range(num_videos)),
        )


def open_dataset(name: str, data_dir: str) -> PreparedDataset:
    """Opens a prepared data set.

    Args:
        name: "<dataset>/<config>" or "<dataset>", with "/<version>" or
            without (then the latest), below `data_dir`; or the path of a
            prepared folder anywhere.
        data_dir: Where the data sets were prepared.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is not in the prepared form, damaged, or describes
            itself by classes that are not of TFDS.
    """
    folder = _find_folder(name, data_dir)
    info = _read_info(folder, prepared_files.state(folder))
    stored = info.features.get_serialized_info()
    video = stored.get("video")
    if getattr(video, "dtype", None) != np.dtype(object):
        raise ValueError(
            f"{folder} is not a prepared video data set: it needs a feature "
            f"`video` of encoded frames and has {sorted(stored)}."
        )
    return PreparedDataset(name=name, folder=folder, info=info)


@functools.lru_cache(maxsize=64)
def _read_info(
    folder: pathlib.Path, unused_state: tuple[tuple[int, int, int], ...]
) -> tfds.core.DatasetInfo:
    """Reads what a folder holds, once for each state of it.

    TFDS keeps every builder that was ever made, so a process that opens a data
    set again and again would grow.
    """
    return prepared_files.open_builder(folder).info


def iterate_videos(
    name: str, data_dir: str, split: str, *, part: slice = slice(None)
) -> Iterator[Video]:
    """Reads the videos of a split in the order of the files.

    One video is held at a time, and none of its frames is decoded.

    Args:
        name: As in `open_dataset`.
        data_dir: As in `open_dataset`.
        split: As in `PreparedDataset.locate`.
        part: Which of its videos, by their places.

    Yields:
        Each video.

    Raises:
        FileNotFoundError: If the data set is not there.
        ValueError: If there is no such split, or a record is damaged.
    """
    table = open_dataset(name, data_dir).locate(split)
    for index in range(len(table))[part]:
        path, offset = table.paths[table.files[index]], table.offsets[index]
        try:
            record = records.read(path, offset)
            fields = record_parsing.parse(record, table.fallback_names[index])
        except (
            tf.errors.DataLossError,
            tf.errors.InvalidArgumentError,
        ) as error:
            raise ValueError(
                f"video {index} of split {split!r} of {name} (in {path}) is "
                f"damaged: {error.message} Prepare the data set again."
            ) from error
        yield _to_video(
            fields,
            f"video {index} of split {split!r} of {name} (in {path}) "
            "is damaged",
        )


def _to_video(fields: dict[str, tf.Tensor], problem: str) -> Video:
    """Makes a video of a parsed record, and checks its values.

    Raises:
        ValueError: If a value is impossible; it begins with `problem`.
    """
    values = {key: tensor.numpy() for key, tensor in fields.items()}
    for key, largest in (
        ("frame_labels", limits.MAX_PHASE),
        ("label", limits.MAX_ACTION),
    ):
        low, high = np.min(values[key]), np.max(values[key])
        if low < -1 or high > largest:
            raise ValueError(
                f"{problem}: its {key} must be from -1 to {largest}. Prepare "
                f"the data set again. Received: {low} to {high}"
            )
    try:
        name, source = (values[key].decode() for key in ("name", "source"))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{problem}: its name is not UTF-8 text. Prepare the data set "
            "again."
        ) from error
    return Video(
        name=name,
        jpegs=values["video"].tolist(),
        frame_labels=values["frame_labels"],
        timestamps=values["timestamps"],
        fps=float(values["fps"]),
        label=int(values["label"]),
        source=source,
    )


def _find_records(
    dataset: PreparedDataset, path: str, expected: int
) -> np.ndarray:
    """Returns the offsets of the `expected` records of a file."""
    mend = f"Prepare it again: {_prepare_command(dataset.name)}"
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(
            f"data set {dataset.name} lacks its file {path}. {mend}"
        )
    offsets = records.find_offsets(path)
    if len(offsets) != expected:
        raise ValueError(
            f"{path} of data set {dataset.name} has {len(offsets)} videos "
            f"instead of {expected}. {mend}"
        )
    return offsets


def _find_folder(name: str, data_dir: str) -> pathlib.Path:
    """Resolves a data set's name to the folder of its latest version."""
    root = pathlib.Path(data_dir).expanduser()
    candidates = [root / name, pathlib.Path(name).expanduser()]
    for candidate in candidates:
        if (candidate / _INFO_FILE).is_file():
            return candidate
        versions = [p.parent for p in candidate.glob(f"*/{_INFO_FILE}")]
        versions = [p for p in versions if _VERSION.fullmatch(p.name)]
        if versions:
            return max(versions, key=lambda p: _version_key(p.name))
    raise FileNotFoundError(
        f"data set {name!r} is not prepared. Looked in {candidates[0]}, "
        f"where there is {_describe(candidates[0])}; in {root} there is "
        f"{_describe(root)}. Prepare it: {_prepare_command(name, data_dir)}"
    )


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _describe(folder: pathlib.Path) -> str:
    """Names what is in a folder, for an error message."""
    if not folder.is_dir():
        return "no such folder"
    entries = sorted(
        path.name
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name != "downloads"
    )
    shown = ", ".join(entries[:_SHOWN_ENTRIES]) or "nothing"
    return shown + (", …" if len(entries) > _SHOWN_ENTRIES else "")


def _prepare_command(name: str, data_dir: str = "…") -> str:
    return (
        f"python -m tcc.datasets.prepare --dataset={name} --data_dir={data_dir}"
    )
