r"""Carries the sound of a reference video over to silent videos.

    python -m tcc.transfer_sound --logdir=run --videos='silent/*.mp4' \
        --reference_videos=with_sound.mp4 --output=sounding

--output is a folder; it gets each video as .mp4, with the reference's sound
at the moments that match.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.shared_flags import (
    alignment_flags,
    checkpoint_flags,
    output_flag,
    videos_flag,
)
from tcc.shared_flags.clips_flags import REFERENCE_VIDEOS

flags.declare_key_flag("logdir")
flags.declare_key_flag("checkpoint")
flags.declare_key_flag("method")
flags.declare_key_flag("distance")
flags.declare_key_flag("reference_videos")
flags.adopt_module_key_flags(videos_flag)
flags.adopt_module_key_flags(output_flag)

_CHUNK = flags.DEFINE_float(
    "chunk", 0.1, "Seconds of a piece of sound.", lower_bound=0.01
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(
        logdir=checkpoint_flags.LOGDIR.value,
        videos=videos_flag.VIDEOS.value,
        reference_videos=REFERENCE_VIDEOS.value,
        output=output_flag.OUTPUT.value,
    )
    from tcc.applications import clips, sound_transfer
    from tcc.evaluation import correspondence

    references = clips.list_files(str(REFERENCE_VIDEOS.value))
    if len(references) > 1:
        raise ValueError(
            f"--reference_videos must be one video. Received: {len(references)}"
        )
    sound = sound_transfer.read_sound(references[0])
    paths = clips.list_files(str(videos_flag.VIDEOS.value))
    found = clips.from_files(
        [references[0], *paths],
        str(checkpoint_flags.LOGDIR.value),
        checkpoint_flags.CHECKPOINT.value,
    ).embeddings
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    for i, path in enumerate(paths, start=1):
        matches = correspondence.align(
            found.embs[i],
            found.embs[0],
            method=alignment_flags.METHOD.value or "dtw",
            distance=alignment_flags.DISTANCE.value,
        )
        track = sound_transfer.warp(
            sound,
            found.times[i],
            found.times[0][matches],
            seconds=float(found.times[i][-1] + 1 / found.fps[i]),
            chunk=_CHUNK.value,
        )
        target = output / f"{path.stem}.mp4"
        sound_transfer.write_with_sound(path, track, target)
        print(target)
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
