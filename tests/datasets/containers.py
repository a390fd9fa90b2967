"""Writes small videos in every container that FFmpeg can write here."""

import fractions
import pathlib

import av
import numpy as np

# Ending -> (FFmpeg's container, its codec).
WRITTEN = {
    ".264": ("h264", "libx264"),
    ".265": ("hevc", "libx265"),
    ".3g2": ("3g2", "mpeg4"),
    ".3gp": ("3gp", "mpeg4"),
    ".apng": ("apng", "apng"),
    ".asf": ("asf", "wmv2"),
    ".divx": ("avi", "mpeg4"),
    ".dv": ("dv", "dvvideo"),
    ".f4v": ("mp4", "libx264"),
    ".flv": ("flv", "flv1"),
    ".gif": ("gif", "gif"),
    ".h264": ("h264", "libx264"),
    ".h265": ("hevc", "libx265"),
    ".hevc": ("hevc", "libx265"),
    ".ivf": ("ivf", "libvpx"),
    ".m1v": ("mpeg1video", "mpeg1video"),
    ".m2t": ("mpegts", "mpeg2video"),
    ".m2ts": ("mpegts", "libx264"),
    ".m2v": ("mpeg2video", "mpeg2video"),
    ".mjpeg": ("mjpeg", "mjpeg"),
    ".mjpg": ("mjpeg", "mjpeg"),
    ".mp4v": ("mp4", "mpeg4"),
    ".mpe": ("mpeg", "mpeg1video"),
    ".mpeg": ("mpeg", "mpeg1video"),
    ".mpg": ("mpeg", "mpeg2video"),
    ".mts": ("mpegts", "libx264"),
    ".mxf": ("mxf", "mpeg2video"),
    ".nut": ("nut", "mpeg4"),
    ".ogv": ("ogg", "libvpx"),
    ".qt": ("mov", "mpeg4"),
    ".rm": ("rm", "rv10"),
    ".ts": ("mpegts", "mpeg2video"),
    ".vob": ("vob", "mpeg2video"),
    ".wmv": ("asf", "wmv2"),
    ".y4m": ("yuv4mpegpipe", "rawvideo"),
}
NUM_FRAMES = 10


def write(path: pathlib.Path, *, num_frames: int = NUM_FRAMES) -> None:
    """Writes frames that brighten, 25 a second, by the path's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    container, codec = WRITTEN[path.suffix.lower()]
    # DV knows sizes of television only, RealVideo multiples of 16.
    width, height = (720, 576) if codec == "dvvideo" else (64, 48)
    formats = {
        "apng": "rgb24",
        "dvvideo": "yuv420p",
        "gif": "rgb8",
        "mjpeg": "yuvj420p",
    }
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = formats.get(codec, "yuv420p")
        stream.time_base = fractions.Fraction(1, 25)
        for index in range(num_frames):
            grey = 20 + 200 * index // num_frames
            pixels = np.full((height, width, 3), grey, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
