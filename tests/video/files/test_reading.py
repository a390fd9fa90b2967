import fractions
import struct
import tracemalloc

import av
import numpy as np
import pytest
from PIL import Image

from tcc.video import files

_CORNERS = np.array(
    [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]], np.uint8
)


def _write(path, *, codec="libx264", num_frames=30, times=None, options=None):
    """Writes noisy frames of 64 x 48 at the given times in milliseconds."""
    rng = np.random.default_rng(0)
    times = times or [round(index * 1000 / 30) for index in range(num_frames)]
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = fractions.Fraction(1, 1000)
        for time in times:
            noise = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, format="rgb24")
            frame.pts = time
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _times(path, **options):
    return [frame.timestamp for frame in files.read_frames(path, **options)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("v.mp4", "libx264"),
        ("v.mov", "libx264"),
        ("v.mkv", "libx264"),
        ("v.webm", "libvpx"),
    ],
)
def test_every_container_gives_its_true_times(tmp_path, name, codec):
    # The gaps differ: 30, 70, 100 ms; the first frame is not at 0.
    path = _write(tmp_path / name, codec=codec, times=[40, 70, 140, 240, 270])
    np.testing.assert_allclose(
        _times(path), [0, 0.03, 0.1, 0.2, 0.23], atol=1e-6
    )


def test_avi_is_read(tmp_path):
    with av.open(str(tmp_path / "v.avi"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(6):
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), 90, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    np.testing.assert_allclose(
        _times(tmp_path / "v.avi"), np.arange(6) / 10, atol=1e-6
    )


def test_what_is_written_is_read_back(tmp_path):
    shades = [30, 90, 150, 210]
    frames = (np.full((50, 70, 3), shade, np.uint8) for shade in shades)
    files.write_video(tmp_path / "v.mp4", frames, fps=7.5)
    found = list(files.read_frames(tmp_path / "v.mp4"))
    np.testing.assert_allclose(
        [frame.timestamp for frame in found], np.arange(4) / 7.5, atol=1e-6
    )
    for frame, shade in zip(found, shades, strict=True):
        assert frame.pixels.shape == (50, 70, 3)
        np.testing.assert_allclose(frame.pixels, shade, atol=3)
    info = files.probe(tmp_path / "v.mp4")
    assert (info.fps, info.num_frames, info.has_audio) == (7.5, 4, False)
    assert info.duration == pytest.approx(4 / 7.5, abs=1e-3)


def test_odd_sizes_become_even(tmp_path):
    files.write_video(
        tmp_path / "v.mp4", [np.zeros((33, 51, 3), np.uint8)], fps=5
    )
    (frame,) = files.read_frames(tmp_path / "v.mp4")
    assert frame.pixels.shape == (34, 52, 3)
    with av.open(str(tmp_path / "v.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


def test_a_gif_keeps_its_length(tmp_path):
    # 1 / 30 s is 3.33 hundredths, which GIF rounds: 30 frames must still
    # take 100 hundredths. The frames differ, or they would be merged.
    frames = [np.full((8, 8, 3), 8 * index, np.uint8) for index in range(30)]
    files.write_video(tmp_path / "v.gif", frames, fps=30)
    picture = Image.open(tmp_path / "v.gif")
    assert getattr(picture, "n_frames", 1) == 30
    assert picture.info["loop"] == 0
    durations = []
    for index in range(30):
        picture.seek(index)
        durations.append(picture.info["duration"])
    assert sum(durations) == 1000
    assert set(durations) == {30, 40}


@pytest.mark.parametrize(
    ("name", "frames", "fps", "message"),
    [
        ("v.avi", [], 5, r"end in .mp4 or .gif. Received: .*v.avi"),
        ("v.mp4", [], 5, "at least one. Received: none"),
        ("v.mp4", [np.zeros((2, 2, 3), np.uint8)], 0, "fps must be positive"),
        ("v.gif", [np.zeros((2, 2, 3))], 5, r"uint8 .*float64 \[2, 2, 3\]"),
        ("v.mp4", [np.zeros((2, 2), np.uint8)], 5, r"uint8 \[2, 2\]"),
        (
            "v.mp4",
            [np.zeros((2, 2, 3), np.uint8), np.zeros((4, 2, 3), np.uint8)],
            5,
            r"uint8 \[4, 2, 3\] after \[2, 2, 3\]",
        ),
    ],
)
def test_what_cannot_be_written_leaves_no_file(
    tmp_path, name, frames, fps, message
):
    with pytest.raises(ValueError, match=message):
        files.write_video(tmp_path / name, frames, fps=fps)
    assert list(tmp_path.iterdir()) == []


def _with_matrix(path, matrix):
    """Rewrites the display matrix of an MP4: a, b, c, d of its header."""
    unit = 1 << 16
    content = path.read_bytes()
    identity = struct.pack(">9i", unit, 0, 0, 0, unit, 0, 0, 0, 1 << 30)
    at = content.index(identity, content.index(b"tkhd"))
    a, b, c, d = (unit * value for value in matrix)
    turned = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content[:at] + turned + content[at + 36 :])


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        # A stored pixel (x, y) is shown at (a x + c y, b x + d y).
        ((1, 0, 0, 1), _CORNERS),
        ((-1, 0, 0, -1), _CORNERS[::-1, ::-1]),  # half a turn
        ((0, 1, -1, 0), np.rot90(_CORNERS, -1)),  # clockwise, as phones do
        ((0, -1, 1, 0), np.rot90(_CORNERS, 1)),  # counterclockwise
        ((-1, 0, 0, 1), _CORNERS[:, ::-1]),  # mirrored
        ((0, 1, 1, 0), _CORNERS.swapaxes(0, 1)),
    ],
)
def test_rotation_and_mirroring_are_honoured(tmp_path, matrix, expected):
    path = tmp_path / "v.mp4"
    frame = _CORNERS.repeat(16, 0).repeat(32, 1)  # 64 wide, 32 high
    files.write_video(path, [frame], fps=5)
    _with_matrix(path, matrix)
    (shown,) = files.read_frames(path)
    turned = matrix[0] == 0
    assert shown.pixels.shape == ((64, 32, 3) if turned else (32, 64, 3))
    height, width, _ = shown.pixels.shape
    middles = shown.pixels[height // 4 :: height // 2, width // 4 :: width // 2]
    np.testing.assert_allclose(middles, expected, atol=12)
    # The same as FFmpeg's own reading of the angle, where it is only one.
    if matrix[0] * matrix[3] - matrix[1] * matrix[2] > 0:
        with av.open(str(path)) as container:
            raw = next(container.decode(video=0))
            quarters = raw.rotation // 90
            np.testing.assert_array_equal(
                shown.pixels, np.rot90(raw.to_ndarray(format="rgb24"), quarters)
            )


@pytest.mark.parametrize(
    ("shorter_side", "shape"),
    [(24, (24, 32, 3)), (48, (48, 64, 3)), (100, (48, 64, 3))],
)
def test_frames_shrink_in_proportion_and_never_grow(
    tmp_path, shorter_side, shape
):
    path = _write(tmp_path / "v.mp4", num_frames=1)
    (frame,) = files.read_frames(path, shorter_side=shorter_side)
    assert frame.pixels.shape == shape


def test_half_the_rate_keeps_every_other_frame(tmp_path):
    path = _write(tmp_path / "v.mp4", times=[100 * n for n in range(7)])
    np.testing.assert_allclose(
        _times(path, fps=5), [0, 0.2, 0.4, 0.6], atol=1e-6
    )
    np.testing.assert_allclose(
        _times(path, fps=25), np.arange(7) / 10, atol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("v.mp4", "libx264", {}),
        ("v.mp4", "libx264", {"movflags": "faststart"}),
        ("v.mov", "libx264", {"movflags": "faststart"}),
        ("v.mkv", "libx264", {}),
        ("v.webm", "libvpx", {}),
    ],
)
def test_a_truncated_file_is_named(tmp_path, name, codec, options):
    path = _write(tmp_path / name, codec=codec, options=options)
    assert len(_times(path)) == 30
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ValueError, match=rf"{name} is .*(truncated|missing).*again"
    ):
        _times(path)


def test_a_longer_sound_does_not_look_like_a_truncated_video(tmp_path):
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), 90, np.uint8), format="rgb24"
            )
            container.mux(video.encode(frame))
        container.mux(video.encode())
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 8000 * 5), np.int16), format="s16", layout="mono"
        )
        silence.sample_rate = 8000
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    assert files.probe(path).has_audio
    assert len(_times(path)) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello " * 100, "is not a video file"),
        (bytes(5000), "is not a video file"),
    ],
)
def test_what_is_no_video_is_named(tmp_path, content, message):
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"v.mp4 {message}"):
        _times(path)
    with pytest.raises(ValueError, match=f"v.mp4 {message}"):
        files.probe(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no video file .*none\.mp4"):
        _times(tmp_path / "none.mp4")


def test_sound_alone_is_refused(tmp_path):
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 8000
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    with pytest.raises(ValueError, match=r"v.mp4 has no video stream"):
        _times(path)


def test_a_video_without_frames_is_named(tmp_path):
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(
        ValueError, match=r"v.mkv (has no frames|is not a video file)"
    ):
        _times(path)


def test_memory_does_not_grow_with_length(tmp_path):
    def frames(count):
        for index in range(count):
            yield np.full((96, 128, 3), index % 256, np.uint8)

    def peak(count):
        tracemalloc.start()
        files.write_video(tmp_path / "v.mp4", frames(count), fps=30)
        for _ in files.read_frames(tmp_path / "v.mp4"):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(20)
    assert peak(200) < peak(20) + 96 * 128 * 3 * 20


def test_frames_are_written_at_their_own_times(tmp_path):
    # Gaps of 10 to 200 ms, and a first frame that is not at 0.
    times = [0.0, 0.01, 0.21, 0.25, 1.0]
    frames = [np.full((32, 32, 3), 40 * index, np.uint8) for index in range(5)]
    path = tmp_path / "v.mp4"
    files.write_video(path, frames, fps=4, timestamps=times)
    found = list(files.read_frames(path))
    np.testing.assert_allclose(
        [frame.timestamp for frame in found], times, atol=1 / 90_000
    )
    for index, frame in enumerate(found):
        np.testing.assert_allclose(frame.pixels, 40 * index, atol=3)


@pytest.mark.parametrize(
    ("name", "times", "message"),
    [
        ("v.gif", [0, 1], "must be None for a .gif"),
        ("v.mp4", [0, 1, 2], "one for each frame. Received: 3 for 2"),
        ("v.mp4", [0], "one for each frame. Received: 1 for 2"),
        ("v.mp4", [0, 0], "must increase from 0"),
        ("v.mp4", [-1, 0], "must increase from 0"),
    ],
)
def test_times_that_do_not_fit_leave_no_file(tmp_path, name, times, message):
    frames = [np.zeros((2, 2, 3), np.uint8)] * 2
    with pytest.raises(ValueError, match=message):
        files.write_video(tmp_path / name, frames, fps=5, timestamps=times)
    assert list(tmp_path.iterdir()) == []
