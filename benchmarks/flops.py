r"""Prints the floating-point operations of an experiment's training step.

    python benchmarks/flops.py --configs=pouring:tcc,resnet50 \
        --configs=pouring:tcc,vggm

The products of the convolutions and matrix multiplications are counted in the
graph that training runs, forward and backward, a multiplication and an
addition as two operations. From them the time on an accelerator is estimated:
operations / (peak * utilisation). Both are assumptions, printed with it.
"""

import dataclasses
import importlib
import math
from collections.abc import Sequence

import tensorflow as tf
from absl import app, flags

_CONFIGS = flags.DEFINE_multi_string(
    "configs",
    ["pouring:tcc,resnet50", "pouring:tcc,vggm"],
    "Experiments, as NAME or NAME:CHOICES.",
)
_PEAK = flags.DEFINE_float(
    "peak_tflops",
    19.5,
    "Peak of the accelerator, 10^12 operations a second (A100 in float32: "
    "19.5; with TensorFloat-32: 156).",
)
_UTILISATION = flags.DEFINE_float(
    "utilisation", 0.4, "Share of the peak that is reached."
)


def count_operations(graph: tf.Graph) -> int:
    """Counts the operations of the products that a graph's outputs need.

    What they do not need, as the gradients of kernels that stay fixed,
    TensorFlow prunes before it runs the graph.
    """
    needed: set[str] = set()
    waiting = [tensor.op for tensor in graph.outputs]
    while waiting:
        operation = waiting.pop()
        if operation.name not in needed:
            needed.add(operation.name)
            waiting += [tensor.op for tensor in operation.inputs]
    return sum(
        _operations_of(operation)
        for operation in graph.get_operations()
        if operation.name in needed
    )


def _operations_of(operation: tf.Operation) -> int:
    """Operations of one node: 2 for each product of two numbers."""
    kind, inputs = operation.type, operation.inputs
    if kind in ("Conv2D", "Conv3D"):
        *kernel, _ = inputs[1].shape.as_list()  # [..., in, out]
        return 2 * math.prod(kernel) * _size(operation.outputs[0])
    if kind.endswith("BackpropInputV2") or kind == "Conv2DBackpropInput":
        # The products of the forward convolution, whose output is inputs[2].
        *kernel, _ = inputs[1].shape.as_list()
        return 2 * math.prod(kernel) * _size(inputs[2])
    if kind.endswith("BackpropFilterV2") or kind == "Conv2DBackpropFilter":
        *kernel, _ = operation.outputs[0].shape.as_list()
        return 2 * math.prod(kernel) * _size(inputs[2])
    if kind.startswith("DepthwiseConv2dNative"):
        shapes = (*inputs, *operation.outputs)
        window = next(
            math.prod(t.shape.as_list()[:2])
            for t in shapes
            if t.shape.rank == 4 and t.shape[-1] == 1
        )
        rows = inputs[2] if "Backprop" in kind else operation.outputs[0]
        return 2 * window * _size(rows)
    if kind == "MatMul":
        axis = 0 if operation.get_attr("transpose_a") else 1
        return 2 * inputs[0].shape[axis] * _size(operation.outputs[0])
    if kind.startswith("BatchMatMul"):
        axis = -2 if operation.get_attr("adj_x") else -1
        return 2 * inputs[0].shape[axis] * _size(operation.outputs[0])
    return 0


def _size(tensor: tf.Tensor) -> int:
    return math.prod(tensor.shape.as_list())


def step_operations(name: str) -> dict[str, float]:
    """Counts a training step of an experiment, without making one.

    Args:
      name: "NAME" or "NAME:CHOICES" of a file in configs/.

    Returns:
      Operations: "forward", "step" (forward and backward), and "backbone" and
      "embedder" of one frame or step, forward.
    """
    from tcc import algorithms
    from tcc.training import checkpoints

    module, _, choices = name.partition(":")
    experiment = importlib.import_module(f"tcc.configs.{module}")
    config = experiment.get_config(*([choices] if choices else []))
    config.model = dataclasses.replace(config.model, weights="none")
    # Counts of heads change nothing; the data need not be there.
    config.algorithm.classification.num_classes = (5,)
    algorithm = algorithms.build_algorithm(
        config, checkpoints.build_encoder(config)
    )
    encoder, data = algorithm.encoder, config.data
    num_videos = config.train.batch_size
    num_steps = data.num_steps
    if algorithm.spec.samples_pairs:
        num_steps *= 2
    size = (data.image_size, data.image_size, 3)
    spec = {
        "frames": tf.TensorSpec(
            [num_videos, num_steps, data.num_context, *size], tf.float32
        ),
        "steps": tf.TensorSpec([num_videos, num_steps], tf.int64),
        "frame_labels": tf.TensorSpec([num_videos, num_steps], tf.int64),
        "seq_lens": tf.TensorSpec([num_videos], tf.int64),
        "dataset_ids": tf.TensorSpec([num_videos], tf.int64),
    }

    @tf.function
    def forward(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        loss, _ = algorithm.objective(
            batch, training=True, seed=tf.constant([0, 0])
        )
        return loss

    @tf.function
    def step(batch: dict[str, tf.Tensor]) -> Sequence[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss, _ = algorithm.objective(
                batch, training=True, seed=tf.constant([0, 0])
            )
        return tape.gradient(loss, algorithm.trainable_variables)

    frame = tf.TensorSpec([1, *size], tf.float32)
    features = tf.TensorSpec(
        [1, 1, data.num_context, *encoder.feature_shape], tf.float32
    )
    counted = {
        "forward": (forward, spec),
        "step": (step, spec),
        "backbone": (tf.function(encoder.extract_features), frame),
        "embedder": (tf.function(encoder.embed_features), features),
    }
    return {
        what: count_operations(function.get_concrete_function(argument).graph)
        for what, (function, argument) in counted.items()
    } | {"max_steps": config.train.max_steps}


def main(argv: Sequence[str]) -> None:
    """Prints one line for each experiment."""
    del argv
    rate = _PEAK.value * 1e12 * _UTILISATION.value
    print(
        f"assumed: {_PEAK.value:g} TFLOP/s at {_UTILISATION.value:.0%} "
        "utilisation\n"
    )
    header = ("backbone", "embedder", "forward", "step", "s/step", "hours")
    print(f"{'GFLOP of':32}" + "".join(f"{word:>10}" for word in header))
    for name in _CONFIGS.value:
        counts = step_operations(name)
        seconds = counts["step"] / rate
        hours = seconds * counts["max_steps"] / 3600
        numbers = "".join(f"{counts[w] / 1e9:>10.1f}" for w in header[:4])
        print(f"{name:32}{numbers}{seconds:>10.3f}{hours:>10.1f}", flush=True)


if __name__ == "__main__":
    app.run(main)
