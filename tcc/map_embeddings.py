r"""Draws maps of embedded frames, t-SNE and PCA.

    python -m tcc.map_embeddings --logdir=run --output=maps
    tensorboard --logdir=maps/projector

--output is a folder; it gets tsne_progress.png, pca_progress.png, the same
coloured by phase where there are labels (…_phase.png), and projector/ with
the vectors, labels and pictures of all frames for TensorBoard's projector.
"""

import pathlib
import shlex
from collections.abc import Sequence

from absl import flags

from tcc import command_line
from tcc.command_line import clips_flags, output_flag
from tcc.io import atomic_files

flags.adopt_module_key_flags(clips_flags)

_TRAJECTORIES = flags.DEFINE_list(
    "trajectories", ["0", "1"], "Videos whose frames are joined, in the maps."
)
_PERPLEXITY = flags.DEFINE_float(
    "perplexity", 30.0, "Of t-SNE.", lower_bound=1.0
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames",
    10_000,
    "Frames in a map at most; of more, evenly spaced ones are shown.",
    lower_bound=3,
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    clips = clips_flags.load()
    import numpy as np
    from PIL import Image

    from tcc.applications import embedding_map
    from tcc.evaluation.embedding.embeddings import find_video

    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    data = clips.embeddings
    joined = [find_video(clips.names, name) for name in _TRAJECTORIES.value]
    lengths = [len(embs) for embs in data.embs]
    shown, every = embedding_map.choose_frames(lengths, limit=_MAX_FRAMES.value)

    def thin(columns: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [c[frames] for c, frames in zip(columns, shown, strict=True)]

    embs = thin(data.embs)
    progress = thin(embedding_map.progress(lengths))
    count = f"{sum(map(len, shown))} frames"
    if every > 1:
        count += f" (1 in {every})"
    for method in embedding_map.METHODS:
        points = embedding_map.project(
            embs, method=method, perplexity=_PERPLEXITY.value
        )
        kinds: dict[str, tuple[list[np.ndarray], list[str] | None]] = {
            "progress": (progress, None)
        }
        if data.is_labelled:
            kinds["phase"] = (thin(data.frame_labels), clips.phase_names)
        for kind, (values, phase_names) in kinds.items():
            path = output / f"{method}_{kind}.png"
            picture = embedding_map.draw(
                points,
                values,
                title=f"{'t-SNE' if method == 'tsne' else 'PCA'} of"
                f" {count} of {data.num_videos} videos",
                phase_names=phase_names,
                trajectories=joined,
                names=clips.names,
            )
            atomic_files.write_picture(path, Image.fromarray(picture))
            print(path)
    embedding_map.write_projector(clips, output / "projector")
    projector = shlex.quote(str(output / "projector"))
    print(f"tensorboard --logdir={projector}")
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
