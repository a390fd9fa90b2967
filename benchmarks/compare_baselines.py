"""What training adds: a trained run beside four baselines, on the same frames.

    python benchmarks/compare_baselines.py --logdir=runs/g1_bottle

The baselines are the frame's index, its pixels (16 x 16), the backbone's
features averaged over the image, and the run's network before training
(checkpoint 0). Each goes through the same tasks with the same settings.
"""

import argparse
import dataclasses
import time

from tcc.configs import schema
from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.embedding import baselines, embed, embeddings
from tcc.evaluation.report import results, results_table
from tcc.training import checkpoints
from tcc.video import prepared

Splits = tuple[embeddings.Embeddings, embeddings.Embeddings]


def embed_trained(
    logdir: str, checkpoint: str | None, data_dir: str | None
) -> tuple[schema.ExperimentConfig, Splits]:
    """Embeds both splits of the run's first data set with a checkpoint."""
    config, _, parts = checkpoint_evaluation.embed_checkpoint(
        logdir, checkpoint, data_dir=data_dir
    )
    return config, (next(parts), next(parts))


def embed_pixels(config: schema.ExperimentConfig, splits: Splits) -> Splits:
    """Embeds the frames of `splits` as their pixels."""
    train, val = (
        baselines.raw_pixels(
            part,
            prepared.iterate_videos(
                part.dataset, config.data.data_dir, part.split
            ),
        )
        for part in splits
    )
    return train, val


def embed_backbone(
    logdir: str, config: schema.ExperimentConfig, checkpoint: str
) -> Splits:
    """Embeds both splits as features of the backbone, averaged."""
    encoder, _, _ = checkpoints.restore_encoder(logdir, checkpoint)
    train, val = (
        embed.embed_split(embed.PooledBackbone(encoder), config, split)
        for split in (config.data.train_split, config.data.eval_split)
    )
    return train, val


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logdir", required=True)
    parser.add_argument("--checkpoint", help="default: the newest")
    parser.add_argument("--data_dir", help="default: the run's")
    arguments = parser.parse_args()
    started = time.monotonic()
    config, trained = embed_trained(
        arguments.logdir, arguments.checkpoint, arguments.data_dir
    )
    first = str(checkpoints.list_checkpoints(arguments.logdir)[0][0])
    _, untrained = embed_trained(arguments.logdir, first, arguments.data_dir)
    rows = {
        "frame index": tuple(map(baselines.frame_index, trained)),
        "raw pixels": embed_pixels(config, trained),
        f"{config.model.backbone} features": embed_backbone(
            arguments.logdir, config, first
        ),
        f"step {untrained[1].step}": untrained,
        f"step {trained[1].step}": trained,
    }
    settings = dataclasses.replace(
        config.eval, tasks=("classification", "kendalls_tau")
    )
    scored = {
        name: results.evaluate_embeddings(train, val, settings)
        for name, (train, val) in rows.items()
    }
    print(results_table.table(scored))
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
