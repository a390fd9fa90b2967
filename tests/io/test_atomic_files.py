"""Files appear when they are complete, or not at all."""

import pathlib

import pytest

from tcc.io import atomic_files
from tests.robustness import disks


def test_it_replaces_what_was_there_at_the_end(tmp_path):
    path = tmp_path / "made/for/it/table.csv"
    for text in ("one", "another"):
        before = path.read_text() if path.exists() else None
        with atomic_files.write(path) as unfinished:
            assert unfinished.parent == path.parent
            assert unfinished.suffix == ".csv"
            unfinished.write_text(text)
            assert (path.read_text() if path.exists() else None) == before
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["x" * 244 + ".weights.h5", "\xe9" * 125 + ".csv"]
)
def test_names_as_long_as_can_be_are_written(tmp_path, name):
    path = tmp_path / name  # 255 and 254 bytes
    with atomic_files.write(path) as unfinished:
        assert unfinished.suffixes == path.suffixes
        unfinished.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fail():
        with atomic_files.write(path) as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named_with_the_mend(tmp_path):
    with disks.mounted(tmp_path / "disk", kilobytes=64) as disk:
        path = disk / "table.csv"
        path.write_text("before")

        def write():
            with atomic_files.write(path, needed_bytes=10**6) as unfinished:
                unfinished.write_bytes(bytes(10**6))

        with pytest.raises(
            OSError, match=r"1\.0 MB needed, .* free\. Free some space"
        ) as error:
            write()
        assert error.value.filename == str(disk)
        assert path.read_text() == "before"
        assert list(disk.iterdir()) == [path]


def test_a_file_where_a_folder_should_be_names_it(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match=str(tmp_path / "file")),
        atomic_files.write(tmp_path / "file" / "table.csv") as unfinished,
    ):
        pathlib.Path(unfinished).touch()
