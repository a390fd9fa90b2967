import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import clip_spec, input_pipeline
from tests.video import prepared_videos

_NO_AUGMENTATION = schema.AugmentationConfig(
    flip=False, brightness=False, contrast=False
)


@pytest.fixture
def config(data_dir):
    return schema.DataConfig(
        data_dir=str(data_dir),
        datasets=("tiny",),
        num_steps=6,
        image_size=8,
        context_stride=4,
    )


def _take(config, count, **settings):
    arguments = {"batch_size": 2, "seed": 3} | settings
    batches = input_pipeline.training_batches(config, **arguments)
    return [
        {key: value.numpy() for key, value in batch.items()}
        for batch in batches.take(count)
    ]


def _assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert one.keys() == other.keys()
        for key in one:
            np.testing.assert_array_equal(one[key], other[key])


def test_batches_have_their_shapes_and_types(config):
    batches = input_pipeline.training_batches(config, batch_size=2, seed=0)
    assert batches.element_spec == {
        "frames": tf.TensorSpec([2, 6, 2, 8, 8, 3], tf.float32),
        "steps": tf.TensorSpec([2, 6], tf.int64),
        "seq_lens": tf.TensorSpec([2], tf.int64),
        "frame_labels": tf.TensorSpec([2, 6], tf.int64),
        "labels": tf.TensorSpec([2], tf.int64),
        "dataset_ids": tf.TensorSpec([2], tf.int64),
        "names": tf.TensorSpec([2], tf.string),
        "video_ids": tf.TensorSpec([2], tf.int64),
    }


def test_frames_labels_and_names_belong_to_the_steps(config):
    config = dataclasses.replace(config, augmentation=_NO_AUGMENTATION)
    lengths = [30, 25, 40, 12, 33]
    for batch in _take(config, 6):
        for row in range(2):
            number = int(batch["names"][row].decode().removeprefix("video_"))
            steps = batch["steps"][row]
            assert batch["seq_lens"][row] == lengths[number]
            assert batch["labels"][row] == number % 3
            np.testing.assert_array_equal(
                batch["frame_labels"][row], steps >= lengths[number] // 2
            )
            seen = np.stack([np.maximum(steps - 4, 0), steps], axis=1)
            grey = np.vectorize(prepared_videos.grey_level)(number, seen)
            # JPEG's rounding moves a grey level by at most one.
            np.testing.assert_allclose(
                batch["frames"].mean((3, 4, 5))[row],
                grey / 127.5 - 1,
                atol=1.01 / 127.5,
            )


def test_batches_are_a_function_of_the_seed(config):
    _assert_same(_take(config, 4), _take(config, 4))
    other = _take(config, 4, seed=4)
    assert any(
        (one["steps"] != two["steps"]).any()
        for one, two in zip(_take(config, 4), other, strict=True)
    )


@pytest.mark.parametrize("datasets", [("tiny",), ("tiny", "other/small")])
@pytest.mark.parametrize("start_step", [1, 5])
def test_continuing_equals_never_stopping(config, datasets, start_step):
    config = dataclasses.replace(config, datasets=datasets)
    whole = _take(config, start_step + 3)
    continued = _take(config, 3, start_step=start_step)
    _assert_same(whole[start_step:], continued)


def test_a_video_is_sampled_and_augmented_anew_in_every_epoch(config):
    config = dataclasses.replace(config, train_split="train[:2]")
    seen: dict[bytes, list] = {}
    for batch in _take(config, 8):
        for row, name in enumerate(batch["names"]):
            clip = (batch["steps"][row], batch["frames"][row])
            seen.setdefault(name, []).append(clip)
    for clips in seen.values():
        assert len(clips) == 8
        assert len({tuple(steps) for steps, _ in clips}) == 8
        assert len({float(frames.mean()) for _, frames in clips}) == 8


@pytest.mark.parametrize("datasets", [("tiny",), ("tiny", "other/small")])
def test_workers_share_each_batch(config, datasets):
    config = dataclasses.replace(config, datasets=datasets)
    whole = _take(config, 3, batch_size=4)
    shares = [
        _take(config, 3, batch_size=4, num_workers=2, worker=worker)
        for worker in range(2)
    ]
    for step, batch in enumerate(whole):
        assert len(set(batch["names"])) == 4
        for key, value in batch.items():
            joined = np.concatenate([share[step][key] for share in shares])
            np.testing.assert_array_equal(value, joined)


def test_a_batch_comes_from_one_data_set(config):
    config = dataclasses.replace(config, datasets=("tiny", "other/small"))
    sources = []
    for batch in _take(config, 16):
        names = {name.decode().split("_")[0] for name in batch["names"]}
        bare = {name.startswith("train/") for name in names}
        assert len(bare) == 1
        sources.append(bare.pop())
        if sources[-1]:
            assert (batch["frame_labels"] == -1).all()
            assert (batch["labels"] == -1).all()
    assert 3 <= sum(sources) <= 13  # of 16, evenly: mean 8, deviation 2


def test_an_algorithm_brings_its_own_steps(config):
    def first_and_last(video, seed):
        del seed
        return tf.stack([tf.constant(0, tf.int64), video["seq_len"] - 1])

    spec = clip_spec.ClipSpec(sample_steps=first_and_last)
    (batch,) = _take(config, 1, spec=spec)
    assert batch["frames"].shape == (2, 2, 2, 8, 8, 3)
    for row in range(2):
        assert batch["steps"][row].tolist() == [0, batch["seq_lens"][row] - 1]


def test_short_videos_are_clamped(config):
    config = dataclasses.replace(
        config, datasets=("other/small",), num_steps=20
    )
    for batch in _take(config, 2):
        last = batch["seq_lens"][:, np.newaxis] - 1
        expected = np.minimum(np.arange(1, 21), last)
        np.testing.assert_array_equal(batch["steps"], expected)


def test_only_the_frames_that_are_seen_are_decoded(tmp_path):
    # Steps and context are all among the frames 4...9.
    lengths = {"train": [10, 10]}
    prepared_videos.write(tmp_path, "good", lengths=lengths, broken_before=4)
    prepared_videos.write(tmp_path, "bad", lengths=lengths, broken_before=5)
    config = schema.DataConfig(
        data_dir=str(tmp_path),
        num_steps=4,
        random_offset=6,
        context_stride=2,
        image_size=8,
    )
    (batch,) = _take(dataclasses.replace(config, datasets=("good",)), 1)
    assert batch["steps"].tolist() == [[6, 7, 8, 9]] * 2
    with pytest.raises(tf.errors.InvalidArgumentError):
        _take(dataclasses.replace(config, datasets=("bad",)), 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"batch_size": 6},
            r"batch_size must be at most .*'train' of data set tiny, which is "
            r"5: lower train.batch_size or add videos\. Received: 6",
        ),
        ({"batch_size": 0}, r"at least 1\. Received: 0"),
        ({"start_step": -1}, r"start_step must be 0 or more\. Received: -1"),
        ({"num_workers": 3}, r"must divide batch_size \(2\)\. Received: 3"),
        ({"num_workers": 2, "worker": 2}, r"worker must be .* Received: 2"),
    ],
)
def test_impossible_arguments_are_refused(config, settings, message):
    arguments = {"batch_size": 2, "seed": 0} | settings
    with pytest.raises(ValueError, match=message):
        input_pipeline.training_batches(config, **arguments)
