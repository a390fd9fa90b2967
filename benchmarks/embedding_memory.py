"""Memory of embedding a video, as it grows with the video's length.

    python -m benchmarks.embedding_memory           # --quick: short videos

Writes an .mp4 of one minute and one of ten at 30 frames a second, and embeds
each in a process of its own with the demo's network: as a stream, decoded while
it is embedded (`embed.embed_stream`), and as the data sets hold videos, with
all frames of a video in memory as JPEGs (`clips.read_files`).
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

_FPS = 30
_SIZE = 112  # pixels
_MINUTES = (1, 10)


def main() -> None:
    """Measures each length and way, and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--video", help="embed this one and print its memory")
    parser.add_argument("--way", choices=WAYS, default="stream")
    arguments = parser.parse_args()
    if arguments.video:
        print(measure(pathlib.Path(arguments.video), arguments.way))
        return
    minutes = [m / 20 if arguments.quick else m for m in _MINUTES]
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            for length in minutes:
                num_frames = round(length * 60 * _FPS)
                path = pathlib.Path(folder) / f"{num_frames}.mp4"
                write_video(path, num_frames)
                done = subprocess.run(
                    [
                        *(sys.executable, "-m", "benchmarks.embedding_memory"),
                        *(f"--video={path}", f"--way={way}"),
                    ],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                memory = int(done.stdout.split()[-1])
                print(
                    f"{way:8} {num_frames:6} frames: {memory:6} MB above the "
                    "process that has embedded one chunk",
                    flush=True,
                )


def write_video(path: pathlib.Path, num_frames: int) -> None:
    """Writes a video whose pattern moves, if it is not there."""
    from tcc.video import files

    pattern = np.random.default_rng(0).integers(0, 256, (14, 14, 3), np.uint8)
    picture = np.kron(pattern, np.ones((8, 8, 1), np.uint8))

    def frames() -> Iterator[np.ndarray]:
        for index in range(num_frames):
            yield np.roll(picture, index, axis=1)

    if not path.exists():
        files.write_video(path, frames(), fps=_FPS)


def measure(path: pathlib.Path, way: str) -> int:
    """Embeds a video; returns by how much memory grew at its peak, in MB."""
    from tcc.configs import demo
    from tcc.evaluation.embedding import embed
    from tcc.training import checkpoints

    config = demo.get_config()
    config.data.num_context = 2
    embedder = embed.build_embedder(checkpoints.build_encoder(config), config)
    picture = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    chunk = [picture] * config.eval.frames_per_chunk
    embed.embed_stream(embedder, chunk)
    before = _peak_memory()
    WAYS[way](embedder, path)
    return _peak_memory() - before


def _stream(embedder, path: pathlib.Path) -> None:
    from tcc.evaluation.embedding import embed
    from tcc.video import files

    pixels = (frame.pixels for frame in files.read_frames(path))
    embed.embed_stream(embedder, pixels)


def _whole(embedder, path: pathlib.Path) -> None:
    from tcc.applications import clips
    from tcc.evaluation.embedding import embed

    videos = clips.read_files([path], sample_fps=0)
    embed.embed_videos(embedder, videos, dataset="memory", split="all")


WAYS = {"stream": _stream, "whole": _whole}


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
