import pytest

from tests.video import prepared_videos


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Holds `tiny` (5 + 2 videos, 2 files) and the bare `other/small` (4)."""
    folder = tmp_path_factory.mktemp("prepared")
    prepared_videos.write(folder, "tiny")
    prepared_videos.write(
        folder,
        "other",
        config="small",
        lengths={"train": [9, 7, 11, 8]},
        first_number=10,
        optional_features=False,
    )
    return folder
