"""Events of a reference's sound must land at the aligned moments."""

import shutil

import av
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import transfer_sound
from tcc.applications import sound_transfer
from tcc.datasets.preparing import generation, preparation
from tcc.video import files
from tests.applications.examples import make_clips

_RATE = 8000


def _beeps(seconds: float, events: dict[float, float]) -> sound_transfer.Sound:
    """Silence with a tone of 0.15 s around each event: {second: hertz}."""
    time = np.arange(round(seconds * _RATE)) / _RATE
    samples = np.zeros_like(time)
    for second, hertz in events.items():
        near = np.abs(time - second) < 0.075
        samples[near] = 0.5 * np.sin(2 * np.pi * hertz * time[near])
    return sound_transfer.Sound(
        np.repeat(samples[:, None], 2, axis=1).astype(np.float32), _RATE
    )


def _find_events(sound: sound_transfer.Sound) -> list[tuple[float, float]]:
    """Returns (middle in seconds, hertz) of each tone."""
    mono = sound.samples.mean(axis=1)
    width = round(0.02 * sound.rate)
    power = np.convolve(mono**2, np.ones(width) / width, "same")
    loud = np.flatnonzero(power > 0.3 * power.max())
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > 0.1 * sound.rate) + 1)
    found = []
    for run in runs:
        piece = mono[run[0] : run[-1] + 1]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 16))
        hertz = spectrum.argmax() * sound.rate / (1 << 16)
        found.append((float(run.mean() / sound.rate), float(hertz)))
    return found


def test_same_time_gives_the_same_sound():
    sound = _beeps(2, {0.5: 440, 1.4: 880})
    times = np.linspace(0, 2, 21)
    same = sound_transfer.warp(sound, times, times, seconds=2)
    np.testing.assert_allclose(same.samples, sound.samples, atol=1e-6)


def test_events_move_and_keep_their_pitch():
    # Twice as slow up to 1 s of the reference, then twice as fast: 0.5 s is
    # at 1 s, 1.5 s at 2.25 s.
    sound = _beeps(2, {0.5: 440, 1.5: 880})
    times = np.array([0, 2, 2.5])
    moved = sound_transfer.warp(sound, times, np.array([0, 1, 2]), seconds=2.5)
    assert len(moved.samples) == 2.5 * _RATE
    (first, low), (second, high) = _find_events(moved)
    assert first == pytest.approx(1.0, abs=0.05)
    assert second == pytest.approx(2.25, abs=0.05)
    assert low == pytest.approx(440, rel=0.03)
    assert high == pytest.approx(880, rel=0.03)


def test_silence_beyond_the_reference():
    sound = _beeps(1, {0.5: 440})
    late = sound_transfer.warp(
        sound, np.array([0.0, 1]), np.array([5.0, 6]), seconds=1
    )
    assert np.abs(late.samples).max() == 0


def test_mistakes_are_named(video_files):
    sound = _beeps(1, {})
    with pytest.raises(ValueError, match="one shape"):
        sound_transfer.warp(sound, np.zeros(2), np.zeros(3), seconds=1)
    with pytest.raises(ValueError, match="must be positive"):
        sound_transfer.warp(sound, np.zeros(2), np.zeros(2), seconds=0)
    with pytest.raises(ValueError, match="has no sound"):
        sound_transfer.read_sound(video_files[0])
    with pytest.raises(FileNotFoundError):
        sound_transfer.read_sound("nowhere.mp4")
    with pytest.raises(ValueError, match=r"end in \.mp4"):
        sound_transfer.write_with_sound(video_files[0], sound, "a.avi")


def test_written_sound_is_read_back_in_step(video_files, tmp_path):
    sound = _beeps(2, {0.4: 440, 1.6: 880})
    path = tmp_path / "sounding.mp4"
    sound_transfer.write_with_sound(video_files[1], sound, path)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.streams.video[0].codec_context.name == "h264"
    times = [frame.timestamp for frame in files.read_frames(path)]
    np.testing.assert_allclose(times, np.arange(20) / 10, atol=1e-3)
    heard = sound_transfer.read_sound(path, rate=_RATE)
    (first, low), (second, high) = _find_events(heard)
    assert first == pytest.approx(0.4, abs=0.03)
    assert second == pytest.approx(1.6, abs=0.03)
    assert [round(low, -1), round(high, -1)] == [440, 880]


def test_command_puts_a_phase_s_sound_at_that_phase(
    video_files, logdir, tmp_path, capsys
):
    # The pictures brighten as t, t^2 and t^.5, and the network, though it is
    # untrained, tells greys apart: grey 1/2 is at half, .71 and .25 of 1.9 s.
    reference = tmp_path / "reference.mp4"
    sound_transfer.write_with_sound(
        video_files[0], _beeps(2, {0.95: 660}), reference
    )
    with flagsaver.as_parsed(
        logdir=str(logdir),
        videos=str(video_files[0].parent / "clip [12].mp4"),
        reference_videos=str(reference),
        output=str(tmp_path / "out"),
    ):
        flags.FLAGS.mark_as_parsed()
        transfer_sound.main([])
    capsys.readouterr()
    for name, expected in (("clip 1", 0.71 * 1.9), ("clip 2", 0.25 * 1.9)):
        heard = sound_transfer.read_sound(tmp_path / "out" / f"{name}.mp4")
        ((moment, _),) = _find_events(heard)
        assert moment == pytest.approx(expected, abs=0.2)


def test_command_finds_the_files_of_a_prepared_set(
    video_files, logdir, tmp_path, capsys
):
    clips = tmp_path / "clips" / "train"
    clips.mkdir(parents=True)
    sound = _beeps(2, {0.95: 660})
    sound_transfer.write_with_sound(video_files[0], sound, clips / "a.mp4")
    shutil.copy(video_files[1], clips / "b.mp4")
    (clips.parent / "val").mkdir()
    shutil.copy(video_files[2], clips.parent / "val" / "c.mp4")
    preparation.prepare(
        "video_folder/sounding",
        data_dir=tmp_path / "data",
        options=generation.GenerationOptions(show_progress=False),
        arguments={"videos": str(clips.parent)},
    )

    def run():
        with flagsaver.as_parsed(
            logdir=str(logdir),
            data_dir=str(tmp_path / "data"),
            datasets="video_folder/sounding",
            split="train",
            references="a",
            output=str(tmp_path / "out"),
        ):
            flags.FLAGS.mark_as_parsed()
            transfer_sound.main([])

    run()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.mp4"]
    heard = sound_transfer.read_sound(tmp_path / "out" / "b.mp4")
    ((moment, _),) = _find_events(heard)
    assert moment == pytest.approx(0.71 * 1.9, abs=0.2)
    (clips / "b.mp4").unlink()
    with pytest.raises(FileNotFoundError, match="no longer there"):
        run()
    capsys.readouterr()


def test_a_video_without_a_file_is_named():
    (video,) = make_clips([np.eye(3)]).videos
    with pytest.raises(ValueError, match="not made from a video file"):
        sound_transfer.find_file(video)
