"""The training objective itself, on batches of training and validation data.

Follows `evaluation/algo_loss.py` of the original. The batches are made as in
training, without augmentation, and dropout is off; the seed is fixed, so every
checkpoint of a run is measured on the same steps of the same videos.
"""

import dataclasses

import tensorflow as tf

from tcc import algorithms
from tcc.algorithms import refused_batches
from tcc.algorithms.algorithm import Batch
from tcc.configs import data_choice, schema, validation
from tcc.configs.checks import objective_checks
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.video import clip_spec, input_pipeline, prepared, seeds
from tcc.video.planning import catalogue, training_data

_SEED = 42  # of the steps that are sampled, and of what the objective draws


def evaluate(
    algorithm: algorithms.Algorithm,
    config: schema.ExperimentConfig,
    dataset: str,
) -> TaskResult:
    """Computes the mean loss and metrics of an objective.

    Args:
      algorithm: as trained, with its heads.
      config: that it was built from; `eval.algo_loss_batches` of
        `train.batch_size` videos of each split are used, fewer videos where a
        split has no more.
      dataset: name of the prepared data set.

    Returns:
      The score is the loss on the validation split, without regularisation.
      Skipped where a split has too few videos for the objective.

    Raises:
      FileNotFoundError: the data set is not prepared.
    """
    reason = _misfit(config, dataset)
    if reason:
        return TaskResult(skipped=reason)
    score = None
    scalars: dict[str, float] = {}
    sizes = {}
    for split in (config.data.train_split, config.data.eval_split):
        try:
            size = _batch_size(config, dataset, split)
            means = _mean_metrics(algorithm, config, dataset, split, size)
        except ValueError as error:  # too few videos, labels without a class
            return TaskResult(skipped=f"{split!r}: {error}")
        sizes[split] = size
        score = means["loss"]
        tag = f"algo_loss/{tag_name(dataset)}_{split}"
        scalars |= {f"{tag}_{name}": means[name] for name in means}
    return TaskResult(
        score=score,
        scalars=scalars,
        headings={f"{tag}_loss": f"{config.data.eval_split} loss"},
        protocol={
            "objective": config.algorithm.name,
            "batches": config.eval.algo_loss_batches,
            "videos_in_a_batch": sizes,
            "seed": _SEED,
        },
    )


def _misfit(config: schema.ExperimentConfig, dataset: str) -> str:
    """Returns why the objective cannot be evaluated on a data set, or ""."""
    used = objective_checks.objectives(config.algorithm)
    if "classification" in used and dataset not in config.data.datasets:
        return (
            f"the classifier was trained on {', '.join(config.data.datasets)};"
            f" it does not know the phases of {dataset}"
        )
    return ""


def _data(
    config: schema.ExperimentConfig, dataset: str, split: str
) -> schema.DataConfig:
    """Returns where the batches of a split come from.

    What limits the videos of training says nothing of another split.
    """
    data = data_choice.choose(config, (dataset,)).data
    data = dataclasses.replace(data, train_split=split)
    if split == config.data.train_split:
        return data
    return dataclasses.replace(data, max_train_videos=0, train_fraction=1.0)


def _batch_size(
    config: schema.ExperimentConfig, dataset: str, split: str
) -> int:
    """That of training, or less where a split, or an action of it, is smaller.

    Raises:
      ValueError: the split does not fit the configuration.
    """
    data = _data(config, dataset, split)
    if data.view_pattern:
        opened = prepared.open_dataset(dataset, data.data_dir)
        sizes = [len(opened.locate(split))]
    else:
        sizes = list(map(len, catalogue.build(data, batch_size=1).groups))
    return min(config.train.batch_size, *sizes)


def _first_id(
    config: schema.ExperimentConfig,
    dataset: str,
    split: str,
    spec: clip_spec.ClipSpec,
) -> int | None:
    """Returns the number that training gave to the first video of a split.

    None where it trained on others, or its data sets are not there.
    """
    names = config.data.datasets
    if dataset not in names or split != config.data.train_split:
        return None
    place = names.index(dataset)
    if not place:
        return 0
    data = training_data.TrainingData(
        config.data, config.train.batch_size, spec.min_seq_len
    )
    try:
        return sum(data.videos_per_dataset[:place])
    except (FileNotFoundError, ValueError):
        return None


def _mean_metrics(
    algorithm: algorithms.Algorithm,
    config: schema.ExperimentConfig,
    dataset: str,
    split: str,
    batch_size: int,
) -> dict[str, float]:
    """Returns the mean loss and metrics over the batches of a split.

    Raises:
      ValueError: the split has too few videos, or labels that the objective
        does not know.
    """
    # The objective's own checks are of the configuration that it runs with.
    train = dataclasses.replace(config.train, batch_size=batch_size)
    validation.validate(dataclasses.replace(config, train=train))
    names = config.data.datasets
    place = names.index(dataset) if dataset in names else 0

    batches = input_pipeline.training_batches(
        _data(config, dataset, split),
        batch_size=batch_size,
        seed=_SEED,
        spec=algorithm.spec,
        augment=False,
    )
    first = _first_id(config, dataset, split, algorithm.spec)

    def as_in_training(batch: Batch) -> Batch:
        """Numbers data set and videos as training did, for heads and memory."""
        ids = batch["video_ids"] + first if first is not None else -1
        own = {
            "dataset_ids": tf.fill([batch_size], place),
            "video_ids": tf.broadcast_to(tf.cast(ids, tf.int64), [batch_size]),
        }
        return algorithm.check_batch({**batch, **own})

    batches = batches.map(as_in_training)

    @tf.function
    def measure(batch: Batch, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        loss, metrics = algorithm.objective(batch, training=False, seed=seed)
        return {"loss": loss, **metrics}

    count = config.eval.algo_loss_batches
    sums: dict[str, float] = {}
    with refused_batches.as_value_error():
        for number, batch in enumerate(batches.take(count)):
            batch.pop("names")
            seed = seeds.fold(seeds.from_int(_SEED), number)
            for name, value in measure(batch, seed).items():
                sums[name] = sums.get(name, 0.0) + float(value)
    return {name: total / count for name, total in sums.items()}
