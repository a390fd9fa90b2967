r"""Labels videos like one or a few annotated reference videos.

    python -m tcc.transfer_labels --logdir=run --split=val --references=0,1,2 \
        --output=labels
    python -m tcc.transfer_labels --logdir=run --videos='new/*.mp4' \
        --reference_videos=done/clip_1.mp4 --reference_labels=done/labels.json \
        --output=labels

Each reference is aligned to each video and votes with its labels. --output is
a folder; it gets labels.json (for tcc.datasets.prepare --labels), labels.csv
(every frame, with the share of the references that agree) and timeline.png.
Where the videos have labels themselves, these are not used, but compared with.
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


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    command_line.require(output=output_flag.OUTPUT.value)
    videos, references = clips_flags.load_with_references()
    import numpy as np
    from PIL import Image

    from tcc.applications import label_transfer
    from tcc.visualization import timelines

    found, rows = {}, []
    data = videos.embeddings
    labels = references.embeddings.frame_labels
    for i, name in enumerate(videos.names):
        transferred = label_transfer.transfer(
            references.embeddings.embs,
            labels,
            data.embs[i],
            method=alignment_flags.METHOD.value or "dtw",
            distance=alignment_flags.DISTANCE.value,
        )
        found[name] = transferred, data.times[i]
        rows.append((name, data.times[i], transferred.labels))
        if (data.frame_labels[i] >= 0).any():
            rows.append(("labelled", data.times[i], data.frame_labels[i]))
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    names = references.phase_names
    label_transfer.write_json(output / "labels.json", found)
    label_transfer.write_csv(output / "labels.csv", found, names)
    picture = timelines.phase_timelines(rows, phase_names=names)
    atomic_files.write_picture(
        output / "timeline.png", Image.fromarray(picture)
    )
    share = label_transfer.accuracy(
        np.concatenate([f.labels for f, _ in found.values()]),
        np.concatenate(data.frame_labels),
    )
    print(
        f"{output}: {len(found)} videos labelled from"
        f" {', '.join(references.names)}"
    )
    if np.isfinite(share):
        print(
            f"{share:.1%} of their frames agree with the labels that they have"
        )
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
