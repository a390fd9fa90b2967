r"""Writes the embeddings of data sets to .npz files, without pickle.

    python -m tcc.extract_embeddings --logdir=/tmp/run --output=/tmp/embs

One file per data set and split: <output>/<data set>_<split>.npz with embs,
names, steps, times, labels, fps and more; numpy alone reads
it, and `tcc.evaluation.embedding.embedding_files.load` checks it as well. With --videos,
video files instead: <output>/clips_all.npz.

A large collection is embedded on Apache Beam, into files of some videos each,
<output>/<data set>_<split>-00000-of-00012.npz (docs/distributed.md):

    python -m tcc.extract_embeddings --logdir=/tmp/run --output=/tmp/embs \
        --beam_pipeline_options=runner=DirectRunner,direct_num_workers=2
"""

import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

from absl import flags

from tcc import command_line
from tcc.command_line import (
    beam_flag,
    checkpoint_flags,
    output_flag,
    videos_flag,
)

flags.adopt_module_key_flags(checkpoint_flags)
flags.adopt_module_key_flags(output_flag)
flags.adopt_module_key_flags(beam_flag)
flags.adopt_module_key_flags(videos_flag)

_SPLITS = flags.DEFINE_list(
    "splits", None, "Names of splits; default: the run's train and val."
)

_PRECISION = flags.DEFINE_enum(
    "precision",
    None,
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "What the network computes in; default: the run's, config.eval.precision.",
)

_VIDEOS_PER_SHARD = flags.DEFINE_integer(
    "videos_per_shard", 64, "With Apache Beam: videos in one file."
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(
        logdir=checkpoint_flags.LOGDIR.value, output=output_flag.OUTPUT.value
    )
    if beam_flag.BEAM.value is not None:
        return _embed_on_beam()
    from tcc.evaluation.embedding import embedding_checks, embedding_files
    from tcc.evaluation.tasks import task_result

    for part in _embeddings():
        name = f"{task_result.tag_name(part.dataset)}_{part.split}.npz"
        path = pathlib.Path(str(output_flag.OUTPUT.value)) / name
        embedding_files.save(part, path)
        state = embedding_checks.check(part).describe()
        print(
            f"{path}: step {part.step}, {part.num_videos} videos,"
            f" {part.num_frames} x {part.num_channels} {state}".rstrip(),
            flush=True,
        )
    return 0


def _embeddings() -> Iterable[Any]:
    """Embeds what the flags name, here."""
    logdir = str(checkpoint_flags.LOGDIR.value)
    if videos_flag.VIDEOS.value:
        from tcc.applications import embed_collection

        return [
            embed_collection.embed_files(
                videos_flag.VIDEOS.value,
                logdir,
                checkpoint_flags.CHECKPOINT.value,
                precision=_PRECISION.value,
            )
        ]
    from tcc.evaluation.checkpoints import checkpoint_evaluation

    _, _, parts = checkpoint_evaluation.embed_checkpoint(
        logdir,
        checkpoint_flags.CHECKPOINT.value,
        datasets=checkpoint_flags.DATASETS.value,
        data_dir=checkpoint_flags.DATA_DIR.value,
        splits=_SPLITS.value,
        settings={"precision": _PRECISION.value} if _PRECISION.value else None,
    )
    return parts


def _embed_on_beam() -> int:
    from tcc.applications import embed_collection
    from tcc.datasets.preparing import beam_generation

    shards = embed_collection.embed_collection(
        str(checkpoint_flags.LOGDIR.value),
        str(output_flag.OUTPUT.value),
        beam_generation.pipeline_options(beam_flag.BEAM.value or []),
        checkpoint=checkpoint_flags.CHECKPOINT.value,
        datasets=checkpoint_flags.DATASETS.value,
        data_dir=checkpoint_flags.DATA_DIR.value,
        splits=_SPLITS.value,
        videos=videos_flag.VIDEOS.value,
        videos_per_shard=_VIDEOS_PER_SHARD.value,
        precision=_PRECISION.value,
    )
    for shard in shards:
        print(f"{shard.path}: {shard.stop - shard.start} videos", flush=True)
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
