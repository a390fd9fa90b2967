r"""Finds where videos depart from normal reference videos.

    python -m tcc.detect_anomalies --logdir=run --reference_split=train \
        --output=anomalies
    python -m tcc.detect_anomalies --logdir=run --videos='new/*.mp4' \
        --reference_videos='normal/*.mp4' --output=anomalies

References (three or more) show the action as it should be; a frame is unusual
where it is far from them at the same point of the action. --output is a
folder; it gets scores.csv, scores.png, and marked/<video>.mp4 with a red rim
around the frames above the threshold.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.shared_flags import alignment_flags, clips_flags, output_flag

flags.adopt_module_key_flags(clips_flags)
flags.declare_key_flag("method")
flags.declare_key_flag("distance")

_QUANTILE = flags.DEFINE_float(
    "quantile", 0.99, "Share of normal frames below the threshold."
)
_WINDOW = flags.DEFINE_integer(
    "window", 5, "Frames around the aligned one that count.", lower_bound=0
)
_MAX_REFERENCES = flags.DEFINE_integer(
    "max_references",
    24,
    "References used at most, the first ones; time grows with their square.",
    lower_bound=3,
)
_DRAWN = 12  # videos in the plot


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    videos, references = clips_flags.load_with_references()
    from PIL import Image

    from tcc.applications import anomaly
    from tcc.video import files

    detector = anomaly.fit(
        references.embeddings.embs[: _MAX_REFERENCES.value],
        anomaly.Settings(
            method=alignment_flags.METHOD.value or "dtw",
            distance=alignment_flags.DISTANCE.value,
            quantile=_QUANTILE.value,
            window=_WINDOW.value,
        ),
    )
    data = videos.embeddings
    found = {
        name: anomaly.score(data.embs[i], detector)
        for i, name in enumerate(videos.names)
    }
    times = dict(zip(videos.names, data.times, strict=True))
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    marked = output / "marked"
    marked.mkdir(parents=True, exist_ok=True)
    anomaly.write_csv(output / "scores.csv", found, times)
    drawn = dict(list(found.items())[:_DRAWN])
    picture = anomaly.draw(drawn, times, detector.threshold)
    Image.fromarray(picture).save(output / "scores.png")
    for i, (name, scores) in enumerate(found.items()):
        files.write_video(
            marked / f"{pathlib.PurePath(name).name}.mp4",
            anomaly.marked_frames(videos, i, scores),
            fps=_speed(data.times[i]),
        )
    for name, scores in found.items():
        print(
            f"{name:24} {scores.is_anomalous.mean():6.1%} of the frames above"
            f" the threshold; highest score {scores.scores.max():.1f}"
        )
    print(f"{output}: threshold {detector.threshold:.2f}")
    return 0


def _speed(times: "Sequence[float]") -> float:
    """Returns frames per second."""
    if len(times) < 2 or not times[-1] > times[0]:
        return 25.0
    return float((len(times) - 1) / (times[-1] - times[0]))


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
