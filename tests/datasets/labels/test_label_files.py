import json

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
