import dataclasses

import numpy as np
import pytest

from tcc.configs import schema
from tcc.video import input_pipeline
from tcc.video.planning import groups
from tcc.video.prepared import record_fields, records
from tests.video import prepared_videos

_CONFIG = schema.DataConfig(datasets=("a", "b"))
_VIDEOS = [np.arange(6), np.arange(6, 10)]


def _shown(found):
    return {g.name: (g.videos.tolist(), g.weight) for g in found}


def test_data_sets_weigh_alike_or_as_configured():
    assert _shown(groups.by_dataset(_VIDEOS, _CONFIG)) == {
        "a": ([0, 1, 2, 3, 4, 5], 1.0),
        "b": ([6, 7, 8, 9], 1.0),
    }
    config = dataclasses.replace(_CONFIG, sampling_weights=(3.0, 1.0))
    assert [g.weight for g in groups.by_dataset(_VIDEOS, config)] == [3, 1]


def test_actions_share_the_weight_of_their_data_set():
    config = dataclasses.replace(_CONFIG, sampling_weights=(3.0, 1.0))
    labels = [np.array([0, 2, 0, 2, 2, 5]), np.array([0, 0, 0, 0])]
    found = groups.by_action(groups.by_dataset(_VIDEOS, config), labels)
    assert _shown(found) == {
        "a, action 0": ([0, 2], 1.0),
        "a, action 2": ([1, 3, 4], 1.0),
        "a, action 5": ([5], 1.0),
        "b, action 0": ([6, 7, 8, 9], 1.0),
    }
    labels[1][:2] = -1
    with pytest.raises(ValueError, match="data set b 2 of 4 have none"):
        groups.by_action(groups.by_dataset(_VIDEOS, config), labels)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, [6, 4]),
        ({"max_train_videos": 5}, [5, 4]),
        ({"train_fraction": 0.5}, [3, 2]),
        ({"train_fraction": 0.01}, [1, 1]),
    ],
)
def test_a_part_of_each_group_is_kept(changes, kept):
    config = dataclasses.replace(_CONFIG, **changes)
    found = groups.limit(groups.by_dataset(_VIDEOS, config), config, at_least=1)
    assert [len(group.videos) for group in found] == kept
    # Fewer videos are always among more.
    assert all(
        group.videos.tolist() == whole[: len(group.videos)].tolist()
        for group, whole in zip(found, _VIDEOS, strict=True)
    )


def test_a_share_is_not_rounded_down_by_binary_fractions():
    config = dataclasses.replace(_CONFIG, train_fraction=0.29)
    whole = groups.by_dataset([np.arange(100)] * 2, config)
    (first, _) = groups.limit(whole, config, at_least=1)
    assert len(first.videos) == 29


def test_too_few_videos_are_refused_with_their_reason():
    config = dataclasses.replace(_CONFIG, max_train_videos=2)
    with pytest.raises(
        ValueError, match=r"data set a, which is 2 \(of 6, .*videos=2.*: 4"
    ):
        groups.limit(groups.by_dataset(_VIDEOS, config), config, at_least=4)


def _batches(config, count, **settings):
    batches = input_pipeline.training_batches(
        config, **({"batch_size": 2, "seed": 3} | settings)
    )
    return [
        {key: batch[key].numpy() for key in ("labels", "names", "dataset_ids")}
        for batch in batches.take(count)
    ]


@pytest.fixture
def config(data_dir):
    return schema.DataConfig(
        data_dir=str(data_dir), datasets=("tiny",), num_steps=2, image_size=8
    )


def test_a_batch_shows_one_action(tmp_path, config):
    # Video k has action k % 3: 3 + 2 + 2 videos.
    lengths = {"train": [9] * 7}
    prepared_videos.write(tmp_path, "seven", lengths=lengths)
    config = dataclasses.replace(
        config, data_dir=str(tmp_path), datasets=("seven",), batch_by="action"
    )
    seen = set()
    for batch in _batches(config, 24):
        (action,) = set(batch["labels"])
        assert len(set(batch["names"])) == 2
        seen.add(action)
    assert seen == {0, 1, 2}


def test_an_action_too_small_for_a_batch_is_named(config):
    # tiny has the actions 0, 1, 2, 0, 1.
    config = dataclasses.replace(config, batch_by="action")
    with pytest.raises(ValueError, match="data set tiny, action 2, which is 1"):
        _batches(config, 1)


def test_unlabelled_videos_have_no_action(config):
    config = dataclasses.replace(
        config, datasets=("other/small",), batch_by="action"
    )
    with pytest.raises(ValueError, match="4 of 4 have none"):
        _batches(config, 1)


def test_a_limit_and_weights_reach_the_batches(config):
    config = dataclasses.replace(
        config,
        datasets=("tiny", "other/small"),
        max_train_videos=2,
        sampling_weights=(1.0, 9.0),
    )
    batches = _batches(config, 60)
    assert len({name for b in batches for name in b["names"]}) == 4
    second = sum(int(batch["dataset_ids"][0]) for batch in batches)
    # 9/10 of 60, deviation sqrt(60 * 9/10 * 1/10) = 2.3
    assert abs(second - 54) < 5 * 2.3


def test_numbers_are_read_without_the_frames(tmp_path):
    folder = prepared_videos.write(
        tmp_path, lengths={"train": [5, 6, 7]}, first_number=4, num_shards=1
    )
    (path,) = folder.glob("*.tfrecord*")
    offsets = records.find_offsets(path).tolist()
    # Videos 4, 5 and 6 have the actions 1, 2 and 0.
    assert record_fields.read_ints(path, offsets, "label", default=-1) == [
        1,
        2,
        0,
    ]
    # Negative numbers, and what is not there.
    labels = record_fields.read_ints(path, offsets, "none", default=-7)
    assert labels == [-7] * 3
    data = bytearray(path.read_bytes())
    data[offsets[1] + 12 : offsets[1] + 20] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"starts at byte {offsets[1]}"):
        record_fields.read_ints(path, offsets, "label", default=-1)
