"""Batches for training.

The way of a batch: `plan` names its videos, `records` reads them, `sampling`
picks the steps and their context, only those frames are decoded and
augmented. Every random draw has a seed folded from the run's seed, the step
and the slot in the batch, so the batch of a step does not depend on what was
read before, on timing, or on the number of workers. Where the features of the
frames are cached, they are read in place of the frames, of the same steps.
"""

from typing import Protocol

import tensorflow as tf

from tcc.configs import schema
from tcc.video import clip_spec, sampling, seeds
from tcc.video.planning import catalogue as catalogue_lib
from tcc.video.planning import plan, views
from tcc.video.prepared import record_parsing, records

# Purposes of a draw, folded into the seed.
_PLAN, _STEPS, _AUGMENTATION, _VIEWS = 0, 1, 2, 3


class CachedFeatures(Protocol):
    """What is needed of a cache; `tcc.feature_cache.FeatureCache` has it.

    Attributes:
        has_means: Whether `read_means` may be asked.
    """

    has_means: bool

    def read_video(self, video: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns seq_len, frame_labels, label and name of a video.

        Args:
            video: int64 scalar, its number in the catalogue.
        """

    def read_features(
        self, video: tf.Tensor, frames: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns features [..., h, w, c] of some frames of a video.

        Args:
            video: int64 scalar.
            frames: int64 [...].
            seed: int32 [2], of what is random in them.
        """

    def read_means(self, video: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the means [h, w, c] of the features of a whole video.

        Args:
            video: int64 scalar.
            seed: int32 [2], as for `read_features`: of the same features.
        """


def training_batches(
    config: schema.DataConfig,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    spec: clip_spec.ClipSpec | None = None,
    augment: bool = True,
    num_workers: int = 1,
    worker: int = 0,
    features: CachedFeatures | None = None,
) -> tf.data.Dataset:
    """Reads the batches of all steps from `start_step` on, without end.

    The batch of a step is a pure function of `seed` and the step: a run that
    is continued at `start_step` sees what an uninterrupted one sees, and
    nothing before it is read. A batch comes from one data set, or one action
    of it (`config.batch_by`); of several, each step's is drawn by
    `config.sampling_weights`. All its videos differ. With
    `config.view_pattern` it holds pairs of videos, one behind the other, that
    are two views of one recording at the same steps.

    Args:
        config: Data sets, sampling, context, augmentation. Part of a split is
            read with TFDS's notation, such as train_split="train[:10]".
        batch_size: N, videos of a step over all workers.
        seed: Of the run.
        start_step: The first step.
        spec: What the objective sees of a video, where that is not what
            `config` says.
        augment: False loads frames as at evaluation.
        num_workers: Processes that share a batch; each reads its own slice of
            batch_size / num_workers videos and nothing else.
        worker: Which of them this is, from 0.
        features: Of the same videos; None decodes frames.

    Returns:
        A data set of dictionaries:
            frames: float32 [N, T, C, H, W, 3] in [-1, 1]; with a cache in
                their place features: float16 or bfloat16 [N, T, C, h, w, c],
                and where it `has_means` feature_means: float32 [N, h, w, c].
            steps: int64 [N, T], frame indices in the whole video.
            seq_lens: int64 [N], lengths of the whole videos.
            frame_labels: int64 [N, T], -1 where unlabelled.
            labels: int64 [N], the action, -1 if none.
            dataset_ids: int64 [N], the video's place in `config.datasets`.
            names: string [N].
            video_ids: int64 [N], the number of the video among the videos of
                all batches, from 0.

    Raises:
        ValueError: If a data set has fewer videos than `batch_size`, an
            argument is out of range, or the spec loads frames of its own and
            features are to stand for them.
        FileNotFoundError: If a data set is not prepared.
    """
    _check_arguments(batch_size, start_step, num_workers, worker)
    spec = spec or clip_spec.ClipSpec()
    if features is not None and not spec.can_cache_features:
        raise ValueError(
            "features must be None with a ClipSpec that has load_frames: they "
            "were computed from other frames."
        )
    sees = spec.resolve(config)
    catalogue = catalogue_lib.build(
        config, batch_size, min_seq_len=spec.min_seq_len
    )
    training_ids = tf.constant(catalogue.training_ids)
    run_seed = seeds.from_int(seed)
    slots = tf.range(batch_size)
    share = batch_size // num_workers
    mine = slice(worker * share, (worker + 1) * share)
    num_views = 1 if catalogue.recordings is None else 2

    def spread(step: tf.Tensor, videos: tf.Tensor) -> tf.data.Dataset:
        if catalogue.recordings is not None:
            view_seed = seeds.fold(run_seed, _VIEWS, step)
            videos = views.draw_views(catalogue.recordings, videos, view_seed)
        return tf.data.Dataset.from_tensor_slices(
            {
                "step": tf.fill([share], step),
                "slot": slots[mine],
                "video": videos[mine],
            }
        )

    def read(element: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        step, slot, video = element["step"], element["slot"], element["video"]
        steps_seed = seeds.fold(run_seed, step, slot // num_views, _STEPS)
        seed = seeds.fold(run_seed, step, slot, _AUGMENTATION)
        if features is not None:
            fields = features.read_video(video)
            clip, seen = _sample(fields, steps_seed, sees)
            clip["features"] = features.read_features(video, seen, seed)
            if features.has_means:
                clip["feature_means"] = features.read_means(video, seed)
        else:
            fields = _read_video(catalogue, video)
            jpegs = fields.pop("video")
            clip, seen = _sample(fields, steps_seed, sees)
            clip |= _select_frames(jpegs, seen) | {"seed": seed}
        clip["dataset_ids"] = tf.gather(catalogue.dataset_ids, video)
        clip["video_ids"] = tf.gather(training_ids, video)
        return clip

    planned = plan.batches(
        catalogue.groups,
        batch_size=batch_size // num_views,
        seed=seeds.fold(run_seed, _PLAN),
        start_step=start_step,
        weights=catalogue.weights,
    )
    clips = planned.flat_map(spread).map(
        read, num_parallel_calls=tf.data.AUTOTUNE
    )
    if features is None:
        clips = clips.map(
            lambda clip: _load_frames(clip, sees, augment),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    batches = clips.batch(
        share, drop_remainder=True, num_parallel_calls=tf.data.AUTOTUNE
    ).prefetch(tf.data.AUTOTUNE)
    return batches.with_options(_options())


def _read_video(
    catalogue: catalogue_lib.Catalogue, video: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Reads a video by its number: seq_len and its record."""
    path = tf.gather(catalogue.paths, tf.gather(catalogue.files, video))
    record = records.read(path, tf.gather(catalogue.offsets, video))
    fields = record_parsing.parse(
        record, tf.gather(catalogue.fallback_names, video)
    )
    return fields | {"seq_len": tf.size(fields["video"], tf.int64)}


def _sample(
    fields: dict[str, tf.Tensor],
    steps_seed: tf.Tensor,
    sees: clip_spec.ResolvedClipSpec,
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Draws the steps of a clip; the frames that it sees, [T, C], come last."""
    seq_len = fields["seq_len"]
    steps = sees.sample_steps(fields, steps_seed)
    seen = sampling.context_steps(
        steps,
        seq_len,
        num_context=sees.num_context,
        context_stride=sees.context_stride,
    )
    clip = {
        "steps": steps,
        "seq_lens": seq_len,
        "frame_labels": tf.gather(fields["frame_labels"], steps),
        "labels": fields["label"],
        "names": fields["name"],
    }
    seen = tf.ensure_shape(seen, [*steps.shape, sees.num_context])
    return clip, seen


def _select_frames(jpegs: tf.Tensor, seen: tf.Tensor) -> dict[str, tf.Tensor]:
    """Keeps of a video what its clip needs: each frame once, still encoded."""
    # A frame is often the context of one step and another step itself.
    distinct, places = tf.unique(tf.reshape(seen, [-1]))
    return {
        "jpegs": tf.gather(jpegs, distinct),
        "places": tf.reshape(places, tf.shape(seen)),
    }


def _load_frames(
    clip: dict[str, tf.Tensor], sees: clip_spec.ResolvedClipSpec, augment: bool
) -> dict[str, tf.Tensor]:
    """Replaces the encoded frames of a clip by frames [T, C, H, W, 3]."""
    jpegs, seed = clip.pop("jpegs"), clip.pop("seed")
    places = tf.ensure_shape(
        clip.pop("places"), [*clip["steps"].shape, sees.num_context]
    )
    frames = sees.load_frames(jpegs, places, seed if augment else None)
    return {"frames": frames, **clip}


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # Clips are decoded in parallel; threads for one operation on one frame
    # cost more than they bring.
    options.threading.max_intra_op_parallelism = 1
    # The workers' shares are cut here; TensorFlow must not cut them again.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return options


def _check_arguments(
    batch_size: int, start_step: int, num_workers: int, worker: int
) -> None:
    if batch_size < 1:
        raise ValueError(
            f"batch_size must be at least 1. Received: {batch_size}"
        )
    if start_step < 0:
        raise ValueError(
            f"start_step must be 0 or more. Received: {start_step}"
        )
    if num_workers < 1 or batch_size % num_workers:
        raise ValueError(
            f"num_workers must divide batch_size ({batch_size}). "
            f"Received: {num_workers}"
        )
    if not 0 <= worker < num_workers:
        raise ValueError(
            f"worker must be in [0, num_workers = {num_workers}). "
            f"Received: {worker}"
        )
