r"""Finds the frames of a collection of videos that are most like one frame.

    python -m tcc.retrieve_frames --logdir=run --query=val_003 --at=2.5 \
        --output=found.png
    python -m tcc.retrieve_frames --logdir=run --image=photo.jpg --k=8 \
        --output=found.png

The query is the frame of a video of the collection at a time (--at, seconds;
the video itself is left out), or a picture (--image; for networks that see one
frame at a time). --output is the .png, the query first. The places found are
printed as well.
"""

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from tcc import command_line
from tcc.command_line import (
    alignment_flags,
    checkpoint_flags,
    clips_flags,
    output_flag,
)
from tcc.io import atomic_files

if TYPE_CHECKING:
    import numpy as np

flags.adopt_module_key_flags(clips_flags)
flags.declare_key_flag("query")
flags.declare_key_flag("distance")

_AT = flags.DEFINE_float("at", 0.0, "Seconds in the video --query.")
_IMAGE = flags.DEFINE_string("image", None, "A picture as the query.")
_K = flags.DEFINE_integer("k", 5, "Frames to find.", lower_bound=1)
_PER_VIDEO = flags.DEFINE_integer(
    "per_video", 1, "Most frames of one video; 0: no limit.", lower_bound=0
)
_SIZE = 160  # pixels of a frame in the strip


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    if output.suffix != ".png":
        raise ValueError(f"--output must end in .png. Received: {output}")
    clips = clips_flags.load()
    from PIL import Image

    from tcc.applications import clips as clips_lib
    from tcc.applications import retrieval
    from tcc.evaluation.embedding.embeddings import find_video

    data = clips.embeddings
    own = None
    if _IMAGE.value:
        encoded = pathlib.Path(_IMAGE.value).expanduser().read_bytes()
        vector = _embed_image(encoded)
        picture = clips_lib.decode(encoded, _SIZE)
        caption = pathlib.Path(_IMAGE.value).name
    else:
        own = find_video(clips.names, alignment_flags.QUERY.value)
        frame = retrieval.find_frame(data.times[own], _AT.value)
        vector = data.embs[own][frame]
        picture = clips.picture(own, frame, _SIZE)
        caption = f"{data.times[own][frame]:.2f} s {clips.names[own]}"
    hits = retrieval.nearest_frames(
        vector,
        data.embs,
        k=_K.value,
        distance=alignment_flags.DISTANCE.value,
        per_video=_PER_VIDEO.value,
        exclude=own,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    strip = retrieval.strip(picture, f"query: {caption}", clips, hits)
    atomic_files.write_picture(output, Image.fromarray(strip))
    for hit in hits:
        time = data.times[hit.video][hit.frame]
        label = clips.phase_name(int(data.frame_labels[hit.video][hit.frame]))
        print(
            f"{clips.names[hit.video]:20} {time:8.2f} s  distance"
            f" {hit.distance:.4g}  {label}".rstrip()
        )
    print(output)
    return 0


def _embed_image(encoded: bytes) -> "np.ndarray":
    """Embeds a picture as a video of one frame, [D] float32."""
    command_line.require(logdir=checkpoint_flags.LOGDIR.value)
    import numpy as np

    from tcc.applications import clips
    from tcc.video import prepared

    video = prepared.Video(
        name="picture",
        jpegs=[encoded],
        frame_labels=np.full(1, -1, np.int64),
        timestamps=np.zeros(1),
        fps=1.0,
        label=-1,
    )
    found = clips.from_videos(
        [video],
        str(checkpoint_flags.LOGDIR.value),
        checkpoint_flags.CHECKPOINT.value,
    )
    return found.embeddings.embs[0][0]


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
