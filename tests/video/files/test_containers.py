import contextlib
import http.server
import os
import pathlib
import shutil
import threading

import av
import numpy as np
import pytest

from tcc.applications import sound_transfer
from tcc.video import files
from tcc.video.files import containers
from tests.video import written_videos


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return written_videos.encode(
        written_videos.pictures(10),
        times=range(10),
        clock=10,
        path=tmp_path_factory.mktemp("clips") / "clip.mp4",
    )


@contextlib.contextmanager
def _listener(folder):
    """Serves a folder on the loopback; yields the port and what was asked."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            asked.append(args)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.01,), daemon=True
    )
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


_NAMES = [
    "http:127.0.0.1:{port}?x.mp4",
    "tcp:127.0.0.1:{port}?x.mp4",
    "concat:clip.mp4|clip.mp4",
    "concatf:x.mp4",
    "file:x.mp4",
    "subfile,,start,0,end,9,,:clip.mp4",
    "pipe:0.mp4",
    "fd:.mp4",
    "data:text;base64,AAAA.mp4",
    "crypto:clip.mp4",
    "cache:clip.mp4",
    "async:clip.mp4",
    "md5:x.mp4",
    "tee:x.mp4",
    "C:x.mp4",
    "%03d [*?]{{}} x.mp4",
]


@pytest.mark.parametrize("form", _NAMES)
def test_a_name_is_never_an_address(tmp_path, monkeypatch, clip, form):
    monkeypatch.chdir(tmp_path)
    with _listener(clip.parent) as (port, asked):
        path = pathlib.Path(form.format(port=port))
        shutil.copy(clip, path)
        assert len(list(files.read_frames(path))) == 10
        assert files.probe(path).num_frames == 10
        assert asked == []


@pytest.mark.parametrize("form", _NAMES)
def test_what_is_written_gets_its_name(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    with _listener(tmp_path) as (port, asked):
        path = pathlib.Path(form.format(port=port))
        files.write_video(path, written_videos.pictures(3), fps=10)
        assert asked == []
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208
    assert len(list(files.read_frames(path))) == 3


def _playlists(target, address):
    """Returns texts that make FFmpeg read another file, by its format."""
    return {
        "ffconcat": f"ffconcat version 1.0\nfile {target}\n",
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-VERSION:3\n"
        f"#EXTINF:1.0,\n{target}\n#EXT-X-ENDLIST\n",
        "hls of an address": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
        f"#EXTINF:1.0,\n{address}\n#EXT-X-ENDLIST\n",
        "concat of an address": f"ffconcat version 1.0\nfile '{address}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n"
        "t=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:'
        '2011" type="static" mediaPresentationDuration="PT1S"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>",
        "itself": "ffconcat version 1.0\nfile script.mp4\n",
        "asx": f'<ASX version="3.0"><Entry><Ref href="{address}"/>'
        "</Entry></ASX>",
    }


@pytest.mark.parametrize("kind", _playlists("", ""))
@pytest.mark.parametrize("ending", ["mp4", "m3u8", "avi", "ts"])
def test_playlists_and_scripts_open_nothing(
    tmp_path, monkeypatch, clip, kind, ending
):
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip, "other.mp4")
    path = pathlib.Path(f"script.{ending}")
    with _listener(clip.parent) as (port, asked):
        address = f"http://127.0.0.1:{port}/clip.mp4"
        path.write_text(_playlists("other.mp4", address)[kind])
        with pytest.raises(ValueError, match=f"script.{ending} is not a video"):
            list(files.read_frames(path))
        with pytest.raises(ValueError, match=f"script.{ending} is not a sound"):
            sound_transfer.read_sound(path)
        assert asked == []


def test_the_texts_do_lead_elsewhere_without_the_guard(tmp_path, clip):
    # Otherwise the test above could not fail.
    shutil.copy(clip, tmp_path / "other.mp4")
    script = tmp_path / "script.mp4"
    script.write_text(_playlists("other.mp4", "")["ffconcat"])
    with av.open(str(script)) as container:
        assert len(list(container.decode(video=0))) == 10


def test_a_sound_is_read_from_a_file_that_is_named_as_an_address(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with _listener(tmp_path) as (port, asked):
        path = pathlib.Path(f"http:127.0.0.1:{port}?x.wav")
        with av.open(f"file:{path.absolute()}", "w", format="wav") as container:
            stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 8000), np.int16), format="s16", layout="mono"
            )
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
        assert len(sound_transfer.read_sound(path, rate=8000).samples) == 8000
        assert asked == []


def test_a_video_with_sound_is_written_under_its_name(
    tmp_path, monkeypatch, clip
):
    monkeypatch.chdir(tmp_path)
    with _listener(tmp_path) as (port, asked):
        path = pathlib.Path(f"http:127.0.0.1:{port}?x.mp4")
        sound = sound_transfer.Sound(np.zeros((8000, 2), np.float32), 8000)
        sound_transfer.write_with_sound(clip, sound, path)
        assert asked == []
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert files.probe(path).has_audio


def _add_stream(container, size, *, disposition, codec="mpeg4", count=10):
    """Adds a stream of black frames; returns its packets."""
    stream = container.add_stream(codec, rate=10)
    stream.width, stream.height = size
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.disposition = disposition
    return stream, count


def _write_streams(path, streams):
    with av.open(str(path), "w") as container:
        made = [_add_stream(container, **stream) for stream in streams]
        for stream, count in made:
            for index in range(count):
                frame = av.VideoFrame.from_ndarray(
                    np.zeros((stream.height, stream.width, 3), np.uint8),
                    format="rgb24",
                )
                frame.pts = index
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


_DEFAULT = av.stream.Disposition.default
_COVER = av.stream.Disposition.attached_pic
_NONE = av.stream.Disposition(0)


@pytest.mark.parametrize(
    ("name", "streams"),
    [
        (
            "default_second.mkv",
            [
                {"size": (32, 24), "disposition": _NONE},
                {"size": (64, 48), "disposition": _DEFAULT},
            ],
        ),
        (
            "default_first.mkv",
            [
                {"size": (64, 48), "disposition": _DEFAULT},
                {"size": (32, 24), "disposition": _NONE},
            ],
        ),
        (
            "default_second.mp4",
            [
                {"size": (32, 24), "disposition": _NONE},
                {"size": (64, 48), "disposition": _DEFAULT},
            ],
        ),
        (
            "cover_first.mkv",
            [
                {
                    "size": (200, 100),
                    "disposition": _NONE,
                    "codec": "mjpeg",
                    "count": 1,
                },
                {"size": (64, 48), "disposition": _DEFAULT},
            ],
        ),
        (
            "marked_cover_first.mp4",
            [
                {
                    "size": (200, 100),
                    "disposition": _COVER,
                    "codec": "mjpeg",
                    "count": 1,
                },
                {"size": (64, 48), "disposition": _NONE},
            ],
        ),
    ],
)
def test_the_stream_that_players_show_is_read(tmp_path, name, streams):
    path = _write_streams(tmp_path / name, streams)
    frames = list(files.read_frames(path))
    assert [frame.pixels.shape for frame in frames] == [(48, 64, 3)] * 10


def test_a_cover_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000, layout="mono")
        cover, _ = _add_stream(
            container, (200, 100), disposition=_COVER, codec="mjpeg"
        )
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 8000
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
        picture = av.VideoFrame.from_ndarray(
            np.zeros((100, 200, 3), np.uint8), format="rgb24"
        )
        container.mux(cover.encode(picture))
        container.mux(cover.encode())
    with pytest.raises(ValueError, match=r"song.mp4 has no video stream"):
        list(files.read_frames(path))
    with containers.open_to_read(path) as container:
        assert containers.best_video(container) is None
