import pytest

from tests.evaluation import checkpoint_folders
from tests.video import prepared_videos


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Holds `tiny`, labelled, of 2 + 2 videos, and the unlabelled `bare`."""
    folder = tmp_path_factory.mktemp("prepared")
    # Grey levels of the videos overlap, so that neighbours are spread.
    lengths = {"train": [40, 30], "val": [36, 44]}
    prepared_videos.write(folder, "tiny", lengths=lengths)
    prepared_videos.write(
        folder, "bare", lengths=lengths, optional_features=False
    )
    return folder


@pytest.fixture(scope="session")
def logdir(tmp_path_factory, data_dir):
    """A log folder with the checkpoints 0 and 20; do not write to it."""
    folder = tmp_path_factory.mktemp("run")
    config = checkpoint_folders.small_config(data_dir)
    checkpoint_folders.write_checkpoints(folder, config, [0, 20])
    return folder
