"""The page: what is in it, and that it plays in a real browser."""

import base64
import json
import re
import time

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import play_together
from tcc.applications.alignment import playback
from tests.applications import browser
from tests.applications.examples import line, make_clips

_EVIL = "</script><img src=x onerror=alert(1)>&\"'"


def _content(page: str):
    found = re.search(r'type="application/json">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_page_holds_everything_and_asks_for_nothing(tmp_path):
    clips = make_clips(
        [line(0, 1, 2, 3), line(0, 1.4, 3)],
        [np.array([0, 0, 1, 1]), np.array([0, 1, -1])],
        names=["first", _EVIL],
        phase_names=["up", "down"],
    )
    playback.write(tmp_path / "new" / "page.html", clips, method="nn")
    page = (tmp_path / "new" / "page.html").read_text()
    assert not re.search(r"https?://", page)
    assert _EVIL not in page
    content = _content(page)
    first, second = content["videos"]
    assert second["name"] == _EVIL
    assert content["matches"] == [[[], [0, 1, 1, 2]], [[0, 1, 3], []]]
    assert first["times"] == [0, 0.1, 0.2, 0.3]
    assert second["labels"] == [0, 1, -1]
    assert content["phases"] == ["up", "down"]
    floats = np.frombuffer(base64.b64decode(second["embs"]), "<f4")
    np.testing.assert_allclose(floats, [0, 1.4, 3])
    jpegs = [base64.b64decode(frame) for frame in first["frames"]]
    assert jpegs == clips.videos[0].jpegs  # small: as they are


def test_long_videos_are_thinned_and_large_frames_shrunk(tmp_path):
    clips = make_clips([line(*range(21))], size=64)
    playback.write(tmp_path / "p.html", clips, frame_size=32, max_frames=5)
    content = _content((tmp_path / "p.html").read_text())
    video = content["videos"][0]
    assert video["times"] == [0, 0.5, 1.0, 1.5, 2.0]
    assert (video["width"], video["height"]) == (32, 32)
    assert not content["labelled"]
    with pytest.raises(ValueError, match="max_frames"):
        playback.write(tmp_path / "p.html", clips, max_frames=0)


def test_in_a_browser_scrub_play_switch(tmp_path):
    page = tmp_path / "page.html"
    steps = np.arange(30)
    clips = make_clips(
        [line(*steps), line(*steps[::2]), line(*steps[::3])],
        [steps // 10, steps[::2] // 10, steps[::3] // 10],
        names=["one", _EVIL, "three"],
        phase_names=["a", "b", "c"],
    )
    playback.write(page, clips, method="nn")
    with browser.open_page(page) as chromium:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        def look():
            """Query, moment, and the frame that each cell shows."""
            chromium.execute_async_script(
                "const done = arguments[0]; setTimeout(done, 60)"
            )
            return chromium.execute_script(
                "return [playback.query, playback.moment,"
                " ...[...document.querySelectorAll('.video')]"
                ".map(cell => Number(cell.dataset.frame))]"
            )

        assert chromium.find_element(By.CSS_SELECTOR, ".video").is_displayed()
        names = chromium.find_elements(By.CSS_SELECTOR, ".caption.name")
        assert names[1].text == f"2  {_EVIL}".replace("  ", " ")
        assert look() == [0, 0, 0, 0, 0]
        body = chromium.find_element(By.TAG_NAME, "body")
        body.send_keys(Keys.SHIFT, Keys.ARROW_RIGHT)  # ten frames on
        body.send_keys(Keys.NULL)
        assert look() == [0, 10, 10, 5, 3]
        body.send_keys("2")  # its frame 5 is frame 10, and stays
        assert look() == [1, 5, 10, 5, 3]
        cells = chromium.find_elements(By.CSS_SELECTOR, ".video")
        assert "query" in cells[1].get_attribute("class")
        cells[2].click()
        assert look()[:2] == [2, 3]
        chromium.execute_script(
            "const bar = document.getElementById('scrubber'); bar.value = 9;"
            "bar.dispatchEvent(new Event('input'))"
        )
        assert look() == [2, 9, 27, 13, 9]
        body.send_keys(Keys.HOME)
        body.send_keys(" ")  # one second of video at 10 frames a second
        deadline = time.monotonic() + 10
        while chromium.execute_script("return playback.playing"):
            assert time.monotonic() < deadline
        assert look()[:2] == [2, 9]
        button = chromium.find_element(By.ID, "play")
        button.click()  # from the beginning again
        assert button.text == "Pause"
        button.send_keys(" ")  # presses the button, once
        assert button.text == "Play"
        paused = look()
        assert paused[1] < 9
        assert look() == paused
        body.send_keys(Keys.END)
        # The cross of the matrix is where the cursor is: its column is bright.
        bright = chromium.execute_script(
            "const c = document.getElementById('matrix');"
            "const x = Math.floor(9.5 / 10 * c.width);"
            "return [...c.getContext('2d').getImageData(x, 5, 1, 1).data]"
        )
        assert bright[:3] == [255, 204, 102]
        assert not chromium.get_log("browser")


def test_command(logdir, tmp_path, capsys):
    with flagsaver.as_parsed(
        logdir=str(logdir), output=str(tmp_path / "p.html"), query="1"
    ):
        flags.FLAGS.mark_as_parsed()
        play_together.main([])
    assert "2 videos" in capsys.readouterr().out
    content = _content((tmp_path / "p.html").read_text())
    assert [v["name"] for v in content["videos"]] == ["video_3", "video_2"]
    with (
        flagsaver.as_parsed(logdir=str(logdir), output="p.mp4"),
        pytest.raises(ValueError, match=r"must end in \.html"),
    ):
        play_together.main([])


def test_a_page_of_many_videos_does_not_outgrow_a_browser(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(playback, "_MAX_FRAMES_OF_ALL", 20)
    clips = make_clips([line(*range(9)) for _ in range(5)])
    playback.write(tmp_path / "p.html", clips)
    content = _content((tmp_path / "p.html").read_text())
    # 20 frames for 5 videos: 4 of each, of its 9 the frames 0, 3, 5 and 8.
    assert [len(video["frames"]) for video in content["videos"]] == [4] * 5
    assert content["videos"][0]["times"] == [0, 0.3, 0.5, 0.8]
