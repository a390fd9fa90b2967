import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.tasks import classification
from tests import golden_values
from tests.evaluation.examples import golden_embeddings, make_embeddings

# Of index.json, case tasks/0.
_GOLDEN_ACCURACY = {
    "train_pouring_0.1": 1.0,
    "train_pouring_0.5": 0.9715909090909091,
    "train_pouring_1.0": 0.9800995024875622,
    "val_pouring_0.1": 0.9022988505747126,
    "val_pouring_0.5": 0.9425287356321839,
    "val_pouring_1.0": 0.9482758620689655,
}


def test_golden():
    train, val = golden_embeddings()
    result = classification.evaluate(train, val, schema.EvalConfig())
    assert set(result.scalars) == {
        f"classification/{key}_accuracy" for key in _GOLDEN_ACCURACY
    }
    for key, expected in _GOLDEN_ACCURACY.items():
        part = val if key.startswith("val") else train
        assert result.scalars[f"classification/{key}_accuracy"] == (
            pytest.approx(expected, abs=1.01 / part.num_frames)
        )
    assert (
        result.score
        == result.scalars["classification/val_pouring_1.0_accuracy"]
    )
    assert not result.skipped


def test_unlabelled_frames_take_no_part():
    train, val = golden_embeddings()
    expected = classification.evaluate(train, val, schema.EvalConfig())
    noise = np.full((9, train.num_channels), 1e3, np.float32)
    hidden = np.full(9, -1, np.int64)

    def extend(part):
        return make_embeddings(
            [np.concatenate([e, noise]) for e in part.embs],
            [np.concatenate([v, hidden]) for v in part.frame_labels],
            split=part.split,
        )

    result = classification.evaluate(
        extend(train), extend(val), schema.EvalConfig()
    )
    assert result.scalars == expected.scalars


def test_fractions_count_labelled_videos_only():
    labels = [np.array([-1, -1]), np.array([0, 1]), np.array([0, 1])]
    embs = [
        np.zeros((2, 1)),
        np.array([[0.0], [1.0]]),
        np.array([[0.0], [1.0]]),
    ]
    train = make_embeddings(embs, labels, split="train")
    val = make_embeddings(embs[1:2], labels[1:2])
    # One of two labelled videos is max(1, int(.1 * 2)) = 1: the second.
    result = classification.evaluate(
        train, val, schema.EvalConfig(classification_fractions=(0.1,))
    )
    assert result.score == 1.0
    assert result.protocol["train_videos"] == 2


@pytest.mark.parametrize("bare", ["train", "val"])
def test_unlabelled_splits_are_skipped_with_the_reason(bare):
    parts = dict(zip(("train", "val"), golden_embeddings(), strict=True))
    parts[bare] = make_embeddings(parts[bare].embs, split=bare)
    result = classification.evaluate(
        parts["train"], parts["val"], schema.EvalConfig()
    )
    assert result.score is None and not result.scalars
    assert (
        result.skipped == f"no frame of '{bare}' of 'pouring' has a phase label"
    )


def test_a_single_class_is_said_clearly():
    embs = [np.array([[0.0], [1.0]])] * 4
    labels = [np.array([2, 2])] * 2 + [np.array([2, 3])] * 2
    train = make_embeddings(embs, labels, split="train")
    val = make_embeddings(embs[2:], labels[2:])
    result = classification.evaluate(
        train, val, schema.EvalConfig(classification_fractions=(0.5, 1.0))
    )
    assert list(result.scalars) == [
        "classification/train_pouring_1.0_accuracy",
        "classification/val_pouring_1.0_accuracy",
    ]
    assert result.notes == (
        "no accuracy at 50% of the labelled videos: 2 of 4 videos show one"
        " phase only (2)",
    )
    alone = classification.evaluate(
        train.select([0, 1]), val, schema.EvalConfig()
    )
    assert "one phase only" in alone.skipped


def test_logistic_regression_equals_the_original():
    # Its fit_linear_models: accuracy on training and validation frames.
    train, val = golden_embeddings()
    config = schema.EvalConfig(
        classifier="logistic", classification_fractions=(1.0,)
    )
    result = classification.evaluate(train, val, config)
    expected = golden_values.load("tasks/0")["logreg_acc"]
    found = [
        result.scalars[f"classification/{s}_pouring_1.0_accuracy"]
        for s in ("train", "val")
    ]
    np.testing.assert_allclose(found, expected, atol=1.01 / val.num_frames)


def test_nearest_neighbors_vote():
    # 1.2 and 1.8 are nearest to the frames at 1 and 2, phases 0 and 1; with
    # three neighbours (0, 1, 2 and 1, 2, 3) the majorities are 0 and 1 too.
    train = make_embeddings(
        [np.array([[0.0], [1.0], [2.0], [3.0]])],
        [np.array([0, 0, 1, 1])],
        split="train",
    )
    val = make_embeddings([np.array([[1.2], [1.8]])], [np.array([0, 0])])
    for count in (1, 3, 99):  # no more neighbours than frames
        config = schema.EvalConfig(classifier="knn", knn_neighbors=count)
        result = classification.evaluate(train, val, config)
        assert result.score == (0.5 if count < 99 else 1.0)
        assert str(count) in str(result.protocol["classifier"])


def test_a_seeded_choice_takes_other_videos():
    train, val = golden_embeddings()
    scores = {}
    for choice, seed in (("first", 0), ("seeded", 0), ("seeded", 1)):
        config = schema.EvalConfig(
            label_choice=choice,
            label_seed=seed,
            classification_fractions=(0.1, 1.0),
        )
        result = classification.evaluate(train, val, config)
        scores[choice, seed] = list(result.scalars.values())
        assert ("seed" in str(result.protocol["labelled_videos"])) == (
            choice == "seeded"
        )
    assert scores["seeded", 0] != scores["seeded", 1]
    # All labels are all labels, in any order.
    assert scores["seeded", 0][3] == pytest.approx(
        scores["first", 0][3], abs=1.01 / val.num_frames
    )


def test_confusion_matrix_by_hand():
    counts = classification.confusion(
        np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    )
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_the_arrays_agree_with_the_scores():
    train, val = golden_embeddings()
    result = classification.evaluate(train, val, schema.EvalConfig())
    counts = result.arrays["confusion"]
    assert counts.sum() == val.num_frames
    assert np.trace(counts) / counts.sum() == pytest.approx(result.score)
    curve = result.arrays["curve"]
    assert curve[:, 0].tolist() == [1, 6, 12]  # of 12 videos
    assert curve[-1, 1] == result.score
    tag = "classification/val_pouring_1.0_accuracy"
    low, high = result.intervals[tag]
    assert low < result.score < high
    assert curve[-1, 2:].tolist() == [low, high]


@pytest.mark.parametrize("classifier", ["svm", "knn", "logistic"])
def test_very_many_frames_are_thinned_and_it_is_said(classifier):
    train, val = golden_embeddings()
    frames = train.num_frames
    config = schema.EvalConfig(
        classifier=classifier,
        classification_fractions=(0.1, 1.0),
        classification_max_frames=frames // 2,
    )
    result = classification.evaluate(train, val, config)
    exact = classification.evaluate(
        train,
        val,
        schema.EvalConfig(
            classifier=classifier,
            classification_fractions=(0.1, 1.0),
            classification_max_frames=frames,
        ),
    )
    assert exact.protocol["train_frames"] == frames
    assert not exact.notes
    # The time of logistic regression grows with the frames: it has them all.
    if classifier == "logistic":
        assert result.scalars == exact.scalars
        return
    # frames / (frames // 2), rounded up: every second frame, or every third.
    every = 2 if frames % 2 == 0 else 3
    assert result.protocol["train_frames"] == -(-frames // every)
    (note,) = result.notes
    assert (
        f"accuracy at 100% of the labelled videos: learnt from 1 in {every}"
        in (note)
    )
    tag = "classification/val_pouring_0.1_accuracy"
    assert result.scalars[tag] == exact.scalars[tag]
    assert result.score == pytest.approx(exact.score, abs=0.05)
