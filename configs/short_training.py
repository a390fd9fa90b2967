"""Settings for training in hundreds of steps instead of the paper's 150,000."""

from tcc.configs import schema


def shorten(config: schema.ExperimentConfig) -> None:
    """Changes the objectives and the optimizer for a short training."""
    config.algorithm.alignment.variance_lambda = 0.1
    # Shuffle and Learn gets one bit from each triplet. Triplets cost no frames,
    # so a short training can make up for its few steps with more of them.
    config.algorithm.sal.num_triplets = 32
    config.algorithm.sal.shuffled_share = 0.5
    config.optimizer.learning_rate = 1e-3
    config.optimizer.global_clipnorm = 1.0
    config.optimizer.schedule.name = "polynomial"  # linear
    config.optimizer.schedule.end_learning_rate = 1e-5
    config.train.batch_size = 4
