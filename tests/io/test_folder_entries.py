import os
import pathlib
import socket

import pytest

from tcc.io import folder_entries


def _touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_hidden_files_and_those_of_systems_are_not_listed(tmp_path):
    _touch(tmp_path, "b.mp4", "a.mp4", "._a.mp4", ".DS_Store", "Thumbs.db")
    _touch(tmp_path, "desktop.ini", "__MACOSX/x.mp4", "@eaDir/x.mp4")
    found = folder_entries.list_visible(tmp_path)
    assert [path.name for path in found] == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.mp4", ["a.mp4"]),
        ("**/[bc].mp4", ["clips 2/c.mp4", "clips [2]/b.mp4"]),
        # The folder of this name, not the one that the set matches.
        ("clips [2]/*.mp4", ["clips [2]/b.mp4"]),
        ("clips [2]/*", ["clips [2]/b.mp4"]),
        ("clips [2-3]/*.mp4", ["clips 2/c.mp4"]),
        (".cache/*", [".cache/d.mp4"]),
        ("._a.mp4", ["._a.mp4"]),
        ("back\\slash/*", ["back\\slash/e.mp4"]),
        ("none/*", []),
    ],
)
def test_patterns_are_a_shells(tmp_path, monkeypatch, pattern, expected):
    _touch(tmp_path, "a.mp4", "._a.mp4", "clips [2]/b.mp4", "clips 2/c.mp4")
    _touch(tmp_path, ".cache/d.mp4", "clips [2]/.hidden.mp4")
    _touch(tmp_path, "back\\slash/e.mp4")
    monkeypatch.chdir(tmp_path)
    found = folder_entries.expand(pattern)
    assert [str(path) for path in found] == expected
    found = folder_entries.expand(str(tmp_path / pattern))
    assert found == [tmp_path / name for name in expected]


def make_odd_files(folder: pathlib.Path) -> dict[str, str]:
    """Makes what is no file; returns {name of a video: what it is}."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link.mp4").symlink_to("nowhere")
    (folder / "loop.mp4").symlink_to("loop.mp4")
    os.mkfifo(folder / "fifo.mp4")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(folder / "s.mp4"))
    (folder / "device.mp4").symlink_to("/dev/zero")
    (folder / "folder.mp4").mkdir()
    return {
        "link.mp4": "is a link to nowhere, which cannot be reached",
        "loop.mp4": "is a link to loop.mp4, which leads back to it",
        "fifo.mp4": "is a pipe",
        "s.mp4": "is a socket",
        "device.mp4": "is a device",
        "folder.mp4": "is a folder, not a file",
    }


def test_what_is_no_file_is_named(tmp_path):
    for name, what in make_odd_files(tmp_path).items():
        obstacle = folder_entries.find_obstacle(tmp_path / name)
        assert f"{tmp_path / name} {what}" in obstacle
        with pytest.raises(ValueError, match=name):
            folder_entries.require_file(tmp_path / name)
    _touch(tmp_path, "good.mp4")
    folder_entries.require_file(tmp_path / "good.mp4")
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.mp4"):
        folder_entries.require_file(tmp_path / "none.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_is_named(tmp_path):
    _touch(tmp_path, "a.mp4")
    (tmp_path / "a.mp4").chmod(0)
    obstacle = folder_entries.find_obstacle(tmp_path / "a.mp4")
    assert "Permission denied" in obstacle
