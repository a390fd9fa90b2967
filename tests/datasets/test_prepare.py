import subprocess
import sys

from tests.datasets import video_files


def _run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tcc.datasets.prepare", *arguments],
        capture_output=True,
        text=True,
    )


def test_help_needs_no_tensorflow():
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-m",
            "tcc.datasets.prepare",
            "--help",
        ],
        capture_output=True,
        text=True,
    )
    assert "skip_bad" in done.stdout
    assert "tcc.command_line" in done.stderr  # lists what is imported
    assert "tensorflow" not in done.stderr


def test_the_command_prepares_and_sums_up(tmp_path):
    videos = video_files.write_folder(tmp_path / "my videos")
    (videos / "val" / "bad.mp4").write_text("no video")
    done = _run(
        "--dataset=video_folder",
        f"--videos={videos}",
        "--name=mine",
        f"--data_dir={tmp_path / 'data'}",
        "--skip_bad",
        "--num_workers=0",
    )
    assert done.returncode == 0, done.stderr
    assert "Preparing train: 100%" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["clips", "2", "1"] in lines
    assert ["unlabelled", "2", "1"] in lines
    # 8 + 12 frames, and 10 frames; 10 a second.
    assert ["frames", "20", "10"] in lines
    assert ["seconds", "2.0", "1.0"] in lines
    assert "skipped: 1" in done.stdout
    assert "bad.mp4 is not a video file" in done.stdout
    assert "Its name for training: video_folder/mine" in done.stdout
    folder = tmp_path / "data" / "video_folder" / "mine" / "1.0.0"
    assert (folder / "contact_sheet.png").stat().st_size > 1000


def test_errors_are_one_message(tmp_path):
    done = _run(
        "--dataset=video_folder",
        f"--videos={tmp_path / 'none'}",
        f"--data_dir={tmp_path}",
    )
    assert done.returncode == 2
    assert "There is no folder of videos" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
