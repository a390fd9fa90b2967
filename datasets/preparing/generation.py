"""How builders turn a list of videos into examples: in parallel, with a bar.

A builder says what each video is made from and by which function; this module
runs it, shows progress, and decides what happens to videos that fail.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import tqdm

from tcc.datasets.preparing import features, parallel_map, video_record


class Source(Protocol):
    """What one video is made from."""

    @property
    def name(self) -> str:
        """The video's name, unique within its split."""

    @property
    def origin(self) -> str:
        """What the user calls it: the path of its file, for example."""


@dataclasses.dataclass(frozen=True)
class GenerationOptions:
    """How the videos of a data set are made."""

    num_workers: int = 0  # processes beside this one; 0 is none
    skip_bad: bool = False  # go on without videos that cannot be read
    show_progress: bool = True  # a bar on stderr
    use_beam: bool = False  # see `beam_generation`; num_workers is its own


def generate(
    make: Callable[[Any], video_record.VideoRecord],
    sources: Sequence[Source],
    *,
    split: str,
    options: GenerationOptions,
    skipped: dict[str, str],
    notes: dict[str, str] | None = None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Makes the examples of a split.

    Args:
      make: turns a source into a video; raises ValueError for a source that
        is bad. A function of a module: it runs in other processes.
      sources: the split's videos.
      split: its name, for the progress bar.
      options: how.
      skipped: receives {origin: reason} of the videos left out.
      notes: receives {origin: remarks} of videos that are odd.

    Yields:
      (key, example) as TFDS wants them.

    Raises:
      ValueError: of the first bad source, unless `options.skip_bad`; or when
        no video is left.
    """
    names: dict[str, str] = {}
    results = parallel_map.ordered_map(
        make, sources, num_workers=options.num_workers
    )
    for source, result in tqdm.tqdm(
        results,
        desc=f"Preparing {split}",
        total=len(sources),
        unit="video",
        disable=not options.show_progress,
    ):
        try:
            video = result()
            if video.name in names:
                raise ValueError(
                    f"{video.name!r} is the name of two videos of the split "
                    f"{split!r}, {names[video.name]} and {source.origin}. "
                    "Rename one."
                )
        except ValueError as error:
            if not options.skip_bad:
                raise ValueError(
                    f"{error} --skip_bad leaves such videos out."
                ) from error
            skipped[source.origin] = str(error)
            continue
        names[video.name] = source.origin
        if video.remarks and notes is not None:
            notes[source.origin] = "; ".join(video.remarks)
        yield source.name, features.to_example(video)
    if sources and not names:
        raise ValueError(
            f"No video of the split {split!r} could be read; the first: "
            + next(iter(skipped.values()))
        )
