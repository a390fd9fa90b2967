"""Files of any content: every reader reads it, or says what is wrong with it.

What is wrong is a `ValueError` that names the file; nothing else may come out.
The slow tests look at many times as many files.
"""

import contextlib
import functools
import json
import pathlib
import tempfile

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from tcc.configs import schema, serialization
from tcc.datasets.builders.tcc_tfrecords import parsing, scanning
from tcc.datasets.labels import label_tables, phase_arrays
from tcc.datasets.preparing import jpeg
from tcc.evaluation.checkpoints import best_checkpoint
from tcc.evaluation.embedding import embedding_files
from tcc.evaluation.report import results
from tcc.video.prepared import record_fields, records
from tests.evaluation.examples import make_embeddings

_QUICK, _LONG = 40, 600


def _fuzz(strategy):
    """Makes of `check(folder, content)` a quick test and a long one."""

    def decorate(check):
        @pytest.mark.parametrize(
            "examples",
            [_QUICK, pytest.param(_LONG, marks=pytest.mark.slow)],
            ids=["quick", "long"],
        )
        def test(tmp_path, examples):
            limits = hypothesis.settings(
                max_examples=examples,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
            )

            @limits
            @hypothesis.given(strategy)
            def check_all(content):
                check(tmp_path, content)

            check_all()

        test.__doc__ = check.__doc__
        return test

    return decorate


def _reads_or_names(path: pathlib.Path, read) -> None:
    try:
        read()
    except ValueError as error:
        assert type(error) is ValueError, repr(error)
        assert str(path) in str(error)


def _damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """A good file with bytes changed, cut off, left out or put in."""
    place = st.integers(0, len(content))

    def change(places, values, cut, inserted):
        data = bytearray(content)
        for position, value in zip(places, values, strict=False):
            data[position % len(data)] = value
        start = cut % (len(data) + 1)
        return bytes(data[:start] + inserted + data[start:])

    def cut_out(first, second):
        start, stop = sorted((first, second))
        return content[:start] + content[stop:]

    return st.one_of(
        st.binary(max_size=200),
        place.map(lambda end: content[:end]),
        st.builds(cut_out, place, place),
        st.builds(
            change,
            st.lists(place, max_size=4),
            st.lists(st.integers(0, 255), max_size=4),
            place,
            st.sampled_from([b"", b"", b"\x00", b"\xff" * 4, b"{"]),
        ),
    )


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["0", "1", "video.mp4", "a", "-1", "1e999"]),
)
_KEYS = st.one_of(
    st.text(max_size=6), st.sampled_from(["0", "1", "2", "format", "step"])
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(st.one_of(st.integers(), st.floats()), max_size=3),
        st.dictionaries(_KEYS, inner, max_size=4),
    ),
    max_leaves=12,
)
_LABELS = b'{"a.mp4": {"x": {"0": [0, 400000], "1": [400000, 800000]}}}'
_TEXT = st.one_of(
    _JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(_KEYS, st.dictionaries(_KEYS, _JSON, max_size=2)).map(
        lambda value: json.dumps(value).encode()
    ),
    _damaged(_LABELS),
    st.integers(1, 5000).map(lambda depth: b"[" * depth),
    st.integers(4000, 5000).map(lambda digits: b'{"a": ' + b"9" * digits),
)


def _reads_labels(path: pathlib.Path) -> None:
    for names in ((), ("reach", "0")):
        _reads_or_names(
            path,
            lambda names=names: _check_labels(
                path, label_tables.read_any(path, phase_names=names)
            ),
        )


def _check_labels(path: pathlib.Path, file) -> None:
    for segments in file.segments.values():
        for segment in segments:
            assert np.isfinite([segment.start, segment.end]).all()
            assert segment.phase >= 0
    assert not file.segments.keys() & file.problems.keys()
    assert all(str(path) in problem for problem in file.problems.values())


@_fuzz(_TEXT)
def test_label_json(folder, content):
    path = folder / "labels.json"
    path.write_bytes(content)
    _reads_labels(path)


_FIELDS = st.one_of(
    st.text(max_size=5),
    st.sampled_from(["a.mp4", "0", "1", "2.5", "nan", "inf", "-1", "frames"]),
    st.floats().map(str),
)
_ROWS = st.lists(st.lists(_FIELDS, max_size=7).map(",".join), max_size=6)
_HEADER = "video,start,end,phase,annotator,unit"


@_fuzz(
    st.one_of(
        _ROWS.map(lambda rows: "\n".join(rows).encode(errors="replace")),
        _ROWS.map(
            lambda rows: "\n".join([_HEADER, *rows]).encode(errors="replace")
        ),
        _damaged(f"{_HEADER}\na.mp4,0,1.5,0,x,seconds\n".encode()),
    )
)
def test_label_csv(folder, content):
    path = folder / "labels.csv"
    path.write_bytes(content)
    _reads_labels(path)


def _config_texts() -> st.SearchStrategy[bytes]:
    values = serialization.to_dict(schema.ExperimentConfig())
    paths = [
        (section, field)
        for section, fields in values.items()
        if isinstance(fields, dict)
        for field in fields
    ]

    def change(where, value, text):
        changed = json.loads(json.dumps(values))
        changed[where[0]][where[1]] = value
        return (json.dumps(changed) + text).encode()

    return st.one_of(
        _TEXT,
        _damaged(json.dumps(values).encode()),
        st.builds(
            change, st.sampled_from(paths), _JSON, st.sampled_from(["", "}"])
        ),
        st.dictionaries(st.sampled_from(list(values)), _JSON).map(
            lambda found: json.dumps(found).encode()
        ),
    )


@_fuzz(_config_texts())
def test_config(folder, content):
    path = folder / serialization.CONFIG_FILE
    path.write_bytes(content)
    _reads_or_names(path, lambda: serialization.load(folder))


@_fuzz(_TEXT)
def test_results(folder, content):
    path = folder / results.RESULTS_FILE
    path.write_bytes(content)
    _reads_or_names(path, lambda: results.read_json(folder))


@_fuzz(_TEXT)
def test_best_checkpoint(folder, content):
    path = folder / "best" / "best.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    _reads_or_names(path, lambda: best_checkpoint.read(folder))


@functools.cache
def _saved(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"file.{kind}"
        if kind == "npz":
            embs = [np.ones((3, 2), np.float32), np.zeros((2, 2), np.float32)]
            embedding_files.save(make_embeddings(embs), path)
        elif kind == "npy":
            np.save(path, np.array([0, 0, 1, 2]))
        else:
            with tf.io.TFRecordWriter(str(path)) as writer:
                for name in (b"a", b"bb"):
                    writer.write(_record(name))
        return path.read_bytes()


def _record(name: bytes) -> bytes:
    """A video of two frames in the original's format."""

    def of_bytes(value):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    def of_int(value):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

    jpeg = tf.io.encode_jpeg(np.zeros((4, 4, 3), np.uint8)).numpy()
    return tf.train.SequenceExample(
        context=tf.train.Features(
            feature={"name": of_bytes(name), "len": of_int(2)}
        ),
        feature_lists=tf.train.FeatureLists(
            feature_list={
                "video": tf.train.FeatureList(feature=[of_bytes(jpeg)] * 2),
                "frame_labels": tf.train.FeatureList(feature=[of_int(0)] * 2),
            }
        ),
    ).SerializeToString()


@_fuzz(st.deferred(lambda: _damaged(_saved("npz"))))
def test_embeddings(folder, content):
    path = folder / "x.npz"
    path.write_bytes(content)
    _reads_or_names(path, lambda: embedding_files.load(path))


@_fuzz(st.deferred(lambda: _damaged(_saved("npy"))))
def test_phase_arrays(folder, content):
    path = folder / "x.npy"
    path.write_bytes(content)
    _reads_or_names(path, lambda: phase_arrays.read(path, num_phases=3))


def _pictures() -> st.SearchStrategy[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    return st.one_of(
        _damaged(tf.io.encode_jpeg(pixels).numpy()),
        _damaged(tf.io.encode_png(pixels).numpy()),
    )


@_fuzz(st.deferred(_pictures))
def test_pictures(folder, content):
    path = folder / "x.jpg"
    for side in (None, 4):
        _reads_or_names(
            path,
            lambda side=side: jpeg.from_file(
                content, origin=str(path), shorter_side=side
            ),
        )


@_fuzz(st.deferred(lambda: _damaged(_saved("tfrecord"))))
def test_tfrecords(folder, content):
    path = folder / "x.tfrecord"
    path.write_bytes(content)
    places = scanning.find_records(path)
    assert not places.problem or str(path) in places.problem
    for index, offset in enumerate(places.offsets):
        source = parsing.RecordSource(
            path=path,
            index=index,
            offset=offset,
            source_fps=10,
            fps=None,
            shorter_side=None,
            num_phases=0,
        )
        _reads_or_names(path, functools.partial(parsing.make_video, source))


@_fuzz(st.deferred(lambda: _damaged(_record(b"name"))))
def test_records_of_any_message(folder, content):
    """The checksums are right, what they are of is anything."""
    path = folder / "x.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(content)
    assert scanning.find_records(path).offsets == [0]
    source = parsing.RecordSource(
        path=path,
        index=0,
        offset=0,
        source_fps=10,
        fps=5,
        shorter_side=2,
        num_phases=2,
    )
    _reads_or_names(path, lambda: parsing.make_video(source))


@_fuzz(st.deferred(lambda: _damaged(_saved("tfrecord"))))
def test_prepared_records(folder, content):
    path = folder / "x.tfrecord"
    path.write_bytes(content)

    def read():
        offsets = records.find_offsets(path)
        if content:
            record_fields.read_ints(path, offsets.tolist(), "len", default=-1)
        for offset in offsets:
            with contextlib.suppress(tf.errors.DataLossError):  # documented
                records.read(tf.constant(str(path)), tf.constant(offset))

    _reads_or_names(path, read)
