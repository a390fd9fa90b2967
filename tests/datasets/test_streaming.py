"""Preparation in bounded memory, and killed."""

import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

from tcc.datasets.preparing import generation, video_record
from tcc.datasets.showing import reading
from tcc.video import prepared
from tests.datasets import video_files


class _Source:
    def __init__(self, number):
        self.name = self.origin = f"{number:04d}"


def test_one_video_at_a_time_is_held():
    alive: weakref.WeakSet = weakref.WeakSet()

    class Frame:
        """Stands for the frames of a video; bytes cannot be counted."""

    most = 0

    def make(source):
        nonlocal most
        frame = Frame()
        alive.add(frame)
        most = max(most, len(alive))
        return video_record.VideoRecord(
            name=source.name,
            jpegs=[b""],
            timestamps=np.zeros(1),
            frame_labels=np.zeros(1, np.int64),
            fps=1.0,
            extras={"frame": frame},
        )

    examples = generation.generate(
        make,
        [_Source(number) for number in range(200)],
        split="train",
        options=generation.GenerationOptions(show_progress=False),
        skipped={},
    )
    count = 0
    for _key, _example in examples:
        count += 1
    assert count == 200
    # The one that is made, the one before it that is being written.
    assert most <= 3


def _start(folder, data_dir):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tcc.datasets.prepare",
            "--dataset=video_folder/clips",
            f"--videos={folder}",
            f"--data_dir={data_dir}",
            "--num_workers=1",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_a_killed_preparation_leaves_nothing_that_loads(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    for number in range(12):
        clip = folder / "train" / f"{number}.mp4"
        video_files.write_clip(clip, num_frames=300)
    data_dir = tmp_path / "data"
    workplace = data_dir / ".preparing-video_folder-clips-1.0.0"
    # Before anything is written, while videos are made, and near the end.
    for wait in (0.0, 1.0, 2.5):
        process = _start(folder, data_dir)
        while not workplace.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.returncode == 0:  # was faster than the signal
            break
        assert not (data_dir / "video_folder").exists()
        with pytest.raises(FileNotFoundError, match="is not prepared"):
            prepared.open_dataset("video_folder/clips", str(data_dir))
    else:
        assert _start(folder, data_dir).wait() == 0
    builder = reading.open_folder(data_dir / "video_folder" / "clips" / "1.0.0")
    assert builder.info.splits["train"].num_examples == 14
    assert [path.name for path in data_dir.iterdir()] == ["video_folder"]


_PEAK = """
import resource, sys
from tcc.datasets.preparing import generation, video_record
from tests.datasets.test_streaming import _Source
import numpy as np

def make(source):
    frames = [np.random.default_rng(i).bytes(100_000) for i in range(100)]
    return video_record.VideoRecord(
        source.name, frames, np.arange(100.0), np.zeros(100, np.int64), 1.0)

sources = [_Source(number) for number in range(int(sys.argv[1]))]
options = generation.GenerationOptions(show_progress=False)
for _ in generation.generate(
    make, sources, split="train", options=options, skipped={}):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_videos():
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", _PEAK, str(count)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for count in (4, 40)
    ]
    # 10 MB each: 36 more would be 360 MB.
    assert peaks[1] - peaks[0] < 60_000  # kB
