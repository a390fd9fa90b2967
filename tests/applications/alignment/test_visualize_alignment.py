"""The command that writes an aligned video, on tiny videos."""

import av
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image, ImageSequence

from tcc import extract_embeddings, visualize_alignment


def _run(command, **values):
    with flagsaver.as_parsed(**values):
        flags.FLAGS.mark_as_parsed()
        return command.main([])


@pytest.mark.parametrize("method", ["nn", "dtw"])
def test_mp4_from_a_checkpoint(logdir, tmp_path, capsys, method):
    output = tmp_path / "new" / "aligned.mp4"
    _run(
        visualize_alignment,
        logdir=str(logdir),
        output=str(output),
        method=method,
        cell_size="32",
        unaligned="true",
    )
    assert "video_3 aligned to video_2" in capsys.readouterr().out
    with av.open(str(output)) as container:
        stream = container.streams.video[0]
        frames = [
            f.to_ndarray(format="rgb24") for f in container.decode(stream)
        ]
        assert stream.average_rate == 10
    assert len(frames) == 36
    assert frames[0].shape[1] == 2 * (2 * 42 - 2) + 8


def test_gif_from_an_embeddings_file(logdir, data_dir, tmp_path):
    _run(
        extract_embeddings,
        logdir=str(logdir),
        output=str(tmp_path),
        splits="train",
    )
    output = tmp_path / "aligned.gif"
    _run(
        visualize_alignment,
        embeddings=str(tmp_path / "tiny_train.npz"),
        data_dir=str(data_dir),
        query="video_1",
        others="0",
        columns="1",
        cell_size="32",
        output=str(output),
    )
    with Image.open(output) as picture:
        assert len(list(ImageSequence.Iterator(picture))) > 1
        assert picture.width == 32 + 8
        assert picture.height > 2 * 32


def test_mistakes_are_named_before_the_work(logdir, tmp_path):
    with pytest.raises(ValueError, match=r"--output must end in \.mp4"):
        _run(visualize_alignment, logdir=str(logdir), output="a.avi")
    with pytest.raises(ValueError, match="--logdir"):
        _run(visualize_alignment, output="a.mp4")
    output = tmp_path / "a.mp4"
    with pytest.raises(ValueError, match="one of video_2, video_3"):
        _run(
            visualize_alignment,
            logdir=str(logdir),
            query="video_9",
            output=str(output),
        )
    assert not output.exists()
