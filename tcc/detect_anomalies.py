r"""Finds where videos depart from normal reference videos.

    python -m tcc.detect_anomalies --logdir=run --videos='new/*.mp4' \
        --reference_videos='normal/*.mp4' --output=anomalies
    python -m tcc.detect_anomalies --logdir=run --videos='new/*.mp4' \
        --reference_split=train --calibration_split=val --output=anomalies

References (three or more) show the action as it should be; a frame is unusual
where it is far from them at the same point of the action. The threshold is a
quantile of the scores of normal videos that training did not see: of the
references among each other, or, where these are training videos, of
--calibration_split or --calibration_videos. --output is a folder; it gets
scores.csv, scores.png, and marked/<video>.mp4 with a red rim around the frames
above the threshold. Where a phase of the labels is called "anomalous", the
area under ROC is printed.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from absl import flags

from tcc import command_line
from tcc.command_line import alignment_flags, clips_flags, output_flag
from tcc.io import atomic_files

if TYPE_CHECKING:
    from tcc.applications.anomaly import Scores
    from tcc.applications.clips import Clips

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
_CALIBRATION_SPLIT = flags.DEFINE_string(
    "calibration_split",
    None,
    "Split of normal videos that set the threshold; default: the references.",
)
_CALIBRATION_VIDEOS = flags.DEFINE_string(
    "calibration_videos", None, "Normal video files that set the threshold."
)
_DRAWN = 12  # videos in the plot
_TRUTH = "anomalous"  # name of the phase


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    videos, references = clips_flags.load_with_references()
    from PIL import Image

    from tcc.applications import anomaly, anomaly_files
    from tcc.io import safe_names
    from tcc.video import files

    calibration = _load_calibration()
    detector = anomaly.fit(
        references.embeddings.embs[: _MAX_REFERENCES.value],
        anomaly.Settings(
            method=alignment_flags.METHOD.value or "dtw",
            distance=alignment_flags.DISTANCE.value,
            quantile=_QUANTILE.value,
            window=_WINDOW.value,
        ),
        calibration_embs=calibration.embeddings.embs if calibration else (),
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
    anomaly_files.write_csv(output / "scores.csv", found, times)
    drawn = dict(list(found.items())[:_DRAWN])
    picture = anomaly_files.draw(drawn, times, detector.threshold)
    atomic_files.write_picture(output / "scores.png", Image.fromarray(picture))
    taken: set[str] = set()
    for i, (name, scores) in enumerate(found.items()):
        short = pathlib.PurePath(name).name
        files.write_video(
            marked / f"{safe_names.make_unique(short, taken)}.mp4",
            anomaly_files.marked_frames(videos, i, scores),
            fps=_speed(data.times[i]),
        )
    for name, scores in found.items():
        print(
            f"{name:24} {scores.is_anomalous.mean():6.1%} of the frames above"
            f" the threshold; highest score {scores.scores.max():.1f}"
        )
    _print_truth(videos, found)
    print(
        f"{output}: threshold {detector.threshold:.2f}, calibrated on"
        f" {detector.num_calibrated} normal videos"
    )
    return 0


def _load_calibration() -> "Clips | None":
    """Returns the videos that set the threshold; None: the references."""
    if _CALIBRATION_SPLIT.value or _CALIBRATION_VIDEOS.value:
        return clips_flags.load_from(
            videos=_CALIBRATION_VIDEOS.value, split=_CALIBRATION_SPLIT.value
        )
    return None


def _print_truth(videos: "Clips", found: "Mapping[str, Scores]") -> None:
    """Compares with labels, where these say what is anomalous."""
    if _TRUTH not in videos.phase_names:
        return
    from tcc.applications import anomaly

    truth = [
        labels == videos.phase_names.index(_TRUTH)
        for labels in videos.embeddings.frame_labels
    ]
    scores = [found[name].scores for name in videos.names]
    frames, whole = anomaly.area_under_roc(scores, truth)
    print(f"area under ROC: {frames:.3f} frames, {whole:.3f} videos")
    above = [found[name].is_anomalous for name in videos.names]
    for name, wanted in (("anomalous", True), ("normal", False)):
        chosen = [a[t == wanted] for a, t in zip(above, truth, strict=True)]
        count = sum(map(len, chosen))
        share = sum(map(sum, chosen)) / max(1, count)
        print(f"{share:.1%} of {count} {name} frames above the threshold")


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
