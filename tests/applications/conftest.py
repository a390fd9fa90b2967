import pathlib

import numpy as np
import pytest

from tcc.video import files
from tests.evaluation import checkpoint_folders

# Of tests.evaluation: two small data sets, and a network for them.
from tests.evaluation.conftest import data_dir, logdir  # noqa: F401


@pytest.fixture(scope="session")
def video_files(tmp_path_factory) -> list[pathlib.Path]:
    """Three videos of 2 s in which the picture brightens, at other paces."""
    folder = tmp_path_factory.mktemp("videos")
    paths = []
    for i, pace in enumerate((1.0, 2.0, 0.5)):
        grey = 220 * (np.arange(20) / 19) ** pace + 20
        frames = [np.full((48, 64, 3), g, np.uint8) for g in grey]
        paths.append(folder / f"clip {i}.mp4")
        files.write_video(paths[-1], frames, fps=10)
    return paths


@pytest.fixture
def tiny_training(monkeypatch):
    """Makes align_folder train for 2 steps, from scratch a small network."""
    from tcc.applications.alignment import folder_settings

    def tiny_config():
        config = checkpoint_folders.small_config(pathlib.Path())
        config.data.num_steps = 4
        config.data.num_context = 1
        config.train.report_interval = 1
        return config

    def short_config():
        config = own_clips()
        config.train.max_steps = 2
        config.train.report_interval = 1
        return config

    own_clips = folder_settings.own_clips.get_config
    monkeypatch.setattr(folder_settings.own_clips, "get_config", short_config)
    monkeypatch.setattr(folder_settings.demo, "get_config", tiny_config)
    monkeypatch.setattr(folder_settings, "_MAX_STEPS", 2)
