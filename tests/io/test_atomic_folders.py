import pytest

from tcc.io import atomic_folders


def test_a_folder_appears_when_it_is_complete(tmp_path):
    target = tmp_path / "above" / "out"
    with atomic_folders.write(target) as folder:
        (folder / "file").touch()
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_nothing(tmp_path):
    with (
        pytest.raises(OSError, match="full"),
        atomic_folders.write(tmp_path / "out") as folder,
    ):
        (folder / "file").touch()
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".unfinished-out").mkdir()
    (tmp_path / ".unfinished-out" / "half").touch()
    with atomic_folders.write(tmp_path / "out"):
        pass
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("kind", ["full folder", "file"])
def test_what_is_there_stays(tmp_path, kind):
    target = tmp_path / "out"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").touch()
    with (
        pytest.raises(ValueError, match=r"out is there already.*--output"),
        atomic_folders.write(target),
    ):
        pass
    assert list(tmp_path.iterdir()) == [target]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    with atomic_folders.write(tmp_path / "out") as folder:
        (folder / "file").touch()
    assert (tmp_path / "out" / "file").exists()
