"""Settings that follow from the clips of a folder."""

import numpy as np
import pytest

from tcc.applications.alignment import folder_settings
from tcc.applications.alignment.folder_settings import Settings
from tcc.video import files


def _videos(folder, *, count=2, frames, fps):
    picture = np.zeros((16, 16, 3), np.uint8)
    paths = [folder / f"{i}.mp4" for i in range(count)]
    for path in paths:
        files.write_video(path, [picture] * frames, fps=fps)
    return paths


@pytest.mark.parametrize(
    ("frames", "fps", "rate"),
    [
        (100, 10, 15),  # 10 s: 150 frames at 15, of which the file has 100
        (120, 240, 120),  # half a second: 60 frames need 120 a second
        (300, 1, 5),  # 300 s: 1500 frames at 5
    ],
)
def test_the_frame_rate_follows_the_length(tmp_path, frames, fps, rate):
    paths = _videos(tmp_path, frames=frames, fps=fps)
    assert folder_settings.choose_frame_rate(paths) == rate


def test_the_frame_rate_follows_the_number_of_videos(tmp_path):
    # 200 times 300 s at 5 frames per second are 300,000 frames; 60,000 remain.
    paths = _videos(tmp_path, count=1, frames=300, fps=1) * 200
    assert folder_settings.choose_frame_rate(paths) == 1


def _choose(tmp_path, seq_lens, **settings):
    return folder_settings.choose_config(
        seq_lens, tmp_path / "out" / "data", Settings(**settings)
    )


def test_from_scratch(tmp_path):
    config = _choose(tmp_path, [30, 50], weights="none")
    assert config.train.batch_size == 2
    assert config.model.backbone == "small"
    assert not config.feature_cache.enabled
    assert _choose(tmp_path, [5, 5], weights="none").data.num_steps == 4


def test_pretrained_by_default(tmp_path):
    config = _choose(tmp_path, [90, 120, 150] * 9)
    assert config.train.batch_size == 8
    assert config.model.weights == "bundled"
    assert config.model.backbone == "mobilenetv2"
    assert config.model.train_base == "frozen"
    assert config.model.embedder == "light"
    assert config.model.light.inputs == "both"
    assert config.feature_cache.folder == str(tmp_path / "out" / "features")
    # Three frames over a twelfth of the middle length.
    assert (config.data.num_context, config.data.context_stride) == (3, 5)
    assert config.data.num_steps == 40


def test_short_clips(tmp_path):
    config = _choose(tmp_path, [9, 21])
    assert (config.data.num_steps, config.data.context_stride) == (14, 1)
    assert config.train.batch_size == 2


def test_what_was_chosen_is_said(tmp_path):
    lengths = [90, 120, 150]
    assert folder_settings.describe(
        _choose(tmp_path, lengths), lengths, 10.0, Settings()
    ) == (
        "3 clips of 120 frames (median) at 10 frames/s: light embedder on"
        " mobilenetv2 (bundled); batches of 3 clips, 40 frames of each, each"
        " seen with the 10 frames before it, for 1500 steps or 3 minutes"
    )
    scratch = Settings(weights="none", minutes=1)
    assert folder_settings.describe(
        _choose(tmp_path, lengths, weights="none"), lengths, np.nan, scratch
    ).startswith("3 clips of 120 frames (median): small network from scratch;")
    pooled = Settings(minutes=0)
    assert "pooled features of mobilenetv2" in folder_settings.describe(
        _choose(tmp_path, lengths, minutes=0), lengths, 10.0, pooled
    )
