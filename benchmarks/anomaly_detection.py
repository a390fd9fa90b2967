"""Area under ROC of anomaly detection, on videos that training did not see.

    python benchmarks/anomaly_detection.py --logdir=tcc_demo/run
    python benchmarks/anomaly_detection.py --logdir=runs/g1_bottle --spoil

References: the first videos of the run's training split; the threshold is
calibrated on videos of its validation split, and on the references alone for
comparison. Tested: rendered videos of another seed, each normal and with every
anomaly; or, with --spoil, the second half of the validation split, each as it
is and spoilt in several ways. Frames count as anomalous from the anomaly's
beginning to the end of the video.
"""

import argparse
import dataclasses
import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from tcc.applications import anomaly, clips
from tcc.datasets.builders.pouring_synthetic import anomalies, rendering, world
from tcc.datasets.preparing import jpeg
from tcc.video import prepared

_SEED = 1000  # of pouring_synthetic/anomalies
_Labelled = tuple[prepared.Video, np.ndarray]


def main() -> None:
    """Makes anomalies, embeds, scores and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--logdir", required=True)
    parser.add_argument("--checkpoint")
    parser.add_argument("--data_dir")
    parser.add_argument("--spoil", action="store_true")
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--references", type=int, default=24)
    parser.add_argument("--method", default="dtw")
    parser.add_argument("--window", type=int, default=5)
    arguments = parser.parse_args()
    run, step = arguments.logdir, arguments.checkpoint
    train = clips.from_dataset(
        run, step, data_dir=arguments.data_dir, split="train"
    )
    val = clips.from_dataset(run, step, data_dir=arguments.data_dir)
    references = train.embeddings.embs[: arguments.references]
    calibration = val.embeddings.embs
    if arguments.spoil:
        half = len(calibration) // 2
        calibration = calibration[:half]
        tested = _spoilt(val.videos[half:])
    else:
        tested = _rendered(arguments.videos)
    settings = anomaly.Settings(
        method=arguments.method, window=arguments.window
    )
    detector = anomaly.fit(references, settings, calibration_embs=calibration)
    alone = anomaly.fit(references, settings)
    truth = {kind: [t for _, t in found] for kind, found in tested.items()}
    scored = {}
    for kind, found in tested.items():
        data = clips.from_videos([v for v, _ in found], run, step).embeddings
        scored[kind] = [anomaly.score(e, detector).scores for e in data.embs]
        if kind == "normal":
            raw = [anomaly.score(e, alone).is_anomalous for e in data.embs]
    print(
        f"{len(truth['normal'])} videos of each kind, {len(references)}"
        f" references, {len(calibration)} calibrate, {arguments.method};"
        f" threshold {detector.threshold:.2f}"
    )
    print(f"{'kind':16} AUROC frames   AUROC videos   frames above threshold")
    for kind in tested:
        frames, videos = anomaly.area_under_roc(
            scored["normal"] + scored[kind], truth["normal"] + truth[kind]
        )
        chosen = np.concatenate(truth[kind]) == (kind != "normal")
        above = np.concatenate(scored[kind])[chosen] > detector.threshold
        areas = "" if kind == "normal" else f"{frames:12.3f}   {videos:12.3f}"
        print(f"{kind:16} {areas:27}   {above.mean():10.1%}")
    print(f"normal, calibrated on references: {np.concatenate(raw).mean():.1%}")


def _rendered(count: int) -> dict[str, list[_Labelled]]:
    """Renders videos as they should be, and with every anomaly."""
    sources = [
        rendering.RenderingSource("test", i, world.EASY, 112, _SEED)
        for i in range(count)
    ]
    found: dict[str, list[_Labelled]] = {}
    for kind in ("normal", *anomalies.KINDS):
        found[kind] = []
        for source in sources:
            record = anomalies.make_labelled(
                anomalies.AnomalySource(source, kind)
            )
            fields = [
                field.name for field in dataclasses.fields(prepared.Video)
            ]
            video = prepared.Video(**{f: getattr(record, f) for f in fields})
            found[kind].append((video, record.frame_labels == 1))
    return found


def _spoilt(videos: list[prepared.Video]) -> dict[str, list[_Labelled]]:
    """Returns the videos as they are, and spoilt in every way."""
    return {
        kind: [_rearrange(video, spoil) for video in videos]
        for kind, spoil in _SPOILS.items()
    }


def _rearrange(
    video: prepared.Video,
    spoil: Callable[[list[bytes]], tuple[list[bytes], int]],
) -> _Labelled:
    jpegs, first = spoil(list(video.jpegs))
    length = len(jpegs)
    spoilt = dataclasses.replace(
        video,
        jpegs=jpegs,
        timestamps=np.arange(length) / video.fps,
        frame_labels=np.full(length, -1, np.int64),
    )
    return spoilt, np.arange(length) >= first


def _freeze(jpegs: list[bytes]) -> tuple[list[bytes], int]:
    """The picture stands still from the middle on."""
    half = len(jpegs) // 2
    return jpegs[:half] + [jpegs[half]] * (len(jpegs) - half), half


def _reverse(jpegs: list[bytes]) -> tuple[list[bytes], int]:
    """All of it runs backwards."""
    return jpegs[::-1], 0


def _swap(jpegs: list[bytes]) -> tuple[list[bytes], int]:
    """The second half comes first."""
    half = len(jpegs) // 2
    return jpegs[half:] + jpegs[:half], 0


def _cover(jpegs: list[bytes]) -> tuple[list[bytes], int]:
    """A grey card, half as wide and high, lies in the middle of the picture."""
    half = len(jpegs) // 2
    return jpegs[:half] + [_card(one) for one in jpegs[half:]], half


def _card(encoded: bytes) -> bytes:
    with Image.open(io.BytesIO(encoded)) as picture:
        pixels = np.array(picture.convert("RGB"))
    height, width = pixels.shape[:2]
    pixels[height // 4 : -height // 4, width // 4 : -width // 4] = 128
    return jpeg.encode(pixels)


_SPOILS: dict[str, Callable[[list[bytes]], tuple[list[bytes], int]]] = {
    "normal": lambda jpegs: (jpegs, len(jpegs)),
    "frozen": _freeze,
    "covered": _cover,
    "halves swapped": _swap,
    "reversed": _reverse,
}


if __name__ == "__main__":
    main()
