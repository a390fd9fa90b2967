"""Maps of embedded frames in two dimensions, and files for the projector.

points = embedding_map.project(clips.embeddings.embs, method="tsne")
picture = embedding_map.draw(points, embedding_map.progress(lengths))
"""

import csv
import math
import os
import pathlib

import numpy as np
from PIL import Image

from tcc.applications.clips import Clips
from tcc.io import atomic_files
from tcc.visualization.embedding_map import METHODS as METHODS
from tcc.visualization.embedding_map import choose_frames as choose_frames
from tcc.visualization.embedding_map import draw as draw
from tcc.visualization.embedding_map import progress as progress
from tcc.visualization.embedding_map import project as project

_SPRITE_SIDE = 8192  # pixels, the most that the projector takes
_THUMBNAIL = 48  # pixels


def write_projector(clips: Clips, folder: str | os.PathLike[str]) -> None:
    """Writes what TensorBoard's projector shows: vectors, labels, pictures.

    Args:
      clips: the videos.
      folder: made when absent; `tensorboard --logdir=<folder>` shows it.
    """
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    data = clips.embeddings
    with atomic_files.write(out / "vectors.tsv") as unfinished:
        np.savetxt(
            unfinished,
            np.concatenate(data.embs),
            delimiter="\t",
            fmt="%.6g",
        )
    with (
        atomic_files.write(out / "metadata.tsv") as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        # A tab or a line break in a name would shift the columns.
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["video", "seconds", "progress", "phase"])
        for i, name in enumerate(clips.names):
            shown = " ".join(name.split())
            share = np.linspace(0, 1, len(data.embs[i]))
            for t, label in enumerate(data.frame_labels[i]):
                time = f"{data.times[i][t]:.3f}"
                phase = clips.phase_name(int(label)) or "-"
                writer.writerow([shown, time, f"{share[t]:.3f}", phase])
    side = math.ceil(math.sqrt(data.num_frames))
    size = max(1, min(_THUMBNAIL, _SPRITE_SIDE // side))
    sprite = np.zeros((side * size, side * size, 3), np.uint8)
    places = (
        (i, t) for i, embs in enumerate(data.embs) for t in range(len(embs))
    )
    for place, (i, t) in enumerate(places):
        top, left = place // side * size, place % side * size
        picture = clips.picture(i, t, size)
        sprite[top : top + size, left : left + size] = picture
    atomic_files.write_picture(out / "sprite.png", Image.fromarray(sprite))
    atomic_files.write_text(
        out / "projector_config.pbtxt",
        'embeddings {\n  tensor_name: "frames"\n'
        '  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n'
        '  sprite {\n    image_path: "sprite.png"\n'
        f"    single_image_dim: {size}\n    single_image_dim: {size}\n"
        "  }\n}\n",
    )
