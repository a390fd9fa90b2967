import pathlib

import hypothesis
import pytest
from hypothesis import strategies as st

from tcc.io import safe_names


@pytest.mark.parametrize("name", ["a", "tasse 茶 ü", "v 1.take-2_b", "a'b"])
def test_harmless_names_stay(name):
    assert safe_names.make_safe(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "a\nb",
        "a\0b",
        ".hidden",
        "end. ",
        "CON",
        "nul.txt",
        "x" * 300,
        "ü" * 300,
        "\ud800",
    ],
)
def test_hostile_names_become_plain_ones(tmp_path, name):
    safe = safe_names.make_safe(name)
    assert pathlib.PurePath(safe).name == safe
    assert safe != name
    assert not safe.startswith(".")
    (tmp_path / f"{safe}.mp4").touch()
    assert [path.name for path in tmp_path.iterdir()] == [f"{safe}.mp4"]


def test_names_that_look_alike_stay_different():
    assert safe_names.make_safe("a/b") != safe_names.make_safe("a:b")
    taken: set[str] = set()
    names = [safe_names.make_unique(name, taken) for name in ("A", "a", "A")]
    assert names == ["A", "a_2", "A_3"]


@hypothesis.given(st.text())
@hypothesis.example("\x1f" + 40 * "𐀀")  # cut off, and changed
def test_no_name_leaves_the_folder(name):
    safe = safe_names.make_safe(name)
    folder = pathlib.PurePosixPath("/folder")
    assert (folder / safe).parent == folder
    assert safe not in ("", ".", "..")
    assert len(safe.encode()) < 200
    assert safe_names.make_safe(safe) == safe
