import numpy as np
import pytest
from sklearn import metrics

from tcc.configs import schema
from tcc.evaluation.tasks import event_completion
from tests import golden_values
from tests.evaluation.examples import (
    golden_embeddings,
    make_embeddings,
    split_rows,
)


@pytest.mark.parametrize("case", ["no_last", "one_each", "revisits"])
def test_golden_targets(case):
    golden = golden_values.load(f"targets/{case}")
    expected = golden["targets"]
    found = event_completion.targets(
        golden["labels"], num_phases=expected.shape[1] + 1
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_targets_of_an_absent_phase_are_undefined():
    # The original raises IndexError. Phase 0 ends at frame 1 of 4; phase 1 is
    # never there; phase 2 is the last.
    found = event_completion.targets(np.array([0, 0, 2, 2]), num_phases=3)
    np.testing.assert_array_equal(found[:, 0], [-1 / 4, 0 / 4, 1 / 4, 2 / 4])
    assert np.isnan(found[:, 1]).all()


def test_golden():
    train, val = golden_embeddings()
    result = event_completion.evaluate(train, val, schema.EvalConfig())
    golden = golden_values.settings("tasks/0")["scalars"]
    tags = [t for t in golden if t.endswith("_score")]
    assert len(tags) == 6
    for tag in tags:
        assert result.scalars[tag] == pytest.approx(golden[tag], abs=1e-6)
    assert (
        result.score == result.scalars["event_completion/val_pouring_1.0_score"]
    )
    # The original's errors of the events, which it writes without data set.
    errors = [golden[f"event_completion/val_rep_{k}_error"] for k in range(4)]
    np.testing.assert_allclose(result.arrays["event_errors"], errors, atol=1e-6)
    assert result.scalars[
        "event_completion/val_pouring_event_error"
    ] == pytest.approx(golden["event_completion/avg_error_val_rep"], abs=1e-6)


def test_event_errors_of_golden_predictions():
    golden = golden_values.load("tasks/0")
    errors = event_completion.event_errors(
        split_rows(golden["progress_pred_val"], golden["val_lens"]),
        split_rows(golden["targets_val"], golden["val_lens"]),
    )
    scalars = golden_values.settings("tasks/0")["scalars"]
    expected = [
        scalars[f"event_completion/val_rep_{k}_error"] for k in range(4)
    ]
    np.testing.assert_allclose(errors, expected, atol=1e-6)


def test_r_squared_equals_scikit_learn():
    rng = np.random.default_rng(0)
    expected = rng.normal(size=(30, 2)) + 100
    predicted = expected + rng.normal(size=(30, 2))
    found = event_completion.r_squared(expected, predicted)
    np.testing.assert_allclose(
        found, metrics.r2_score(expected, predicted, multioutput="raw_values")
    )


def _progress(labels):
    """A video whose embedding is exactly its targets' position."""
    return [(np.arange(len(v)) / len(v))[:, None] for v in labels]


def test_channels_that_depend_on_each_other_do_no_harm():
    # Four channels, and four sums of them up to a rounding, which is larger in
    # the validation videos: scikit-learn's linear regression has R^2 -6.9.
    rng = np.random.default_rng(0)
    mixture = rng.normal(size=(4, 4))

    def make(num_videos, rounding):
        labels = [np.repeat(np.arange(2), 20)] * num_videos
        embs = []
        for _ in range(num_videos):
            own = rng.normal(size=(40, 4))
            own[:, 0] = np.arange(40) / 40 + 0.1 * rng.normal(size=40)
            noise = rounding * rng.normal(size=(40, 4))
            joined = np.concatenate([own, own @ mixture + noise], axis=1)
            embs.append(joined.astype(np.float32))
        return make_embeddings(embs, labels)

    train, val = make(3, 3e-6), make(3, 3e-4)
    result = event_completion.evaluate(train, val, schema.EvalConfig())
    assert result.score > 0.8  # 1 - 0.01 / (1 / 12) with all weights right


def test_videos_without_a_phase_take_no_part_in_its_target():
    # All videos: i / n predicts (i - end) / n up to the end's own share. The
    # videos without phase 1 have ends of phase 0 elsewhere; dropping them
    # from the target of phase 1 leaves that one perfect.
    full = np.array([0, 0, 1, 1, 2, 2])
    short = np.array([0, 2, 2, 2, 2, 2])
    labels = [full, short, full]
    train = make_embeddings(_progress(labels), labels, split="train")
    val = make_embeddings(_progress(labels), labels)
    config = schema.EvalConfig(classification_fractions=(1.0,))
    result = event_completion.evaluate(train, val, config)
    # Phase 1: targets of two equal videos, linear in the embedding: R^2 1.
    # Phase 0: ends at 1/6, 0 and 1/6; the fit is right but for the mean of
    # the ends, 2/18. Residuals: (1/6 - 1/9) in 12 frames, 1/9 in 6 frames.
    residual = 12 * (1 / 18) ** 2 + 6 * (1 / 9) ** 2
    y = np.concatenate(
        [event_completion.targets(v, num_phases=3)[:, 0] for v in labels]
    )
    phase_0 = 1 - residual / np.square(y - y.mean()).sum()
    assert result.score == pytest.approx((1 + phase_0) / 2, abs=1e-6)


def test_a_phase_that_no_labelled_video_shows_is_noted():
    train_labels = [np.array([0, 0, 2, 2])] * 2
    val_labels = [np.array([0, 1, 1, 2])] * 2
    result = event_completion.evaluate(
        make_embeddings(_progress(train_labels), train_labels, split="train"),
        make_embeddings(_progress(val_labels), val_labels),
        schema.EvalConfig(classification_fractions=(1.0,)),
    )
    assert np.isfinite(result.score)
    assert "without the ends of the phases [1]" in result.notes[0]


def test_a_phase_entered_again_is_noted():
    labels = [np.array([0, 1, 0, 1, 1, 2])] * 2
    part = make_embeddings(_progress(labels), labels)
    result = event_completion.evaluate(part, part, schema.EvalConfig())
    assert "2 of 2 videos" in result.notes[0]


def test_unlabelled_frames_take_no_part():
    labels = [np.array([0, 0, 1, 1, -1, -1])] * 2
    embs = _progress(labels)
    wild = [np.where(labels[0][:, None] < 0, 1e3, e) for e in embs]
    config = schema.EvalConfig(classification_fractions=(1.0,))
    result = event_completion.evaluate(
        make_embeddings(wild, labels, split="train"),
        make_embeddings(wild, labels),
        config,
    )
    assert result.score == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [([-1, -1], "has a phase label"), ([0, 0], "single phase")],
)
def test_reasons(labels, reason):
    part = make_embeddings([np.eye(2)] * 2, [np.array(labels)] * 2)
    result = event_completion.evaluate(part, part, schema.EvalConfig())
    assert reason in result.skipped and result.score is None
