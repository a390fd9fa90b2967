import json
import time

import hypothesis
import pytest
from hypothesis import strategies as st

from tcc.datasets.labels import annotations, label_files


def _read(tmp_path, content):
    path = tmp_path / "labels.json"
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return label_files.read_json(path)


def test_microseconds_become_seconds(tmp_path):
    content = _read(tmp_path, {"v": {"a": {"0": [0, 1500000]}}})
    assert content.segments == {"v": [annotations.Segment(0, 0.0, 1.5)]}
    assert content.problems == {}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], r"at least one annotator. Received: \[\]"),
        ({}, r"at least one annotator. Received: \{\}"),
        ({"a": {}}, r"at least one phase. Received: \{\}"),
        ({"a": {"x": [0, 1]}}, "a number from 0"),
        ({"a": {"-1": [0, 1]}}, "a number from 0"),
        ({"a": {"²": [0, 1]}}, "a number from 0"),
        ({"a": {"0": [0]}}, r"\[start, end\] in microseconds. Received: \[0\]"),
        ({"a": {"0": [0, "1"]}}, r"in microseconds. Received: \[0, \"1\"\]"),
        ({"a": {"0": [False, True]}}, "in microseconds"),
        ({"a": {"0": [0, float("nan")]}}, "in microseconds"),
        ({"a": {"0": [0, 10**400]}}, "in microseconds"),
        ({"a": {"2": [5, 4]}}, r"phase 2 must have 0 <= start <= end"),
        ({"a": {"2": [-5, 4]}}, r"0 <= start <= end. Received: \[-5, 4\]"),
    ],
)
def test_a_bad_entry_is_a_problem_of_its_video_only(tmp_path, entry, message):
    good = {"a": {"0": [0, 1]}}
    content = _read(tmp_path, {"bad": entry, "good": good})
    assert list(content.segments) == ["good"]
    assert list(content.problems) == ["bad"]
    with pytest.raises(ValueError, match=message):
        raise ValueError(content.problems["bad"])
    assert "labels.json, video 'bad'" in content.problems["bad"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON .*line 1"),
        ("", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"v": ' + "9" * 5000 + "}", "is not valid JSON"),
        ("[1, 2]", r"must hold an object .*Received: \[1, 2\]"),
    ],
)
def test_a_file_that_is_no_label_file_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        _read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no label file .*none\.json"):
        label_files.read_json(tmp_path / "none.json")


def test_all_problems_of_a_video_are_told(tmp_path):
    entry = {"a": {"x": [0, 1], "0": [3, 2], "1": "no"}, "b": {}, "c": 5}
    problem = _read(tmp_path, {"v": entry}).problems["v"]
    for part in (
        "annotator 'a' has a phase that is not",
        "annotator 'a', phase 0 must have 0 <= start <= end",
        "annotator 'a', phase 1 must be [start, end]",
        "annotator 'b' must have an object",
        "annotator 'c' must have an object",
    ):
        assert part in problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"v": {"a": {"0": [0, 1]}}, "v": {"a": {"0": [0, 1]}}}',
            "stands more than once",
        ),
        (
            '{"v": {"a": {"0": [0, 1]}, "a": {"0": [0, 1]}}}',
            "annotator 'a' stands more than once",
        ),
        ('{"v": {"a": {"0": [0, 1], "0": [0, 2]}}}', "phase 0 twice"),
        ('{"v": {"a": {"0": [0, 1], "00": [0, 2]}}}', "phase 0 twice"),
    ],
)
def test_what_stands_twice_is_a_problem(tmp_path, text, message):
    content = _read(tmp_path, text)
    assert content.segments == {}
    assert message in content.problems["v"]


def test_what_is_odd_is_remarked(tmp_path):
    entry = {"a": {"0": [0, 1_000_000], "1": [1_500_000, 2_000_000]}}
    content = _read(tmp_path, {"v": entry, "w": {"a": {"0": [0, 5]}}})
    assert list(content.remarks) == ["v"]
    assert "a gap of 0.50 s between phase 0 and phase 1" in content.remarks["v"]


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_encodings_of_windows_are_read(tmp_path, encoding):
    path = tmp_path / "labels.json"
    text = '{"caf\u00e9": {"a": {"0": [0, 1000000]}}}'
    path.write_bytes(text.encode(encoding))
    assert list(label_files.read_json(path).segments) == ["caf\u00e9"]


def test_other_encodings_are_named_by_line(tmp_path):
    path = tmp_path / "labels.json"
    path.write_bytes(b'{"a": 1,\n"caf\xe9": 2}')
    with pytest.raises(
        ValueError, match=r"labels\.json is not valid JSON: line 2 .*UTF-8"
    ):
        label_files.read_json(path)


def test_keys_that_stand_twice_are_named_by_their_lines(tmp_path):
    text = (
        '{\n"v": {"v": {"0": [0, 1]}},\n"w\\"": {"a": {"0": [0, 1]}},'
        '\n"v": {"a": {"0": [0, 1]}}\n}'
    )
    content = _read(tmp_path, text)
    assert "video 'v': (lines 2, 4) it stands more" in content.problems["v"]
    assert list(content.segments) == ['w"']


def test_composed_and_decomposed_names_of_phases_are_alike(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"v": {"a": {"me\u0301lange": [0, 1000000]}}}')
    content = label_files.read_json(path, phase_names=["x", "m\u00e9lange"])
    assert content.segments == {"v": [annotations.Segment(1, 0.0, 1.0)]}


def test_the_time_of_reading_grows_with_the_videos_only(tmp_path):
    def seconds(count):
        path = tmp_path / f"{count}.json"
        entry = {"a": {"0": [0, 1000000]}}
        path.write_text(json.dumps({f"v{i}": entry for i in range(count)}))
        start = time.process_time()
        assert len(label_files.read_json(path).segments) == count
        return time.process_time() - start

    seconds(100)  # what is imported on the way
    # 16 times the videos; their square would be 256 times the time.
    assert seconds(16_000) < 64 * min(seconds(1000) for _ in range(3))


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("0a", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@hypothesis.settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    entry=_ANY_JSON
    | st.dictionaries(
        st.just("a"), st.dictionaries(st.text("01", max_size=2), _ANY_JSON)
    )
)
def test_any_json_is_read_or_refused(tmp_path, entry):
    content = _read(tmp_path, {"video": entry})
    assert set(content.segments) | set(content.problems) == {"video"}
