"""Makes one prepared video from a video file or a folder of pictures.

Runs in worker processes, so it imports neither TensorFlow nor TFDS.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tcc.datasets.builders.video_folder import listing
from tcc.datasets.labels import annotations
from tcc.datasets.preparing import image_frames, jpeg, video_record
from tcc.io import folder_entries
from tcc.video import files

# Annotators may mark the end of a video somewhat late.
_LONGER_SHARE = 1.1  # of the video
_LONGER = {"seconds": 1.0, "frames": 30.0}


@dataclasses.dataclass(frozen=True)
class FileSource:
    """A video, its labels, and how its frames are kept."""

    path: pathlib.Path  # of the file, or of the folder of pictures
    name: str
    origin: str  # the path as the user sees it, within the folder
    segments: tuple[annotations.Segment, ...]  # none when unlabelled
    fps: float | None  # frames per second to keep; None keeps all
    shorter_side: int | None  # pixels; None keeps the size
    source_fps: float | None = None  # of a folder of pictures; None for files


def list_sources(
    videos: Sequence[listing.VideoFile],
    segments: Mapping[listing.VideoFile, Sequence[annotations.Segment]],
    *,
    fps: float | None,
    shorter_side: int | None,
    source_fps: float | None,
) -> dict[str, list[FileSource]]:
    """Says what the videos of each split are made from.

    Args:
      videos: of all splits.
      segments: of those that are labelled.
      fps: frames per second to keep; None keeps all.
      shorter_side: pixels of the kept frames; None keeps the size.
      source_fps: frames per second of folders of pictures.

    Raises:
      ValueError: when there are folders of pictures, and no source_fps.
    """
    sources: dict[str, list[FileSource]] = {}
    for video in videos:
        if video.is_folder and source_fps is None:
            raise ValueError(
                f"--source_fps must be given for folders of pictures, such as "
                f"{video.path}: their frames per second. Received: none."
            )
        sources.setdefault(video.split, []).append(
            FileSource(
                path=video.path,
                name=video.name,
                origin=f"{video.split}: {video.path.name}",
                segments=tuple(segments.get(video, ())),
                fps=fps,
                shorter_side=shorter_side,
                source_fps=source_fps if video.is_folder else None,
            )
        )
    return sources


def make_video(source: FileSource) -> video_record.VideoRecord:
    """Reads the frames of a video and labels them.

    Args:
      source: which video, and how.

    Returns:
      The video, without labels when the source has none.

    Raises:
      ValueError: when a file cannot be read, or the labels do not fit it.
    """
    if source.source_fps is None:
        kept = _decode(source)
    else:
        pictures = image_frames.find(source.path)
        for picture in pictures:
            folder_entries.require_file(picture)
        kept = image_frames.keep_files(
            pictures,
            source_fps=source.source_fps,
            fps=source.fps,
            shorter_side=source.shorter_side,
        )
    return video_record.VideoRecord(
        name=source.name,
        jpegs=kept.jpegs,
        timestamps=kept.timestamps,
        frame_labels=_label(source, kept),
        fps=kept.fps,
        source=str(source.path.absolute()),
        seconds=kept.seconds,
        remarks=kept.remarks,
    )


def _decode(source: FileSource) -> image_frames.KeptFrames:
    """Decodes a video file."""
    folder_entries.require_file(source.path)
    times, jpegs, indices = [], [], []
    findings = files.Findings()
    frames = files.read_frames(
        source.path,
        fps=source.fps,
        shorter_side=source.shorter_side,
        findings=findings,
    )
    for frame in frames:
        times.append(frame.timestamp)
        jpegs.append(jpeg.encode(frame.pixels))
        indices.append(frame.index)
    if len(times) > 1:
        fps = (len(times) - 1) / (times[-1] - times[0])
    else:
        fps = source.fps or files.probe(source.path).fps or 1.0
    return image_frames.KeptFrames(
        jpegs=jpegs,
        timestamps=np.array(times),
        indices=np.array(indices),
        fps=float(fps),
        seconds=max(findings.seconds, times[-1] + 1 / fps),
        remarks=tuple(findings.remarks),
    )


def _label(source: FileSource, kept: image_frames.KeptFrames) -> np.ndarray:
    """Returns int64 [L]; refuses labels that are not about this video."""
    if not source.segments:
        return np.full(len(kept.jpegs), video_record.UNLABELLED, np.int64)
    unit = source.segments[0].unit
    if unit == "frames":
        times = kept.indices.astype(np.float64)
        length = times[-1] + 1
    else:
        times = kept.timestamps
        length = kept.seconds
    first = source.segments[0].start
    last = max(segment.end for segment in source.segments)
    # The original's times are microseconds. Seconds or milliseconds in their
    # place end within the first frames, and would label all with one phase.
    longest = _LONGER_SHARE * length + _LONGER[unit]
    if first > length or not 0.01 * length <= last <= longest:
        raise ValueError(
            f"The labels of {source.path} span {first:g} to {last:g} {unit}, "
            f"but it is {length:.2f} {unit} long. Are they another video's, or "
            "in another unit? (JSON: microseconds; tables: --label_unit.) Mend "
            "its entry of the label file, or remove it."
        )
    return annotations.label_timestamps(times, source.segments)
