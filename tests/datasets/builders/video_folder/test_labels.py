import json
import pathlib

import pytest

from tcc.datasets.builders.video_folder import labels, listing

_VIDEOS = [
    listing.VideoFile(pathlib.Path("/v/train/one.mp4"), "train"),
    listing.VideoFile(pathlib.Path("/v/train/two.mp4"), "train"),
    listing.VideoFile(pathlib.Path("/v/val/one.mp4"), "val"),
]
_ENTRY = {"a": {"0": [0, 1000000]}}


def _match(tmp_path, content, skip_bad=False):
    path = tmp_path / "labels.json"
    path.write_text(
        content if isinstance(content, str) else json.dumps(content)
    )
    skipped: dict[str, str] = {}
    matched = labels.match(
        _VIDEOS, path, skip_bad=skip_bad, skipped=skipped, notes={}
    )
    return list(matched), skipped


@pytest.mark.parametrize(
    ("key", "video"), [("two", 1), ("two.mp4", 1), ("val/one", 2)]
)
def test_a_video_is_found_by_name(tmp_path, key, video):
    assert _match(tmp_path, {key: _ENTRY}) == ([_VIDEOS[video]], {})


@pytest.mark.parametrize(
    ("content", "key", "message"),
    [
        ({"three": _ENTRY}, "three", "there is no video 'three'"),
        ({"one": _ENTRY}, "one", "use the key train/one or val/one"),
        ({"two.mp4": {}}, "two.mp4", "at least one annotator"),
        (
            {"two": _ENTRY, "two.mp4": _ENTRY},
            "two.mp4",
            "two entries for .*two.mp4",
        ),
    ],
)
def test_an_entry_that_fits_no_video(tmp_path, content, key, message):
    content = {"val/one": _ENTRY, **content}
    with pytest.raises(ValueError, match=message):
        _match(tmp_path, content)
    matched, skipped = _match(tmp_path, content, skip_bad=True)
    assert _VIDEOS[2] in matched
    assert list(skipped) == [f"labels.json: {key}"]


def test_many_problems_are_counted_and_mended(tmp_path):
    content = {f"v{number}": _ENTRY for number in range(9)}
    with pytest.raises(ValueError, match="and 4 more") as caught:
        _match(tmp_path, content)
    assert "like 'one'" in str(caught.value)
    assert "--skip_bad" in str(caught.value)


def test_without_a_bad_file_all_videos_are_unlabelled(tmp_path):
    with pytest.raises(ValueError, match="not valid JSON"):
        _match(tmp_path, "{")
    matched, skipped = _match(tmp_path, "{", skip_bad=True)
    assert matched == []
    assert "not valid JSON" in skipped["labels.json"]


def _videos(*names, split="train"):
    return [
        listing.VideoFile(pathlib.Path("/v", split, name), split)
        for name in names
    ]


_COMPOSED, _DECOMPOSED = "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\u0301"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("GH01.MP4", "GH01.MP4"),
        ("GH01.mp4", "GH01.MP4"),
        ("c0.MP4", "c0.mp4"),
        ("c0.mov", "c0.mp4"),  # converted since
        ("train\\c0.MP4", "c0.mp4"),
        (" c0 ", "c0.mp4"),
        (_COMPOSED, f"{_DECOMPOSED}.mp4"),
        (f"{_DECOMPOSED}.MP4", f"{_COMPOSED}.mp4"),
        ("take.ts", "take.ts.mp4"),
        ("x.2024", "x.2024.mp4"),
    ],
)
def test_names_are_matched_where_they_are_certain(tmp_path, key, name):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({key: _ENTRY}))
    videos = _videos(name, "other.mp4")
    matched = labels.match(videos, path, skip_bad=False, skipped={}, notes={})
    assert list(matched) == videos[:1]


def test_the_exact_name_comes_first(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({_DECOMPOSED: _ENTRY}))
    videos = _videos(f"{_COMPOSED}.mp4", f"{_DECOMPOSED}.mp4")
    matched = labels.match(videos, path, skip_bad=False, skipped={}, notes={})
    assert list(matched) == videos[1:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{\n"gh01": {"a": {"0": [0, 1]}}}',
            r"'gh01' \(line 2\). Is it 'GH01'",
        ),
        (
            '{"GH01": {"a": {"0": [0, 1]}},\n\n'
            '"GH01.MP4": {"a": {"0": [0, 1]}}}',
            r"two entries for .*'GH01' \(line 1\) and 'GH01.MP4' \(line 3\)",
        ),
        (
            "video,start,end,phase\nGH01,0,1,0\nnone,0,1,0\nnone,1,2,1\n",
            r"no video 'none' \(line 3\)",
        ),
    ],
)
def test_messages_name_the_line(tmp_path, content, message):
    path = tmp_path / "labels"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        labels.match(
            _videos("GH01.MP4"), path, skip_bad=False, skipped={}, notes={}
        )
