"""Which video a name in a label file means.

Names are compared as they stand, and if there is no such video, without what
programs and systems change: the case of the ending, composed and decomposed
letters (macOS), backslashes and blanks around them.
"""

import collections
import pathlib
import unicodedata
from collections.abc import Callable, Sequence

from tcc.datasets.builders.video_folder import endings, listing


class Index:
    """Finds videos by the names that label files have for them."""

    def __init__(self, videos: Sequence[listing.VideoFile]) -> None:
        """Takes note of the names; the time grows with their number.

        Args:
          videos: those that can be found.
        """
        self._exact = _by_name(videos, str)
        self._canonical = _by_name(videos, _canonical)
        self._any_case = _by_name(videos, lambda key: _canonical(key).lower())
        self._have_splits = any(video.split for video in videos)

    def find(self, key: str) -> list[listing.VideoFile]:
        """Returns the videos that a name may mean, none or several of them.

        Args:
          key: as "c0", "c0.mp4", "val/c0" or "val/c0.mp4". An ending of
            another kind of video counts for none: labels often are of files
            that were converted since.
        """
        canonical = _canonical(key)
        candidates = [canonical, endings.stem(canonical)]
        split, slash, rest = canonical.partition("/")
        if slash and split in listing.SPLITS and not self._have_splits:
            candidates += [rest, endings.stem(rest)]
        if key in self._exact:
            return self._exact[key]
        for candidate in candidates:
            if candidate in self._canonical:
                return self._canonical[candidate]
        return []

    def find_like(self, key: str) -> str:
        """Returns the name of a video that differs in case only, or ""."""
        found = self._any_case.get(_canonical(key).lower())
        return found[0].name if found else ""


def _by_name(
    videos: Sequence[listing.VideoFile], change: Callable[[str], str]
) -> dict[str, list[listing.VideoFile]]:
    found = collections.defaultdict(list)
    for video in videos:
        # A folder has no ending: two of its names are one.
        for key in {change(key) for key in video.label_keys}:
            found[key].append(video)
    return dict(found)


def _canonical(key: str) -> str:
    name = unicodedata.normalize("NFC", key.strip()).replace("\\", "/")
    name = name.removeprefix("./")
    suffix = pathlib.PurePosixPath(name).suffix
    if suffix.lower() in endings.VIDEO_ENDINGS:
        return name.removesuffix(suffix) + suffix.lower()
    return name
