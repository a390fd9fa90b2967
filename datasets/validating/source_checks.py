"""Finds everything that is wrong with videos and labels, in one pass."""

import collections
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tqdm

from tcc.datasets.builders.video_folder import decoding, labels, listing
from tcc.datasets.labels import (
    annotations,
    label_files,
    label_tables,
    phase_segments,
)
from tcc.datasets.preparing import parallel_map

# Labels may end this much before their video: who marks a video often stops
# with the action.
_SHORTER_SHARE = 0.1
_DECODED_SIDE = 16  # pixels; frames are decoded whole, and kept small


@dataclasses.dataclass
class Report:
    """What is wrong (problems), and what is worth a look (remarks)."""

    problems: list[str] = dataclasses.field(default_factory=list)
    remarks: list[str] = dataclasses.field(default_factory=list)
    num_videos: int = 0
    num_labelled: int = 0

    def describe(self) -> str:
        """Returns the report for people, a finding a line."""
        lines = [f"problem: {text}" for text in self.problems]
        lines += [f"remark: {text}" for text in self.remarks]
        lines.append(
            f"{self.num_videos} videos, {self.num_labelled} of them labelled: "
            f"{len(self.problems)} problems, {len(self.remarks)} remarks"
        )
        return "\n".join(lines)


def check_folder(
    folder: pathlib.Path,
    label_path: pathlib.Path | None,
    *,
    phase_names: Sequence[str] = (),
    unit: str | None = None,
    source_fps: float | None = None,
    num_workers: int = 0,
    show_progress: bool = True,
) -> Report:
    """Checks a folder of videos and its label file.

    Every video is decoded from its first to its last frame, as it is when it
    is prepared; so what passes here can be prepared.

    Args:
      folder: of videos, as for `video_folder`.
      label_path: of a label JSON or table; None checks the videos alone.
      phase_names: by index; () takes any phase that is a number.
      unit: of a table's times.
      source_fps: frames per second of folders of pictures.
      num_workers: processes beside this one.
      show_progress: a bar on stderr.

    Returns:
      All that was found.

    Raises:
      FileNotFoundError: when the folder is missing.
    """
    report = Report()
    found, problems = listing.find_videos(folder)
    videos = found.videos
    report.problems += problems
    report.remarks += [f"{path}: {why}." for path, why in found.remarks.items()]
    report.num_videos = len(videos)
    segments: dict[listing.VideoFile, list[annotations.Segment]] = {}
    if label_path is not None:
        segments = _check_labels(videos, label_path, phase_names, unit, report)
    sources = _sources(videos, segments, source_fps, report)
    results = parallel_map.ordered_map(
        _examine, sources, num_workers=num_workers
    )
    for source, result in tqdm.tqdm(
        results,
        desc="Decoding",
        total=len(sources),
        unit="video",
        disable=not show_progress,
    ):
        try:
            report.remarks += [
                f"{source.path}: {remark}."
                for remark in result().remarks(source.segments, phase_names)
            ]
        except (ValueError, OSError) as error:  # removed meanwhile, say
            report.problems.append(str(error))
    return report


def _check_labels(
    videos: Sequence[listing.VideoFile],
    path: pathlib.Path,
    phase_names: Sequence[str],
    unit: str | None,
    report: Report,
) -> dict[listing.VideoFile, list[annotations.Segment]]:
    try:
        content = label_tables.read_any(
            path, phase_names=phase_names, unit=unit
        )
    except (ValueError, OSError) as error:
        report.problems.append(str(error))
        content = label_files.LabelFile({}, {})
    segments, problems = labels.pair(videos, content, path)
    report.problems += problems.values()
    report.remarks += [
        f"{path}, video {key!r}: {remark}."
        for key, remarks in content.remarks.items()
        for remark in remarks.split("; ")
    ]
    report.remarks += [
        f"{video.path}: has no labels in {path}; it is unlabelled."
        for video in videos
        if video not in segments
    ]
    report.num_labelled = len(segments)
    return segments


def _sources(
    videos: Sequence[listing.VideoFile],
    segments: Mapping[listing.VideoFile, Sequence[annotations.Segment]],
    source_fps: float | None,
    report: Report,
) -> list[decoding.FileSource]:
    """Returns what can be decoded."""
    folders = [video for video in videos if video.is_folder]
    if folders and source_fps is None:
        report.problems.append(
            "--source_fps must be given for folders of pictures: "
            f"{len(folders)} of them, such as {folders[0].path}, were not "
            "checked. Received: none."
        )
        videos = [video for video in videos if not video.is_folder]
    listed = decoding.list_sources(
        videos,
        segments,
        fps=None,
        shorter_side=_DECODED_SIDE,
        source_fps=source_fps,
    )
    return [source for sources in listed.values() for source in sources]


@dataclasses.dataclass(frozen=True)
class _Examined:
    """What decoding a video tells."""

    seconds: float
    num_frames: int
    phases: frozenset[int]  # of at least one frame
    oddities: tuple[str, ...] = ()  # of its frames and their times

    def remarks(
        self,
        segments: Sequence[annotations.Segment],
        phase_names: Sequence[str],
    ) -> list[str]:
        """Compares a video with its labels."""
        found = list(self.oddities)
        if self.num_frames == 1:
            found.append("it has one frame only, and can be aligned to nothing")
        if not segments:
            return found
        in_frames = segments[0].unit == "frames"
        length = self.num_frames if in_frames else self.seconds
        sign = "frames" if in_frames else "s"
        last = max(segment.end for segment in segments)
        if last < (1 - _SHORTER_SHARE) * length:
            found.append(
                f"its labels end at {last:.2f} of {length:.2f} {sign}; the "
                "last phase goes on to the end"
            )
        elif last > (1 + _SHORTER_SHARE) * length:
            found.append(
                f"its labels end at {last:.2f} {sign}, after its end at "
                f"{length:.2f} {sign}"
            )
        # Phases without a length are left out on purpose.
        lengths: dict[int, float] = collections.defaultdict(float)
        for segment in segments:
            lengths[segment.phase] += segment.end - segment.start
        for phase, duration in lengths.items():
            if duration > 0 and phase not in self.phases:
                name = phase_segments.phase_name(phase, phase_names)
                found.append(f"phase {name} labels no frame")
        return found


def _examine(source: decoding.FileSource) -> _Examined:
    """Decodes a video and labels its frames, as preparing does."""
    video = decoding.make_video(source)
    return _Examined(
        seconds=video.seconds or float(video.timestamps[-1] + 1 / video.fps),
        num_frames=len(video.jpegs),
        phases=frozenset(np.unique(video.frame_labels).tolist()),
        oddities=video.remarks,
    )
