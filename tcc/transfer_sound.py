r"""Carries the sound of a reference video over to other videos.

    python -m tcc.transfer_sound --logdir=run --videos='silent/*.mp4' \
        --reference_videos=with_sound.mp4 --output=sounding
    python -m tcc.transfer_sound --logdir=run --split=val \
        --reference_videos=with_sound.mp4 --output=sounding

--output is a folder; it gets each video as .mp4, with the reference's sound
at the moments that match. Videos and reference of a prepared data set (the
second form, and --references) must still lie where they were prepared from.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.command_line import alignment_flags, clips_flags, output_flag

flags.adopt_module_key_flags(clips_flags)
flags.declare_key_flag("method")
flags.declare_key_flag("distance")

_CHUNK = flags.DEFINE_float(
    "chunk", 0.1, "Seconds of a piece of sound.", lower_bound=0.01
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    videos, references = clips_flags.load_with_references()
    from tcc.applications import sound_transfer

    if len(references.names) > 1:
        raise ValueError(
            "The reference must be one video: --reference_videos=FILE, or"
            " --references with a name. Received:"
            f" {', '.join(references.names)}"
        )
    sound = sound_transfer.read_sound(
        sound_transfer.find_file(references.videos[0])
    )
    paths = [sound_transfer.find_file(video) for video in videos.videos]
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    for i, path in enumerate(paths):
        track = sound_transfer.align_sound(
            sound,
            references.embeddings,
            videos.embeddings,
            i,
            method=alignment_flags.METHOD.value or "dtw",
            distance=alignment_flags.DISTANCE.value,
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
