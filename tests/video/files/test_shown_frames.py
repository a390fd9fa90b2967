import fractions
import struct

import av
import numpy as np
import pytest

from tcc.datasets.builders.video_folder import decoding
from tcc.datasets.labels import annotations
from tcc.video import files
from tests.video import written_videos


def _shape(path, **options):
    return next(files.read_frames(path, **options)).pixels.shape


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        # Width times aspect; the height stays.
        ((48, 48), (4, 3), (48, 64)),
        ((720, 480), (8, 9), (480, 640)),  # NTSC, shown 4:3
        ((720, 576), (16, 15), (576, 768)),  # PAL, shown 4:3
        ((48, 64), (1, 2), (64, 24)),
        ((48, 48), (1, 1), (48, 48)),
        ((48, 48), (4000, 1), (48, 48)),  # no camera has such pixels
    ],
)
@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
def test_pixels_that_are_not_square(tmp_path, name, size, aspect, expected):
    width, height = size
    path = written_videos.encode(
        written_videos.pictures(2, width=width, height=height),
        times=range(2),
        clock=10,
        aspect=fractions.Fraction(*aspect),
        path=tmp_path / name,
    )
    assert _shape(path) == (*expected, 3)


def test_the_shorter_side_is_that_of_what_is_shown(tmp_path):
    # Shown 24 x 64: the width is the shorter side, 12 of it is half.
    path = written_videos.encode(
        written_videos.pictures(2, width=48, height=64),
        times=range(2),
        clock=10,
        aspect=fractions.Fraction(1, 2),
        path=tmp_path / "v.mp4",
    )
    assert _shape(path, shorter_side=12) == (32, 12, 3)


def test_pixels_are_stretched_before_the_frame_is_turned(tmp_path):
    # A bright left half; 48 x 48 stored, 64 x 48 shown, then a quarter turn
    # clockwise: 48 x 64 with a bright upper half.
    picture = np.full((48, 48, 3), 20, np.uint8)
    picture[:, :24] = 220
    path = written_videos.encode(
        [picture, picture],
        times=range(2),
        clock=10,
        aspect=fractions.Fraction(4, 3),
        path=tmp_path / "v.mp4",
    )
    content = path.read_bytes()
    unit = 1 << 16
    upright = struct.pack(">9i", unit, 0, 0, 0, unit, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, unit, 0, -unit, 0, 0, 0, 0, 1 << 30)
    at = content.index(upright, content.index(b"tkhd"))
    path.write_bytes(content[:at] + turned + content[at + 36 :])
    pixels = next(files.read_frames(path)).pixels
    assert pixels.shape == (64, 48, 3)
    assert pixels[:24].mean() > 200
    assert pixels[-24:].mean() < 40


def _changing(path, codec, sizes):
    """Writes five frames of each size as streams of one file, joined."""
    parts = []
    for index, (width, height) in enumerate(sizes):
        parts.append(
            written_videos.encode(
                written_videos.pictures(5, width=width, height=height),
                times=range(5),
                clock=10,
                codec=codec,
                path=path.with_name(f"part{index}.mkv"),
            )
        )
    with av.open(str(path), "w") as container:
        stream = None
        for index, part in enumerate(parts):
            with av.open(str(part)) as source:
                given = source.streams.video[0]
                if stream is None:
                    stream = container.add_stream_from_template(given)
                for packet in source.demux(given):
                    if packet.pts is not None:
                        packet.pts += 500 * index
                        packet.dts = packet.pts
                        packet.stream = stream
                        container.mux(packet)
    return path


@pytest.mark.parametrize(
    "sizes", [((64, 48), (48, 64)), ((64, 48), (96, 72), (64, 48))]
)
@pytest.mark.parametrize("shorter_side", [None, 24])
def test_frames_of_several_sizes_become_one(tmp_path, sizes, shorter_side):
    path = _changing(tmp_path / "call.webm", "libvpx", sizes)
    findings = files.Findings()
    frames = list(
        files.read_frames(path, shorter_side=shorter_side, findings=findings)
    )
    expected = (24, 32, 3) if shorter_side else (48, 64, 3)
    assert [f.pixels.shape for f in frames] == [expected] * 5 * len(sizes)
    shown = [written_videos.brightness(f.pixels, 5) for f in frames]
    assert shown == [0, 1, 2, 3, 4] * len(sizes)
    (remark,) = findings.remarks
    assert "change size, first at 0.50 s, from 64 x 48 to" in remark


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("v.mkv", "ffv1", "gray16le"),
        ("v.mov", "png", "rgb48be"),
        ("v.mkv", "ffv1", "gray"),
        ("v.mkv", "ffv1", "gray10le"),
        ("v.mkv", "ffv1", "yuv420p10le"),
    ],
)
def test_more_than_8_bits_keep_their_range(tmp_path, name, codec, pixel_format):
    ramp = np.linspace(0, 255, 256).round().astype(np.uint8)
    picture = np.broadcast_to(ramp[None, :, None], (16, 256, 3)).copy()
    path = written_videos.encode(
        [picture, picture],
        times=range(2),
        clock=10,
        codec=codec,
        pixel_format=pixel_format,
        path=tmp_path / name,
    )
    shown = next(files.read_frames(path)).pixels
    np.testing.assert_allclose(shown[8, :, 1], ramp, atol=3)


def _held(path, *, keep_length=True, **options):
    """Writes 20 frames, 10 a second, the last of which is shown for 3 s."""

    def change(packets):
        for packet in packets:
            packet.duration = 1 if keep_length else 0
        last = max(packets, key=lambda packet: packet.pts)
        last.duration = 30

    return written_videos.encode(
        written_videos.pictures(20),
        times=range(20),
        clock=10,
        path=path,
        change=change,
        **options,
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.mp4", {"options": {"bf": "0"}}),
        ("v.mp4", {"options": {"bf": "3"}}),
        ("v.mov", {"options": {"bf": "0"}}),
        (
            "v.mp4",
            {
                "options": {"bf": "0"},
                "container_options": {"movflags": "frag_keyframe+empty_moov"},
            },
        ),
        ("v.mkv", {"options": {"bf": "0"}}),
        ("v.mkv", {"options": {"bf": "3"}}),
        ("v.mkv", {"options": {"bf": "0"}, "keep_length": False}),
        ("v.webm", {"codec": "libvpx"}),
        ("v.webm", {"codec": "libvpx-vp9", "keep_length": False}),
        ("v.flv", {"codec": "flv"}),
        ("v.wmv", {"codec": "wmv2"}),
    ],
)
def test_a_last_frame_that_is_held_is_no_cut(tmp_path, name, options):
    path = _held(tmp_path / name, **options)
    findings = files.Findings()
    frames = list(files.read_frames(path, findings=findings))
    times = [frame.timestamp for frame in frames]
    np.testing.assert_allclose(times, np.arange(20) / 10, atol=1e-9)
    assert findings.remarks == []
    content = path.read_bytes()
    path.write_bytes(content[: int(0.7 * len(content))])
    with pytest.raises(ValueError, match=rf"{name} (is|has no)"):
        list(files.read_frames(path))


def test_labels_may_go_on_while_the_last_frame_is_held(tmp_path):
    path = _held(tmp_path / "v.mkv", options={"bf": "0"})
    # The last frame is at 1.9 s and stays for 3 s.
    segments = (
        annotations.Segment(0, 0.0, 1.0),
        annotations.Segment(1, 1.0, 4.9),
    )
    for fps in (None, 5.0):
        video = decoding.make_video(
            decoding.FileSource(
                path=path,
                name="v",
                origin="train: v.mkv",
                segments=segments,
                fps=fps,
                shorter_side=None,
            )
        )
        assert video.seconds == pytest.approx(4.9)
        half = 5 if fps else 10
        assert video.frame_labels.tolist() == [0] * half + [1] * half
