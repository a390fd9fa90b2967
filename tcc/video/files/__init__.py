"""Video files, in and out, through PyAV."""

from tcc.video.files.reading import (
    Findings,
    Frame,
    VideoInfo,
    probe,
    read_frames,
    write_video,
)

__all__ = [
    "Findings",
    "Frame",
    "VideoInfo",
    "probe",
    "read_frames",
    "write_video",
]
