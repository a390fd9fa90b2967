r"""Writes a web page in which videos play in step with any one of them.

    python -m tcc.play_together --logdir=run --query=3 --output=page.html
    python -m tcc.play_together --logdir=run --videos='new/*.mp4' \
        --output=page.html

--output is one .html file, to be opened in a browser; it needs no server and
no internet.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.command_line import alignment_flags, clips_flags, output_flag

flags.adopt_module_key_flags(alignment_flags)
flags.adopt_module_key_flags(clips_flags)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    if output.suffix != ".html":
        raise ValueError(f"--output must end in .html. Received: {output}")
    clips = clips_flags.load()
    from tcc.applications.alignment import aligned_video, playback

    others = alignment_flags.OTHERS.value
    takes_all = others == ["all"]
    chosen = aligned_video.choose_videos(
        clips.names,
        alignment_flags.QUERY.value,
        None if takes_all else others,
        limit=0 if takes_all else 8,
    )
    playback.write(
        output,
        clips.select(chosen),
        method=alignment_flags.METHOD.value or "dtw",
        distance=alignment_flags.DISTANCE.value,
    )
    size = output.stat().st_size / 1e6
    print(f"{output}: {len(chosen)} videos, {size:.1f} MB")
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
