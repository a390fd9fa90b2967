"""Weight decay in both forms, and what is different for biases."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema, validation
from tcc.training import checkpoints, loop, optimizers, schedules
from tests import golden_values


def _variables(kernel=2.0, bias=4.0):
    return [
        keras.Variable([kernel], name="kernel"),
        keras.Variable([bias], name="bias"),
    ]


def _step(variables, gradients, *, loss_scaling=False, **settings):
    """Makes steps with gradients [number of steps][variable]."""
    optimizer = optimizers.build_optimizer(
        schema.OptimizerConfig(**settings),
        max_steps=10,
        loss_scaling=loss_scaling,
    )
    optimizer.build(variables)
    for step in gradients:
        scaled = [
            optimizer.scale_loss(tf.constant([g], tf.float32)) for g in step
        ]
        optimizer.apply(scaled, variables)
    return [float(variable[0]) for variable in variables]


@pytest.mark.parametrize("loss_scaling", [False, True])
def test_coupled_decay_goes_through_the_momentum(loss_scaling):
    # Rate 0.1, momentum 0.5, decay 0.25.
    # kernel: g = 1 + .25 * 2 = 1.5, v = 1.5, w = 2 - .15 = 1.85
    #         g = 1 + .25 * 1.85 = 1.4625, v = .75 + 1.4625 = 2.2125
    #         w = 1.85 - .22125 = 1.62875
    # bias:   g = 0 + .25 * 4 = 1, v = 1, w = 3.9
    #         g = .975, v = .5 + .975 = 1.475, w = 3.9 - .1475 = 3.7525
    found = _step(
        _variables(),
        [(1.0, 0.0), (1.0, 0.0)],
        loss_scaling=loss_scaling,
        name="momentum",
        learning_rate=0.1,
        momentum=0.5,
        weight_decay=0.25,
    )
    np.testing.assert_allclose(found, [1.62875, 3.7525], rtol=1e-6)


def test_decoupled_decay_does_not():
    # kernel: w = 2 - .1 * .25 * 2 = 1.95, v = 1, w = 1.85
    #         w = 1.85 (1 - .025) = 1.80375, v = 1.5, w = 1.65375
    # bias:   4 * .975^2 = 3.8025
    found = _step(
        _variables(),
        [(1.0, 0.0), (1.0, 0.0)],
        name="momentum",
        learning_rate=0.1,
        momentum=0.5,
        weight_decay=0.25,
        weight_decay_form="decoupled",
    )
    np.testing.assert_allclose(found, [1.65375, 3.8025], rtol=1e-6)


@pytest.mark.parametrize("form", ["coupled", "decoupled"])
def test_biases_as_in_caffe(form):
    # Twice the rate, no decay: bias 4 - .2 * 1 = 3.8, v = 1;
    # v = 1.5, 3.8 - .2 * 1.5 = 3.5. The offset of a normalisation is a bias,
    # its scale is not.
    variables = [
        *_variables(),
        keras.Variable([4.0], name="beta"),
        keras.Variable([2.0], name="gamma"),
    ]
    kernel, bias, beta, gamma = _step(
        variables,
        [(1.0, 1.0, 1.0, 1.0)] * 2,
        name="momentum",
        learning_rate=0.1,
        momentum=0.5,
        weight_decay=0.25,
        weight_decay_form=form,
        bias_learning_rate_factor=2.0,
        bias_weight_decay_factor=0.0,
    )
    np.testing.assert_allclose([bias, beta], 3.5, rtol=1e-6)
    expected = {"coupled": 1.62875, "decoupled": 1.65375}[form]
    np.testing.assert_allclose([kernel, gamma], expected, rtol=1e-6)


def test_equals_pytorch_sgd():
    golden = golden_values.load("torch_sgd", "pretext.npz")
    variable = keras.Variable(golden["w0"], name="kernel")
    optimizer = optimizers.build_optimizer(
        schema.OptimizerConfig(
            name="momentum", learning_rate=1e-3, weight_decay=5e-4
        ),
        max_steps=10,
    )
    optimizer.build([variable])
    for gradient, after in zip(golden["grads"], golden["w_after"], strict=True):
        optimizer.apply([tf.constant(gradient)], [variable])
        np.testing.assert_allclose(variable, after, rtol=1e-6)


def _run(optimizer, jit_compile=False):
    variables = [keras.Variable(np.linspace(-1, 2, 6), name="kernel")]
    optimizer.build(variables)
    apply = tf.function(
        lambda g: optimizer.apply([g], variables), jit_compile=jit_compile
    )
    rng = np.random.default_rng(0)
    for _ in range(5):
        apply(tf.constant(rng.normal(size=6), tf.float32))
    return variables[0].numpy()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_decoupled_adam_is_adamw(jit_compile):
    ours = optimizers.build_optimizer(
        schema.OptimizerConfig(
            learning_rate=0.1, weight_decay=0.2, weight_decay_form="decoupled"
        ),
        max_steps=10,
    )
    np.testing.assert_allclose(
        _run(ours, jit_compile),
        _run(keras.optimizers.AdamW(0.1, weight_decay=0.2)),
        rtol=1e-5,
    )


def test_coupled_adam_sees_the_decay_in_its_moments():
    # Without gradients Adam takes steps of the rate against the weight's sign.
    (found, _) = _step(
        _variables(), [(0.0, 0.0)], learning_rate=0.1, weight_decay=0.1
    )
    np.testing.assert_allclose(found, 1.9, rtol=1e-5)


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_without_decay_nothing_changes(name):
    config = schema.OptimizerConfig(name=name, learning_rate=0.1)
    rate = schedules.build_schedule(config, max_steps=10)
    plain = {
        "momentum": keras.optimizers.SGD(rate, momentum=0.9),
        "adam": optimizers.FusedAdam(rate),
    }[name]
    ours = optimizers.build_optimizer(config, max_steps=10)
    np.testing.assert_array_equal(_run(ours), _run(plain))
    names = [[v.name for v in each.variables] for each in (ours, plain)]
    assert names[0] == names[1]


def test_training_decays_behind_the_clipping(tiny_config, tmp_path):
    # Gradients are clipped to nearly nothing, the decay is not: a step takes
    # .1 * .5 = 5 % off all weights but biases.
    tiny_config.optimizer = schema.OptimizerConfig(
        name="momentum",
        learning_rate=0.1,
        global_clipnorm=1e-9,
        weight_decay=0.5,
        bias_weight_decay_factor=0.0,
    )
    tiny_config.train.max_steps = 1
    loop.train(tiny_config, tmp_path)
    before, after = (
        checkpoints.restore_encoder(tmp_path, step)[0].trainable_weights
        for step in ("0", "1")
    )
    for old, new in zip(before, after, strict=True):
        factor = 1.0 if optimizers.is_bias(old) else 0.95
        np.testing.assert_allclose(
            new, factor * old.numpy(), rtol=1e-5, atol=1e-8
        )
    assert {optimizers.is_bias(weight) for weight in before} == {True, False}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_decay", -1e-3),
        ("weight_decay", float("inf")),
        ("weight_decay_form", "l2"),
        ("bias_learning_rate_factor", -1.0),
        ("bias_weight_decay_factor", float("nan")),
    ],
)
def test_impossible_settings_are_refused(field, value):
    config = schema.ExperimentConfig()
    setattr(config.optimizer, field, value)
    with pytest.raises(ValueError, match=f"config.optimizer.{field} must be"):
        validation.validate(config)
