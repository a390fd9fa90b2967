"""Views of one recording: found by name, drawn in pairs, at the same steps."""

import collections
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import input_pipeline
from tcc.video.planning import views
from tests.video import prepared_videos


def test_recordings_are_found_by_their_names():
    found = views.find_recordings(
        ["a_view0", "b_view0", "a_view1", "b_view1", "a_view2"],
        [9, 7, 9, 7, 9],
        pattern="(.*)_view[0-9]",
        dataset="set",
    )
    np.testing.assert_array_equal(found, [[0, 2, 4], [1, 3, -1]])


@pytest.mark.parametrize(
    ("names", "seq_lens", "message"),
    [
        (["a_view0", "other"], [9, 9], r"all videos of set, such as 'other'"),
        (["a_view0", "b_view0", "b_view1"], [9, 9, 9], r"'a' .* two views"),
        (["a_view0", "a_view1"], [9, 8], r"'a' .* same number of frames"),
    ],
)
def test_recordings_that_cannot_be_are_named(names, seq_lens, message):
    with pytest.raises(ValueError, match=message):
        views.find_recordings(
            names, seq_lens, pattern="(.*)_view[0-9]", dataset="set"
        )


def test_all_ordered_pairs_of_views_are_drawn_equally_often():
    recordings = tf.constant([[0, 1, 2], [3, 4, -1]], tf.int64)
    counts: list[collections.Counter] = [collections.Counter() for _ in "01"]
    num_draws = 1200
    chosen = tf.constant([1, 0], tf.int64)
    draw = tf.function(views.draw_views)
    for i in range(num_draws):
        drawn = draw(recordings, chosen, tf.constant([5, i])).numpy()
        counts[1][tuple(drawn[:2])] += 1
        counts[0][tuple(drawn[2:])] += 1
    assert counts[1].keys() == {(3, 4), (4, 3)}
    assert len(counts[0]) == 6
    # 200 of 1200 expected: 5 standard deviations of the binomial are 65.
    assert all(abs(count - 200) < 65 for count in counts[0].values())
    assert all(abs(count - 600) < 87 for count in counts[1].values())


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Recordings 1 (video_18, video_19) and 2 (video_20 to video_22)."""
    folder = tmp_path_factory.mktemp("views")
    prepared_videos.write(
        folder,
        "cameras",
        lengths={"train": [30, 30, 24, 24, 24]},
        first_number=18,
    )
    return schema.DataConfig(
        data_dir=str(folder),
        datasets=("cameras",),
        view_pattern=r"video_(\d)\d",
        num_steps=6,
        image_size=8,
        num_context=1,
    )


def _batches(config, count, **settings):
    arguments = {"batch_size": 4, "seed": 0} | settings
    batches = input_pipeline.training_batches(config, **arguments)
    return list(batches.take(count).as_numpy_iterator())


def test_a_batch_holds_two_views_of_each_recording_at_the_same_steps(config):
    seen = set()
    for batch in _batches(config, 12):
        recordings = [name.decode()[-2] for name in batch["names"]]
        assert recordings in (["1", "1", "2", "2"], ["2", "2", "1", "1"])
        for first in (0, 2):
            one, other = batch["names"][first : first + 2]
            assert one != other
            seen |= {one, other}
            np.testing.assert_array_equal(
                batch["steps"][first], batch["steps"][first + 1]
            )
        assert not np.array_equal(batch["steps"][0], batch["steps"][2])
    assert len(seen) == 5


def test_workers_share_a_batch_of_views(config):
    (whole,) = _batches(config, 1, start_step=3)
    parts = [
        _batches(config, 1, start_step=3, num_workers=2, worker=worker)[0]
        for worker in range(2)
    ]
    for key, values in whole.items():
        joined = np.concatenate([part[key] for part in parts])
        np.testing.assert_array_equal(values, joined, err_msg=key)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_batch_that_views_cannot_fill_is_refused(config, batch_size):
    with pytest.raises(ValueError, match=r"even and at most twice .* is 2\."):
        input_pipeline.training_batches(config, batch_size=batch_size, seed=0)


def test_batches_tell_the_data_set_of_a_video(config, data_dir):
    both = dataclasses.replace(
        config,
        view_pattern="",
        datasets=("cameras", str(data_dir / "tiny")),
    )
    found = set()
    for batch in _batches(both, 12, batch_size=2):
        for name, dataset in zip(
            batch["names"], batch["dataset_ids"], strict=True
        ):
            assert dataset == (0 if int(name.decode()[6:]) >= 18 else 1)
            found.add(int(dataset))
    assert found == {0, 1}
