"""The untrained network as a baseline: what the architecture gives by itself.

Random convolutions see something too, so scores of the trained network mean
little without those of the same network before its first step.

A network that was just made normalises with statistics of no data (mean 0,
variance 1), which can make it worse than it needs to be, or better: it differs
from network to network. With `eval.untrained_batches` its batch normalisation
first sees some batches of the training videos and takes the mean of their
statistics; no weight is changed. By default it stays as it was made.
"""

import dataclasses
import pathlib
from typing import Any

import keras
import tensorflow as tf

from tcc import algorithms
from tcc.configs import schema
from tcc.evaluation.embedding import embed
from tcc.evaluation.report import results
from tcc.training import checkpoints
from tcc.video import input_pipeline


@dataclasses.dataclass(frozen=True)
class Untrained:
    """Results of the untrained network, for each data set.

    Attributes:
      results: by data set; empty where there is no such network.
      source: in words, which network it is, or why there is none.
    """

    results: list[results.DatasetResult]
    source: str


def evaluate(
    logdir: str | pathlib.Path, config: schema.ExperimentConfig
) -> Untrained:
    """Evaluates the untrained network of a run on all of its data sets.

    Args:
      logdir: folder of the training run.
      config: of the run, with the data sets and tasks in effect.

    Returns:
      The results; none, with the reason, where pretrained weights cannot be
      had to build it anew.
    """
    try:
        encoder, source = restore(logdir, config)
    except OSError as error:
        return Untrained([], f"not to be had: {error}")
    found = []
    for dataset in config.data.datasets:
        train, val = (
            embed.embed_split(encoder, config, split, dataset=dataset, step=0)
            for split in (config.data.train_split, config.data.eval_split)
        )
        found.append(results.evaluate_embeddings(train, val, config.eval))
    return Untrained(found, source)


def restore(
    logdir: str | pathlib.Path, config: schema.ExperimentConfig
) -> tuple[keras.Model, str]:
    """Returns the network of a run as it was before the first step.

    That is the checkpoint of step 0 where it is kept. Otherwise the network
    is built anew from the run's seed, as training did: the same weights on the
    same version of Keras, and equally random ones on another.

    Args:
      logdir: folder of the training run.
      config: of the run; `data` tells which training videos adapt the batch
        normalisation, `eval.untrained_batches` how many batches of them.

    Returns:
      The encoder, and in words where it comes from.

    Raises:
      OSError: pretrained weights are wanted and cannot be had.
    """
    encoder = _restore_start(logdir, config)
    source = "checkpoint of step 0"
    if encoder is None:
        keras.utils.set_random_seed(config.train.seed)  # as training does
        encoder = checkpoints.build_encoder(
            config, precision=config.eval.precision
        )
        source = f"built anew from seed {config.train.seed}"
    count = config.eval.untrained_batches
    if not count:
        return encoder, f"{source}, batch normalisation never adapted"
    adapted = adapt_batch_norm(encoder, config, num_batches=count)
    if adapted:
        source += f", batch normalisation adapted on {count} training batches"
    return encoder, source


def _restore_start(
    logdir: str | pathlib.Path, config: schema.ExperimentConfig
) -> keras.Model | None:
    """Returns the network of step 0, None where it is not kept any more."""

    def is_there() -> bool:
        return any(s == 0 for s, _ in checkpoints.list_checkpoints(logdir))

    if not is_there():
        return None
    try:
        encoder, _, _ = checkpoints.restore_encoder(
            logdir, "0", precision=config.eval.precision
        )
    except (FileNotFoundError, ValueError):
        if is_there():
            raise
        return None  # a training that runs removed it meanwhile
    return encoder


def adapt_batch_norm(
    encoder: Any, config: schema.ExperimentConfig, *, num_batches: int
) -> int:
    """Sets the moving statistics to the mean over some training batches.

    Args:
      encoder: changed in place. Layers whose statistics training leaves alone
        keep theirs.
      config: of data, batch size and seed.
      num_batches: 1 or more.

    Returns:
      The number of layers that were adapted.
    """
    layers = [
        layer
        for layer in encoder._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
        and layer.trainable
    ]
    if not layers:
        return 0
    # Whatever steps the objective would take: only their frames matter.
    spec = dataclasses.replace(algorithms.clip_spec(config), sample_steps=None)
    batches = input_pipeline.training_batches(
        config.data,
        batch_size=config.train.batch_size,
        seed=config.train.seed,
        spec=spec,
    )
    momenta = [layer.momentum for layer in layers]

    # A graph, which lets go of features as soon as they were used: outside of
    # one, Keras holds those of all layers.
    @tf.function
    def see(frames: tf.Tensor, momentum: tf.Tensor) -> None:
        for layer in layers:
            layer.momentum = momentum
        encoder(frames, training=True)

    try:
        for i, batch in enumerate(batches.take(num_batches)):
            # moving <- i/(i+1) moving + 1/(i+1) batch: a plain mean.
            see(batch["frames"], tf.constant(i / (i + 1)))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    return len(layers)
