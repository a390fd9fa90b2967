"""The configuration of an experiment: typed fields, units, defaults, sources.

Every field that the original code (google-research `tcc/`) has keeps its
default; the comment behind a field gives its unit and its name there. An
experiment file in this folder returns an `ExperimentConfig` from
`get_config()`, and any field can be set from the command line:

    python -m tcc.train --config=configs/demo.py --config.train.batch_size=4

`tcc.configs.validation.validate` refuses impossible values before anything is
built. This module imports nothing heavy, so that `--help` stays quick.
"""

import dataclasses


@dataclasses.dataclass
class AugmentationConfig:
    """Random changes to a clip, the same for all frames of the clip."""

    flip: bool = True  # mirror left-right with probability 1/2
    brightness: bool = True
    brightness_max_delta: float = 32 / 255  # of the range [0, 1]
    contrast: bool = True
    contrast_lower: float = 0.5  # factor
    contrast_upper: float = 1.5  # factor
    hue: bool = False
    hue_max_delta: float = 0.2  # of a full turn
    saturation: bool = False
    saturation_lower: float = 0.5  # factor
    saturation_upper: float = 1.5  # factor
    crop: bool = False  # a random square
    crop_min_scale: float = 0.8  # of the shorter side
    noise_stddev: float = 0.0  # of the range [0, 1]; not in the original


@dataclasses.dataclass
class DataConfig:
    """Which prepared data sets are read, and how steps are drawn from them."""

    data_dir: str = "~/tensorflow_datasets"  # where prepare wrote them
    datasets: tuple[str, ...] = ("pouring_synthetic/easy",)  # DATASETS
    # Of several data sets, how often each gives a batch, in any unit; () is
    # alike. A batch holds videos of one data set only, or of one action of it.
    sampling_weights: tuple[float, ...] = ()
    batch_by: str = "dataset"  # or "action", by the videos' action labels
    # Train on a part of each data set (of each action with batch_by="action"):
    # so many videos, the first of a fixed random order; 0 is all. Or a share.
    max_train_videos: int = 0
    train_fraction: float = 1.0
    train_split: str = "train"
    eval_split: str = "val"
    sampling: str = "offset_uniform"  # or "stride"; SAMPLING_STRATEGY
    num_steps: int = 20  # T, sampled steps a video; TRAIN.NUM_FRAMES
    random_offset: int = 1  # frames; first frame offset_uniform may draw
    stride: int = 16  # frames between steps of sampling="stride"
    num_context: int = 2  # frames an embedding sees; DATA.NUM_STEPS
    context_stride: int = 15  # frames between them; DATA.FRAME_STRIDE
    # For videos of several synchronised cameras: a regular expression of their
    # names, whose first group names the recording, as "(.*)_view[0-9]+". A
    # batch then holds two views of each of batch_size / 2 recordings.
    view_pattern: str = ""
    sample_all_stride: int = 1  # frames between embedded steps in evaluation
    image_size: int = 224  # pixels, height and width
    augmentation: AugmentationConfig = dataclasses.field(
        default_factory=AugmentationConfig
    )


@dataclasses.dataclass
class ConvEmbedderConfig:
    """3-D convolutions over the context frames, then dense layers."""

    capacity: int = 2  # multiplies every width below; CAPACITY_SCALAR
    conv_channels: tuple[int, ...] = (256, 256)
    kernel_size: int = 3  # in time, height and width
    batch_norm: bool = True  # USE_BN
    pooling: str = "max"  # "max", "avg" or "flatten"; FLATTEN_METHOD
    fc_channels: tuple[int, ...] = (256, 256)
    input_dropout: float = 0.0  # BASE_DROPOUT_RATE
    input_dropout_spatial: bool = False  # drop channels; BASE_DROPOUT_SPATIAL
    fc_dropout: float = 0.1  # before each dense layer; FC_DROPOUT_RATE


@dataclasses.dataclass
class ConvGRUEmbedderConfig:
    """2-D convolutions on each step, then GRUs over the steps."""

    capacity: int = 1  # multiplies conv_channels
    conv_channels: tuple[int, ...] = (512, 512)
    kernel_size: int = 3
    batch_norm: bool = True
    gru_units: tuple[int, ...] = (128,)
    dropout: float = 0.0  # inside the GRUs


@dataclasses.dataclass
class LightEmbedderConfig:
    """Dense layers on a few cells of features; not in the original."""

    # What it takes of the features of a cell: "plain", as they are; "centred",
    # less their mean over the video, so that what never changes (the place of
    # the camera, the background) drops out; or "both", side by side.
    inputs: str = "plain"
    cell_channels: tuple[int, ...] = (128,)  # on a cell's context frames
    fc_channels: tuple[int, ...] = (128, 128)  # on all cells together
    fc_dropout: float = 0.1  # before each layer of fc_channels


@dataclasses.dataclass
class ModelConfig:
    """The encoder: a backbone on each frame, an embedder on its features."""

    backbone: str = "resnet50v2"  # "vggm", "mobilenetv2" or "small"
    # "imagenet" (Keras downloads them), "bundled" (MobileNetV2's come with the
    # package), "none", or the path of a weights file.
    weights: str = "imagenet"
    backbone_layer: str = ""  # where it is cut; "" is the backbone's default
    # Its features are averaged over so many cells in height and in width
    # before the embedder; 0 leaves them as they are. Not in the original.
    feature_grid: int = 0
    train_base: str = "only_bn"  # "frozen" or "train_all"; TRAIN_BASE
    train_embedder: bool = True  # TRAIN_EMBEDDING
    # Or "convgru", or "light", which needs a feature_grid.
    embedder: str = "conv"
    embedding_size: int = 128  # D, channels
    l2_normalize: bool = False  # embeddings of length 1
    # Weight of the sum of squared kernels and biases of the embedder. The
    # original takes the mean over its 10 terms of 1e-5 each: 1e-6 of the sum.
    l2_regularization: float = 1e-6
    conv: ConvEmbedderConfig = dataclasses.field(
        default_factory=ConvEmbedderConfig
    )
    convgru: ConvGRUEmbedderConfig = dataclasses.field(
        default_factory=ConvGRUEmbedderConfig
    )
    light: LightEmbedderConfig = dataclasses.field(
        default_factory=LightEmbedderConfig
    )


class EmbeddingObjectiveConfig:
    """Marks the settings of objectives that "combination" can combine."""


@dataclasses.dataclass
class AlignmentConfig(EmbeddingObjectiveConfig):
    """The cycle-consistency loss; see `tcc.alignment`."""

    loss_type: str = "regression_mse_var"  # or "regression_mse",
    # "regression_huber", "classification"
    similarity_type: str = "l2"  # or "cosine", a dot product as in the
    # original, or "true_cosine", which is one (not in the original)
    temperature: float = 0.1  # SOFTMAX_TEMPERATURE
    # Start at `temperature` and train it with the network; not in the original.
    learn_temperature: bool = False
    # Similarities are divided by the embedding's channels. With embeddings of
    # length 1 this makes the softmax nearly uniform (docs/errata.md, 16):
    # False leaves the division out. Not of "true_cosine", which has none.
    divide_by_channels: bool = True
    label_smoothing: float = 0.1  # of loss_type="classification"
    variance_lambda: float = 0.001  # of loss_type="regression_mse_var"
    huber_delta: float = 0.1  # of loss_type="regression_huber"
    normalize_indices: bool = True  # times as fractions of the video
    stochastic_matching: bool = False
    cycle_length: int = 2  # videos in a stochastic cycle
    cycle_fraction: float = 1.0  # cycles per step of the batch; FRACTION
    # With several replicas (docs/distributed.md): cycles between all videos of
    # a batch, not only between those of one replica.
    pairs_across_replicas: bool = False


@dataclasses.dataclass
class ShuffleAndLearnConfig(EmbeddingObjectiveConfig):
    """Whether triplets of steps are in order; see `tcc.algorithms`."""

    num_triplets: int = 8  # of each video in a step; SAL.NUM_SAMPLES
    shuffled_share: float = 0.75  # of the triplets; SAL.SHUFFLE_FRACTION
    fc_channels: tuple[int, ...] = (128, 64)  # before the 2 logits; FC_LAYERS
    dropout: float = 0.0  # before each dense layer; SAL.DROPOUT_RATE


@dataclasses.dataclass
class TimeContrastiveConfig(EmbeddingObjectiveConfig):
    """Steps close in time are alike, others are not; see `tcc.algorithms`."""

    loss_type: str = "npairs"  # or "triplet", semi-hard as in the TCN paper
    # "single": a positive is a frame shortly before its anchor. "multi": it is
    # the same moment seen by another camera; needs data.view_pattern.
    views: str = "single"
    positive_window: int = 5  # frames before the anchor; POSITIVE_WINDOW
    reg_lambda: float = 0.002  # of "npairs", weight of squares; REG_LAMBDA
    # Of "triplet": margin between squared distances of embeddings of length 1
    # (0.2 in the TCN authors' configuration), and how far from its anchor a
    # negative must be, in frames (there twice the positive's window).
    margin: float = 0.2
    negative_window: int = 10


@dataclasses.dataclass
class SupervisedConfig(EmbeddingObjectiveConfig):
    """Phase labels as targets, the paper's supervised baseline."""

    # Phases of each data set, in the order of data.datasets; () reads them
    # from the prepared data (the number of phase names).
    num_classes: tuple[int, ...] = ()
    label_smoothing: float = 0.0  # CLASSIFICATION.LABEL_SMOOTHING
    dropout: float = 0.0  # of the embeddings; CLASSIFICATION.DROPOUT_RATE


@dataclasses.dataclass
class CombinationConfig:
    """A weighted sum of objectives on the same embeddings."""

    # The defaults are the original's "alignment_sal_tcn".
    objectives: tuple[str, ...] = ("alignment", "sal", "tcn")
    weights: tuple[float, ...] = (0.33, 0.33, 0.34)  # ALIGNMENT_LOSS_WEIGHT, …


@dataclasses.dataclass
class AlgorithmConfig:
    """What is learnt: the pretext task and its settings.

    The name of each section of settings is that of a task.
    """

    # "alignment", "sal", "tcn", "classification", "combination",
    # "alignment_sal_tcn", which is the combination of these three, or one that
    # was registered (`tcc.algorithms.register_objective`); TRAINING_ALGO.
    name: str = "alignment"
    alignment: AlignmentConfig = dataclasses.field(
        default_factory=AlignmentConfig
    )
    sal: ShuffleAndLearnConfig = dataclasses.field(
        default_factory=ShuffleAndLearnConfig
    )
    tcn: TimeContrastiveConfig = dataclasses.field(
        default_factory=TimeContrastiveConfig
    )
    classification: SupervisedConfig = dataclasses.field(
        default_factory=SupervisedConfig
    )
    combination: CombinationConfig = dataclasses.field(
        default_factory=CombinationConfig
    )


@dataclasses.dataclass
class ScheduleConfig:
    """The learning rate over the steps; see `tcc.training.schedules`."""

    name: str = "fixed"  # "exponential", "manual" or "polynomial"
    decay_steps: int = 1000  # of "exponential"
    decay_rate: float = 0.97  # of "exponential"
    staircase: bool = True  # of "exponential"
    boundaries: tuple[int, ...] = (5000, 10000)  # steps, of "manual"
    boundary_rate: float = 0.1  # factor at each boundary, of "manual"
    end_learning_rate: float = 0.0  # of "polynomial"
    power: float = 1.0  # of "polynomial"
    warmup_steps: int = 0  # linear from 0; 0 is none


@dataclasses.dataclass
class OptimizerConfig:
    """The optimizer and its learning rate."""

    name: str = "adam"  # or "momentum"
    learning_rate: float = 1e-4  # LR.INITIAL_LR
    momentum: float = 0.9  # of "momentum"
    global_clipnorm: float = 0.0  # 0 is off; not in the original
    # Not in the original. "coupled": weight_decay * w is added to the gradient,
    # behind the clipping and before the momentum or Adam's moments, as PyTorch
    # and Caffe do. "decoupled": learning_rate * weight_decay * w is taken off
    # w itself, as AdamW does. Of all weights, also of batch normalisation.
    weight_decay: float = 0.0
    weight_decay_form: str = "coupled"
    # What the two are multiplied with for biases and for the offsets of batch
    # normalisation. Caffe's models usually have 2 and 0.
    bias_learning_rate_factor: float = 1.0
    bias_weight_decay_factor: float = 1.0
    schedule: ScheduleConfig = dataclasses.field(default_factory=ScheduleConfig)


@dataclasses.dataclass
class TrainConfig:
    """The training loop."""

    batch_size: int = 2  # videos in a step, over all replicas
    max_steps: int = 150_000  # MAX_ITERS
    seed: int = 0
    report_interval: int = 100  # steps; LOGGING.REPORT_INTERVAL
    image_interval: int = 1000  # steps; 0 is no images
    checkpoint_interval: int = 1000  # steps; CHECKPOINT.SAVE_INTERVAL
    keep_checkpoints: int = 5  # the newest ones
    keep_interval: int = 0  # steps; checkpoints at its multiples stay for good
    mixed_precision: str = "float32"  # or "mixed_bfloat16", "mixed_float16"
    jit_compile: bool = False  # compile the step with XLA
    # With several replicas (docs/distributed.md): batch normalisation that is
    # trained takes the statistics of the whole batch, not of each replica.
    sync_batch_norm: bool = False


@dataclasses.dataclass
class FeatureCacheConfig:
    """Features of a frozen backbone on disk; see docs/feature_cache.md.

    Not in the original. What is cached is what the embedder gets: features of
    model.backbone_layer, averaged by model.feature_grid.
    """

    enabled: bool = False  # needs model.train_base="frozen"
    folder: str = "~/.cache/tcc/features"  # one folder inside for each cache
    dtype: str = "float16"  # or "bfloat16"; both 2 bytes a value
    # Augmented variants of each video, of which every step draws one; 0 or 1
    # is the frames as they are, whatever data.augmentation says.
    variants: int = 0


@dataclasses.dataclass
class EvalConfig:
    """The evaluation of embeddings; see `tcc.evaluation`."""

    # The quick ones. There are also "few_shot_classification",
    # "cycle_consistency", "frame_retrieval" and "alignment_error"; see
    # `tcc.evaluation.tasks.registry`.
    tasks: tuple[str, ...] = (
        "classification",
        "event_completion",
        "kendalls_tau",
    )
    frames_per_chunk: int = 32  # frames through the backbone at once
    # Of the network while it embeds: "float32", "mixed_bfloat16",
    # "mixed_float16"; "" is as it was trained, train.mixed_precision.
    precision: str = ""
    kendalls_tau_stride: int = 5  # frames; 5 Pouring, 2 Penn Action
    kendalls_tau_distance: str = "sqeuclidean"  # or "cosine"
    # Of the labelled training videos, for classification and event_completion.
    classification_fractions: tuple[float, ...] = (0.1, 0.5, 1.0)
    classifier: str = "svm"  # or "logistic", "knn"
    knn_neighbors: int = 5  # labelled frames, of classifier="knn"
    # Labelled training frames that "svm" and "knn" learn from at most, evenly
    # spaced: their time grows with the square of the frames.
    classification_max_frames: int = 30_000
    # Which videos a fraction takes: the "first" of the data set, as in the
    # original, or "seeded", a random choice.
    label_choice: str = "first"
    label_seed: int = 0  # of label_choice="seeded"
    # Labelled videos and random episodes of few_shot_classification.
    few_shot_videos: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    few_shot_episodes: int = 50
    few_shot_seed: int = 42
    few_shot_processes: int = 0  # 0 is one for each core
    # Of cycle_consistency, frame_retrieval and alignment_error.
    matching_distance: str = "sqeuclidean"  # or "cosine"
    cycle_tolerance: int = 1  # embedded frames that a cycle may be off
    retrieval_counts: tuple[int, ...] = (5, 10, 15)  # K of AP@K, frames
    # Labelled validation frames that frame_retrieval looks up at most, a
    # seeded sample of all.
    retrieval_max_queries: int = 30_000
    # Ordered pairs of videos of kendalls_tau, cycle_consistency and
    # alignment_error: up to this many, all of them (200 videos have 39,800);
    # above, a seeded sample of this size.
    max_pairs: int = 40_000
    # The same for alignment_error alone, whose DTW takes long; the smaller of
    # the two counts.
    alignment_max_pairs: int = 500
    bootstrap_draws: int = 1000  # of every interval
    # Training batches that the batch normalisation of the untrained network
    # sees before it serves as a baseline; 0 leaves it as it was made.
    untrained_batches: int = 0
    algo_loss_batches: int = 20  # of task algo_loss, per split; VAL_ITERS


@dataclasses.dataclass
class ExperimentConfig:
    """One experiment: everything that a training run depends on."""

    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    algorithm: AlgorithmConfig = dataclasses.field(
        default_factory=AlgorithmConfig
    )
    optimizer: OptimizerConfig = dataclasses.field(
        default_factory=OptimizerConfig
    )
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    feature_cache: FeatureCacheConfig = dataclasses.field(
        default_factory=FeatureCacheConfig
    )
    eval: EvalConfig = dataclasses.field(default_factory=EvalConfig)
