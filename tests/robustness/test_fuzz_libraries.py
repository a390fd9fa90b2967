"""Files that a library reads for us, of any content; see `test_fuzz`."""

import functools
import json
import pathlib
import shutil
import tempfile

import keras
import numpy as np
import pytest
from hypothesis import strategies as st

from tcc.datasets.showing import reading
from tcc.evaluation.embedding import embedding_files
from tcc.feature_cache import videos
from tcc.models.backbones import weight_files
from tcc.video import prepared
from tests.evaluation.examples import make_embeddings
from tests.robustness.test_fuzz import (
    _JSON,
    _TEXT,
    _damaged,
    _fuzz,
    _reads_or_names,
)
from tests.video import prepared_videos


@pytest.fixture(scope="module", autouse=True)
def _remove_folders():
    yield
    shutil.rmtree(_folder(), ignore_errors=True)
    _folder.cache_clear()


@functools.cache
def _folder() -> pathlib.Path:
    """Holds a prepared data set, a file of weights and other good files."""
    return pathlib.Path(tempfile.mkdtemp())


@functools.cache
def _prepared() -> pathlib.Path:
    lengths = {"train": [3], "val": [2]}
    return prepared_videos.write(
        _folder(), "set", lengths=lengths, num_shards=1
    )


def _descriptions(name: str) -> st.SearchStrategy[bytes]:
    """Damaged ones, and good ones with any value in any place."""
    good = (_prepared() / name).read_bytes()
    paths = list(_paths(json.loads(good)))

    def change(path, value):
        content = json.loads(good)
        where = content
        for key in path[:-1]:
            where = where[key]
        where[path[-1]] = value
        return json.dumps(content).encode()

    values = st.one_of(_JSON, st.sampled_from([10**30, "../x", "{", "a.B"]))
    return st.one_of(
        _TEXT,
        _damaged(good),
        st.builds(change, st.sampled_from(paths), values),
    )


def _paths(content, prefix=()):
    items = []
    if isinstance(content, dict):
        items = list(content.items())
    elif isinstance(content, list):
        items = list(enumerate(content))
    for key, value in items:
        yield (*prefix, key)
        yield from _paths(value, (*prefix, key))


def _check_description(folder: pathlib.Path, name: str, content: bytes):
    copy = folder / "copy"
    if not copy.exists():
        shutil.copytree(_prepared(), copy)
    (copy / name).write_bytes(content)

    def read():
        dataset = prepared.open_dataset(str(copy), "/nowhere")
        assert all(isinstance(n, str) for n in dataset.phase_names)
        assert all(isinstance(n, str) for n in dataset.action_names)
        for split in dataset.info.splits:
            try:
                dataset.locate(split)
            except FileNotFoundError as error:
                assert str(copy) in str(error)
        reading.open_folder(copy)

    _reads_or_names(copy, read)


@_fuzz(st.deferred(lambda: _descriptions("features.json")))
def test_features(folder, content):
    _check_description(folder, "features.json", content)


@_fuzz(st.deferred(lambda: _descriptions("dataset_info.json")))
def test_dataset_info(folder, content):
    _check_description(folder, "dataset_info.json", content)


@_fuzz(st.deferred(lambda: _descriptions("metadata.json")))
def test_metadata(folder, content):
    _check_description(folder, "metadata.json", content)


def _network() -> keras.Model:
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, name="dense")]
    )


@functools.cache
def _weights(suffix: str) -> bytes:
    path = _folder() / f"network{suffix}"
    network = _network()
    network.save(path) if suffix == ".h5" else network.save_weights(path)
    return path.read_bytes()


def _check_weights(path: pathlib.Path, content: bytes) -> None:
    path.write_bytes(content)
    _reads_or_names(
        path, lambda: weight_files.load({"a network": _network}, str(path))
    )


@_fuzz(st.deferred(lambda: _damaged(_weights(".weights.h5"))))
def test_weights(folder, content):
    _check_weights(folder / "x.weights.h5", content)


@_fuzz(st.deferred(lambda: _damaged(_weights(".h5"))))
def test_legacy_weights(folder, content):
    _check_weights(folder / "x.h5", content)


_NUMBERS = np.arange(2)


@functools.cache
def _table() -> bytes:
    path = _folder() / "videos.npz"
    videos.save(
        videos.VideoTable(
            numbers=_NUMBERS,
            seq_lens=np.array([3, 2]),
            labels=np.array([-1, 4]),
            names=np.array(["a", "b"]),
            frame_labels=np.arange(5),
        ),
        path,
    )
    return path.read_bytes()


@_fuzz(st.deferred(lambda: _damaged(_table())))
def test_tables_of_cached_videos(folder, content):
    path = folder / "videos.npz"
    path.write_bytes(content)
    _reads_or_names(path, lambda: videos.load(path, numbers=_NUMBERS))


_ANY_NUMBERS = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([-(2**63), 2**63 - 1, 10**9, 10**12, 65_536]),
)
_ANY_FLOATS = st.floats(width=64)


def _arrays(draw_length: int) -> st.SearchStrategy[np.ndarray]:
    whole = st.lists(
        _ANY_NUMBERS, min_size=draw_length, max_size=draw_length
    ).map(lambda v: np.array(v, np.int64))
    real = st.lists(
        _ANY_FLOATS, min_size=draw_length, max_size=draw_length
    ).map(lambda v: np.array(v, np.float64))
    return st.one_of(whole, real)


@_fuzz(
    st.tuples(
        st.sampled_from(
            [
                "steps",
                "times",
                "labels",
                "lengths",
                "fps",
                "seq_lens",
                "actions",
                "step",
                "names",
                "dataset",
            ]
        ),
        st.integers(0, 6).flatmap(_arrays),
    )
)
def test_embeddings_of_any_values(folder, content):
    key, values = content
    path = folder / "x.npz"
    embs = [np.ones((3, 2), np.float32), np.zeros((2, 2), np.float32)]
    embedding_files.save(make_embeddings(embs), path)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {key: values})

    def read():
        found = embedding_files.load(path)
        assert max(labels.max() for labels in found.frame_labels) < 10_000
        assert found.seq_lens.max() <= 10**9

    _reads_or_names(path, read)
