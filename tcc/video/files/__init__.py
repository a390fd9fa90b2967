"""Video files, in and out, through PyAV."""

from tcc.video.files.reading import (
    Frame,
    VideoInfo,
    probe,
    read_frames,
    write_video,
)

__all__ = ["Frame", "VideoInfo", "probe", "read_frames", "write_video"]
