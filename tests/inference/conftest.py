import pytest

from tests.evaluation import checkpoint_folders
from tests.inference import runs


@pytest.fixture(scope="session")
def logdir(tmp_path_factory):
    """A log folder with the checkpoints 0 and 20; do not write to it."""
    folder = tmp_path_factory.mktemp("run")
    checkpoint_folders.write_checkpoints(folder, runs.small_config(), [0, 20])
    return folder
