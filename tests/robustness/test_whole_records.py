"""Small records are written whole or not at all, and read with care."""

import errno
import json
import pathlib
import re

import pytest

import tcc
from tcc.applications.alignment import align_folder
from tcc.evaluation.checkpoints import best_checkpoint
from tcc.evaluation.report import results
from tcc.io import atomic_files
from tcc.training import log_folder
from tests.robustness import disks

_ROOT = pathlib.Path(str(tcc.__file__)).parents[1]
# Ways of writing a file at once; each needs a hidden file to write to.
_WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|\.open\([\"']w|np\.savez\(|np\.savetxt\(|"
    r"json\.dump\(|(?<!numpy)\.save\((?:path|output|out|target|folder)\b"
)
_SAFE = re.compile(r"atomic_files|unfinished")
# Locks, which are empty; and what is renamed by hand when it is complete.
_BY_HAND = {
    "tcc/io/atomic_files.py",
    "tcc/training/log_folder.py",
    "tcc/training/checkpoint_files.py",
    "tcc/feature_cache/storage.py",
    "datasets/preparing/preparation.py",
}


def test_nothing_is_written_to_its_place_at_once():
    found = []
    for folder in ("tcc", "configs", "datasets", "evaluation"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(_ROOT))
            lines = path.read_text().splitlines()
            for i, line in enumerate(lines):
                around = "".join(lines[max(0, i - 6) : i + 3])
                if _WRITES.search(line) and not _SAFE.search(around):
                    found.append((name, i + 1))
    assert {name for name, _ in found} <= _BY_HAND, found


@pytest.fixture
def disk(tmp_path):
    with disks.mounted(tmp_path / "disk", kilobytes=64) as folder:
        yield folder


def _claim(folder, videos):
    align_folder._claim(folder, videos, align_folder.Settings())


def test_a_full_disk_leaves_no_empty_note_of_the_videos(disk, tmp_path):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"video")
    folder = disk / "out"
    folder.mkdir()
    ballast = disks.fill(disk)
    with pytest.raises(OSError, match="Free some space") as error:
        _claim(folder, [video])
    assert error.value.errno == errno.ENOSPC
    assert list(folder.iterdir()) == []
    ballast.unlink()
    _claim(folder, [video])
    _claim(folder, [video])  # the same again
    with pytest.raises(ValueError, match="other videos or settings"):
        _claim(folder, [tmp_path / "a.mp4", tmp_path / "a.mp4", _ROOT])


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "\0\0", "\xff"])
def test_a_damaged_note_says_what_to_do(tmp_path, content):
    (tmp_path / "clips.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"Give another --output") as error:
        _claim(tmp_path, [])
    assert str(tmp_path / "clips.json") in str(error.value)


def test_the_other_records_on_a_full_disk(disk):
    before: set[str] = set()
    for write in (
        lambda: log_folder.mark_done(disk, 7),
        lambda: atomic_files.write_table(disk / "a.csv", [["a", "b"], [1, 2]]),
        lambda: atomic_files.write_text(disk / "a.html", "<p>" * 3000),
        lambda: atomic_files.write_json(disk / "a.json", {"a": 1}),
    ):
        ballast = disks.fill(disk)
        with pytest.raises(OSError, match="Free some space"):
            write()
        assert disks.files_in(disk) == {"ballast", *before}
        ballast.unlink()
        write()
        before = disks.files_in(disk)
    assert before == {"training_done", "a.csv", "a.html", "a.json"}
    assert (disk / "a.csv").read_bytes() == b"a,b\r\n1,2\r\n"
    assert json.loads((disk / "training_done").read_text()) == {"step": 7}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format": 1, "evaluations": [{"step": true}]}',
        b'{"format": 1, "evaluations": [{"step": 1, "a": NaN}]}',
        b'{"format": 1, "evaluations": {"step": 1}}',
        b'{"format": 1, "evaluations": ' + b"[" * 100_000,
    ],
)
def test_damaged_results_are_named(tmp_path, content):
    path = tmp_path / results.RESULTS_FILE
    path.write_bytes(content)
    with pytest.raises(ValueError, match="Move it away") as error:
        results.read_json(tmp_path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"step": 1}', b"{" * 9999])
def test_a_damaged_note_of_the_best_step_is_named(tmp_path, content):
    path = tmp_path / "best" / "best.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"Remove {path.parent}") as error:
        best_checkpoint.read(tmp_path)
    assert str(path) in str(error.value)
