import json

import pytest

from tcc.datasets.labels import annotations, label_tables

_HEADER = "video,start,end,phase\n"
_NAMES = ("reach", "pour")


def _read(tmp_path, text, **settings):
    path = tmp_path / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return label_tables.read_csv(path, **settings)


def test_rows_become_segments(tmp_path):
    text = (
        "note,phase,video,end,start\n"
        "x,pour,a.mp4,4,1.5\n"
        'x,reach,a.mp4,1.5,0\n"two\nlines",1,"b, c.mp4",2,1\n'
    )
    content = _read(tmp_path, text, phase_names=_NAMES)
    assert content.problems == {}
    assert content.segments == {
        "a.mp4": [
            annotations.Segment(0, 0.0, 1.5),
            annotations.Segment(1, 1.5, 4.0),
        ],
        "b, c.mp4": [annotations.Segment(1, 1.0, 2.0)],
    }


@pytest.mark.parametrize(
    ("unit", "end", "written"),
    [
        ("seconds", 2.0, "seconds"),
        ("milliseconds", 0.002, "seconds"),
        ("microseconds", 2e-6, "seconds"),
        ("frames", 2.0, "frames"),
    ],
)
def test_units_by_flag_and_by_column(tmp_path, unit, end, written):
    expected = {"a": [annotations.Segment(0, 0.0, end, written)]}
    by_flag = _read(tmp_path, _HEADER + "a,0,2,0\n", unit=unit)
    assert by_flag.segments == expected
    column = f"video,start,end,phase,unit\na,0,2,0,{unit}\n"
    assert _read(tmp_path, column).segments == expected
    with pytest.raises(ValueError, match="has a column 'unit'"):
        _read(tmp_path, column, unit=unit)


def test_annotators_are_averaged(tmp_path):
    text = "video,start,end,phase,annotator\na,0,2,0,x\na,1,4,0,y\n"
    content = _read(tmp_path, "\N{BOM}" + text)
    assert content.segments == {"a": [annotations.Segment(0, 0.5, 3.0)]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("bad,0,1\n", "line 3: must have as many fields .*quotes"),
        ("bad,0,1,0,9\n", "line 3: must have as many fields"),
        ("bad,x,1,0\n", "start must be a number. Received: 'x'"),
        ("bad,0,nan,0\n", "end must be a number. Received: 'nan'"),
        ("bad,-1,1,0\n", "0 <= start <= end. Received: -1 and 1"),
        ("bad,3,1,0\n", "0 <= start <= end. Received: 3 and 1"),
        ("bad,0,1,drink\n", "or one of reach, pour. Received: 'drink'"),
        ("bad,0,1,2\n", "not below 2, .* Received: 2"),
        ("bad,0,1,-1\n", "not a number from 0.* Received: '-1'"),
    ],
)
def test_a_bad_row_is_a_problem_of_its_video_only(tmp_path, rows, message):
    content = _read(
        tmp_path, _HEADER + "good,0,1,0\n" + rows, phase_names=_NAMES
    )
    assert list(content.segments) == ["good"]
    assert list(content.problems) == ["bad"]
    with pytest.raises(ValueError, match=message):
        raise ValueError(content.problems["bad"])
    assert "labels.csv" in content.problems["bad"]


def test_times_and_frames_do_not_mix(tmp_path):
    text = "video,start,end,phase,unit\na,0,2,0,frames\na,2,3,1,seconds\n"
    assert "all be times" in _read(tmp_path, text).problems["a"]
    text = "video,start,end,phase,unit\na,0,2,0,hours\n"
    assert "one of seconds" in _read(tmp_path, text).problems["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header line .* an empty file"),
        ("a,0,1,0\n", "header line .*Received: 'a', '0', '1', '0'"),
        ("video,start,end,phase,phase\n", "each once"),
        (_HEADER + '"a,0,1,0\n', "not a valid CSV file"),
        (_HEADER.encode() + b"\xff,0,1,0\n", "not a valid CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        _read(tmp_path, text)


def test_the_ending_tells_the_kind(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"a": {"x": {"pour": [0, 1000000]}}}))
    content = label_tables.read_any(path, phase_names=_NAMES)
    assert content.segments == {"a": [annotations.Segment(1, 0.0, 1.0)]}
    with pytest.raises(ValueError, match=r"--label_unit is of label tables"):
        label_tables.read_any(path, unit="frames")
    with pytest.raises(FileNotFoundError, match="no label file"):
        label_tables.read_any(tmp_path / "none.csv")


def test_a_phase_may_come_back_where_there_is_one_annotator(tmp_path):
    text = _HEADER + "a,2,3,0\na,0,1,0\na,1,2.2,1\n"
    content = _read(tmp_path, text, phase_names=_NAMES)
    # The overlap of 0.2 s is shared.
    assert content.segments["a"] == [
        annotations.Segment(0, 0.0, 1.0),
        annotations.Segment(1, 1.0, 2.1),
        annotations.Segment(0, 2.1, 3.0),
    ]
    assert "an overlap of 0.20 s" in content.remarks["a"]


def test_parts_of_a_phase_cannot_be_averaged(tmp_path):
    text = "video,start,end,phase,annotator\na,0,1,0,x\na,2,3,0,x\na,0,1,0,y\n"
    content = _read(tmp_path, text)
    assert "phase 0 must stand once" in content.problems["a"]
    assert "2 annotators (x, y)" in content.problems["a"]


def test_all_problems_of_a_video_are_told(tmp_path):
    content = _read(tmp_path, _HEADER + "a,x,1,0\na,0,1,z\n")
    assert "line 2: start must" in content.problems["a"]
    assert "line 3: the line has a phase" in content.problems["a"]


_ROWS = (("a", "0", "1.5", "reach"), ("a", "1.5", "3", "pour"))
_SEGMENTS = {
    "a": [annotations.Segment(0, 0.0, 1.5), annotations.Segment(1, 1.5, 3.0)]
}


def _table(delimiter, rows=_ROWS, header=("video", "start", "end", "phase")):
    return "".join(delimiter.join(row) + "\n" for row in (header, *rows))


@pytest.mark.parametrize(
    "text",
    [
        _table(","),
        _table("\t"),
        _table(";"),
        _table("|"),
        _table(";").replace(".", ","),
        _table("\t").replace(".", ","),
        _table(",").replace("1.5", '"1,5"'),
        "sep=;\n" + _table(";").replace(".", ","),
        _table(",").replace("\n", "\r\n"),
        _table(",").replace("\n", "\r"),
        _table(",").replace("\n", ",,\n"),  # empty columns of a spreadsheet
        _table(",") + ",,,\n\n",
        _table(",").replace(",", ", "),
        _table(",", header=("Video", "START", " End", "Phase ")),
        _table(",", rows=(*_ROWS, _ROWS[0])),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_spreadsheets_are_read(tmp_path, text, encoding):
    content = _read(tmp_path, text.encode(encoding), phase_names=_NAMES)
    assert content.problems == {}
    assert content.segments == _SEGMENTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_table("\t", [("a", "0", "1,500", "0")]), "line 2: .*part thousands"),
        (_table(",", [("a", "0", '"2,500"', "0")]), "line 2: .*part thousands"),
        (
            _table(";", [("a", "0", "1,5", "0"), ("a", "1.5", "2", "1")]),
            "line 2: end has a comma, and other times have a point",
        ),
        (_table(";", [("a", "0", "1,5,0", "0")]), "must be a number"),
        (_table(",", [("a", "0,0", "1,5", "0")]), "with a comma needs quotes"),
        (_table(";", [("a", "0", "1")]), "with a semicolon needs quotes"),
    ],
)
def test_commas_that_are_not_certain_are_named(tmp_path, text, message):
    problem = _read(tmp_path, text).problems["a"]
    with pytest.raises(ValueError, match=rf"labels\.csv, {message}|{message}"):
        raise ValueError(problem)


def test_lines_are_counted_as_an_editor_does(tmp_path):
    text = "sep=;\n\nvideo;start;end;phase\n\na;0;x;0\n"
    problem = _read(tmp_path, text).problems["a"]
    assert "line 5: end must be a number" in problem


@pytest.mark.parametrize(
    "name", ["x.csv", "x.CSV", "x.tsv", "x.txt", "x", "x.json"]
)
def test_the_beginning_tells_the_kind(tmp_path, name):
    path = tmp_path / name
    path.write_text('\n {"a": {"me": {"reach": [0, 1500000]}}}')
    content = label_tables.read_any(path, phase_names=_NAMES)
    assert content.segments == {"a": [annotations.Segment(0, 0.0, 1.5)]}
    if name != "x.json":
        path.write_text(_table("\t"))
        content = label_tables.read_any(path, phase_names=_NAMES)
        assert content.segments == _SEGMENTS


def test_both_kinds_are_named(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(_table(","))
    with pytest.raises(ValueError, match=r"not valid JSON.*a table \(.csv"):
        label_tables.read_any(path)
    path = tmp_path / "x.txt"
    path.write_text("a b c")
    with pytest.raises(
        ValueError, match=r"semicolons or tabs; or be a label J"
    ):
        label_tables.read_any(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match="is a folder, not a file"):
        label_tables.read_any(path)
