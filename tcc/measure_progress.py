r"""Measures how far videos have come, and their reward, against references.

    python -m tcc.measure_progress --logdir=run --reference_split=train \
        --output=progress
    python -m tcc.measure_progress --logdir=run --videos='robot/*.mp4' \
        --reference_videos='demos/*.mp4' --output=progress

References show the whole action, from its start to its end. --output is a
folder; it gets progress.npz, progress.csv and progress.png: of every frame
the progress between 0 and 1, how far the references disagree, and the reward
of XIRL, the negative distance to where the references end.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.command_line import alignment_flags, clips_flags, output_flag
from tcc.io import atomic_files

flags.adopt_module_key_flags(clips_flags)
flags.declare_key_flag("method")
flags.declare_key_flag("distance")

_DRAWN = 8  # videos in the plot


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    videos, references = clips_flags.load_with_references()
    from PIL import Image

    from tcc.applications import progress

    goal = progress.find_goal(references.embeddings.embs)
    courses = {}
    for i, name in enumerate(videos.names):
        embs = videos.embeddings.embs[i]
        courses[name] = progress.Course(
            videos.embeddings.times[i],
            progress.measure(
                embs,
                references.embeddings.embs,
                method=alignment_flags.METHOD.value or "nn",
                distance=alignment_flags.DISTANCE.value,
            ),
            progress.reward(embs, goal),
        )
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    progress.write(output, courses)
    drawn = dict(list(courses.items())[:_DRAWN])
    atomic_files.write_picture(
        output / "progress.png", Image.fromarray(progress.draw(drawn))
    )
    print(
        f"{output}: {len(courses)} videos against {len(references.names)}"
        " references"
    )
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
