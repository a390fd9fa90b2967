"""Training input: ours beside the original's way and beside whole videos.

    python -m benchmarks.input_pipeline

The pipelines of `input_versions` read the same prepared videos (real clips,
scaled) and give the same batches, which is checked.

They run in turns. Wall time is that of all cores; CPU time is steadier where
other programs run beside it. At the end, steps of the demo's training, the
cheapest there are, run on one batch in memory and on batches as they are read.
"""

import argparse
import contextlib
import dataclasses
import io
import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from benchmarks import input_versions, training_setup
from tcc.configs import demo, schema
from tcc.datasets.preparing import features, jpeg, video_record
from tcc.video import (
    files,
    prepared,
)

_CLIPS = pathlib.Path(__file__).parent.parent / "tests" / "data" / "g1_bottle"


@dataclasses.dataclass(frozen=True)
class Case:
    """Frames stored with `height` x `width`, read with `image_size`."""

    height: int
    width: int
    image_size: int


CASES = (
    Case(112, 112, 112),
    Case(224, 224, 224),
    Case(360, 480, 224),
    Case(480, 640, 112),
    Case(480, 640, 224),
)


def write_videos(
    data_dir: pathlib.Path, case: Case, *, num_videos: int, num_frames: int
) -> str:
    """Prepares real clips, scaled to the stored size; returns the name."""
    name = f"clips_{case.height}x{case.width}"
    if (data_dir / name).exists():
        return name
    examples = []
    for number, clip in zip(range(num_videos), _repeat_clips(), strict=False):
        frames = _read_scaled(clip, (case.width, case.height), num_frames)
        record = video_record.VideoRecord(
            name=f"{number:03d}",
            jpegs=[jpeg.encode(frame) for frame in frames],
            timestamps=np.arange(num_frames) / 10,
            frame_labels=np.zeros(num_frames, np.int64),
            fps=10.0,
        )
        examples.append((number, features.to_example(record)))
    builder = tfds.core.dataset_builders.AdhocBuilder(
        name=name,
        version="1.0.0",
        features=features.feature_form(),
        split_datasets={"train": examples},
        data_dir=data_dir,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        builder.download_and_prepare()
    return name


def _repeat_clips() -> Iterator[pathlib.Path]:
    clips = sorted(_CLIPS.glob("*/*.mp4"))
    while True:
        yield from clips


def _read_scaled(
    clip: pathlib.Path, size: tuple[int, int], num_frames: int
) -> Iterator[np.ndarray]:
    read = 0
    while read < num_frames:  # a short clip begins again
        for frame in files.read_frames(clip):
            if read == num_frames:
                return
            picture = Image.fromarray(frame.pixels)
            yield np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
            read += 1


def measure(
    config: schema.DataConfig,
    *,
    batch_size: int,
    num_batches: int,
    num_rounds: int,
) -> dict[str, tuple[float, float]]:
    """Runs the versions in turns.

    Returns:
        For each, the median (wall, CPU) seconds of a batch.
    """
    seconds: dict[str, list[tuple[float, float]]] = {
        version.__name__: [] for version in input_versions.VERSIONS
    }
    for _ in range(num_rounds):
        for version in input_versions.VERSIONS:
            # Made anew, so that only one works at a time.
            iterator = iter(version(config, batch_size))
            next(iterator)  # files are open, threads run
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(num_batches):
                next(iterator)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            seconds[version.__name__].append(
                (wall / num_batches, cpu / num_batches)
            )
            del iterator
    return {name: _medians(pairs) for name, pairs in seconds.items()}


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return (
        statistics.median(wall for wall, _ in pairs),
        statistics.median(cpu for _, cpu in pairs),
    )


def measure_steps(
    data_dir: pathlib.Path, *, num_steps: int, num_rounds: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Runs the demo's training steps with and without reading, in turns.

    Returns:
        Median (wall, CPU) seconds of a step on a batch in memory, and on
        batches as they are read.
    """
    config = demo.get_config()
    config.data.data_dir = str(data_dir)
    case = Case(112, 112, 112)
    config.data.datasets = (
        write_videos(data_dir, case, num_videos=9, num_frames=100),
    )
    steps = training_setup.build(config).steps
    read = input_versions.ours(config.data, config.train.batch_size)
    sources = (read.take(1).cache().repeat(), read)
    iterators = [iter(source) for source in sources]
    seconds: list[list[tuple[float, float]]] = [[], []]
    for number in range(num_rounds + 1):
        for place, iterator in enumerate(iterators):
            wall, cpu = time.perf_counter(), time.process_time()
            steps.run(iterator, tf.constant(num_steps))
            if number:  # the first round traces
                wall = (time.perf_counter() - wall) / num_steps
                cpu = (time.process_time() - cpu) / num_steps
                seconds[place].append((wall, cpu))
    return _medians(seconds[0]), _medians(seconds[1])


def describe_stored(data_dir: pathlib.Path, name: str) -> str:
    """Returns how large the stored frames are."""
    video = next(prepared.iterate_videos(name, str(data_dir), "train"))
    mean = statistics.mean(map(len, video.jpegs))
    return f"{mean / 1000:.0f} kB a frame"


def report(
    case: Case, args: argparse.Namespace, data_dir: pathlib.Path
) -> None:
    """Measures one case and prints its rows."""
    name = write_videos(
        data_dir, case, num_videos=args.videos, num_frames=args.frames
    )
    config = schema.DataConfig(
        data_dir=str(data_dir), datasets=(name,), image_size=case.image_size
    )
    largest = input_versions.check_equal(config, args.batch_size)
    medians = measure(
        config,
        batch_size=args.batch_size,
        num_batches=args.batches,
        num_rounds=args.rounds,
    )
    print(
        f"\n{case.height}x{case.width} -> {case.image_size} px, "
        f"{describe_stored(data_dir, name)}, equal within {largest:.4f} / 255"
    )
    frames = config.num_steps * config.num_context
    reference = medians["ours"]
    for version, (wall, cpu) in medians.items():
        print(
            f"  {version:13s}{args.batch_size / wall:8.1f} videos/s"
            f"{args.batch_size * frames / wall:8.0f} frames/s"
            f"{1000 * cpu / args.batch_size:8.1f} CPU ms/video"
            f"   ours is {wall / reference[0]:5.2f} x as fast"
            f" ({cpu / reference[1]:.2f} x in CPU time)"
        )


def main() -> None:
    """Measures and prints medians and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--videos", type=int, default=9)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument("--batches", type=int, default=6, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--no_pipelines",
        dest="pipelines",
        action="store_false",
        help="training steps only",
    )
    args = parser.parse_args()
    tfds.disable_progress_bar()
    print(
        f"{args.videos} videos of {args.frames} frames, batches of "
        f"{args.batch_size} x 20 steps x 2 context frames; medians of "
        f"{args.rounds} rounds of {args.batches} batches, in turns"
    )
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES if args.pipelines else ():
            report(case, args, pathlib.Path(folder))
        memory, read = measure_steps(
            pathlib.Path(folder),
            num_steps=4 * args.batches,
            num_rounds=args.rounds,
        )
    print("\ndemo's training step, batches of 4 x 20 frames of 112 px")
    for what, (wall, cpu) in (("in memory", memory), ("as read", read)):
        print(
            f"  {what:10s}{1000 * wall:6.0f} ms"
            f"{1000 * cpu:8.0f} CPU ms"
            f"{wall / memory[0]:7.2f} x ({cpu / memory[1]:.2f} x in CPU time)"
        )


if __name__ == "__main__":
    main()
