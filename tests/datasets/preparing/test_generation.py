import dataclasses

import numpy as np
import pytest

from tcc.datasets.preparing import generation, video_record


@dataclasses.dataclass(frozen=True)
class _Source:
    name: str
    bad: bool = False

    @property
    def origin(self):
        return f"folder/{self.name}"


def _make(source):
    if source.bad:
        raise ValueError(f"{source.name} is bad.")
    return video_record.VideoRecord(
        name=source.name,
        jpegs=[b"jpeg"],
        timestamps=np.zeros(1),
        frame_labels=np.zeros(1, np.int64),
        fps=1.0,
    )


def _generate(sources, skip_bad):
    skipped: dict[str, str] = {}
    options = generation.GenerationOptions(
        skip_bad=skip_bad, show_progress=False
    )
    examples = generation.generate(
        _make, sources, split="val", options=options, skipped=skipped
    )
    return [key for key, _ in examples], skipped


def test_a_bad_video_ends_it_and_names_the_way_on():
    sources = [_Source("a"), _Source("b", bad=True)]
    with pytest.raises(ValueError, match=r"b is bad\. --skip_bad"):
        _generate(sources, skip_bad=False)


def test_a_bad_video_is_left_out_and_listed():
    sources = [_Source("a"), _Source("b", bad=True), _Source("c")]
    assert _generate(sources, skip_bad=True) == (
        ["a", "c"],
        {"folder/b": "b is bad."},
    )


def test_an_empty_rest_is_an_error():
    with pytest.raises(ValueError, match=r"No video of .*'val'.*a is bad"):
        _generate([_Source("a", bad=True)], skip_bad=True)


def test_progress_is_shown_on_stderr(capsys):
    list(
        generation.generate(
            _make,
            [_Source("a"), _Source("b")],
            split="val",
            options=generation.GenerationOptions(),
            skipped={},
        )
    )
    assert "Preparing val: 100%" in capsys.readouterr().err
