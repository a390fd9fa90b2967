import io
import sys

from tcc.io import progress_bar


def _track(monkeypatch, stream, items):
    monkeypatch.setattr(sys, "stderr", stream)
    return list(
        progress_bar.track(
            items, total=len(items), task="tau of 'val'", unit="videos"
        )
    )


def test_a_log_gets_a_line_now_and_then(monkeypatch):
    stream = io.StringIO()
    assert _track(monkeypatch, stream, [1, 2, 3]) == [1, 2, 3]
    assert not stream.getvalue()  # soon done: nothing to say
    monkeypatch.setattr(progress_bar, "_INTERVAL", 0)
    assert _track(monkeypatch, stream, range(3)) == [0, 1, 2]
    first, second = stream.getvalue().splitlines()
    assert first.startswith("tau of 'val': 1 of 3 videos, about 0 s left")
    assert second.startswith("tau of 'val': 2 of 3 videos")


def test_a_terminal_gets_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    monkeypatch.setattr(progress_bar, "_DELAY", 0)
    assert _track(monkeypatch, stream, [1, 2]) == [1, 2]
    assert "tau of 'val'" in stream.getvalue()
    assert "/2" in stream.getvalue()
