"""File names from names in data.

Names of videos come from strangers' files. Nothing in them may lead out of
the folder that is written to, or be refused by a file system.
"""

import hashlib
import re

_LONGEST = 100  # bytes of UTF-8; file systems end at 255, with the ending
# What FAT, NTFS or a shell takes amiss. Letters of all scripts are kept.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def make_safe(name: str) -> str:
    """Makes a name into a file name without ending.

    Args:
      name: any text.

    Returns:
      The same text if it is safe. Otherwise with `_` for what is not, and
      with some digits of its hash, so that different names stay different.
    """
    safe = _UNSAFE.sub("_", name.encode("utf-8", "replace").decode())
    safe = safe.strip(" .")  # ".." and hidden files; Windows drops the ends
    safe = safe.encode()[:_LONGEST].decode("utf-8", "ignore").rstrip(" .")
    if safe and safe == name and not _RESERVED.fullmatch(safe):
        return safe
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    ending = f"_{digest[:8]}"
    # With its ending too it is no longer than is safe.
    start = safe.encode()[: _LONGEST - len(ending)].decode("utf-8", "ignore")
    return f"{start}{ending}".lstrip("_ .")


def make_unique(name: str, taken: set[str]) -> str:
    """Makes a name into a file name that no other file has.

    Args:
      name: any text.
      taken: the file names in use, in lower case: many file systems do not
        tell cases apart. Receives the new one.

    Returns:
      The file name without ending.
    """
    base = unique = make_safe(name)
    number = 1
    while unique.lower() in taken:
        number += 1
        unique = f"{base}_{number}"
    taken.add(unique.lower())
    return unique
