"""A picture of a prepared data set, to see at a glance what is in it."""

import io
import itertools
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from tcc.datasets import reading, video_record

# Of phases in their order: distinct in hue, and in lightness for those who
# print it or see few colours.
_PHASE_COLOURS = (
    (68, 119, 170),
    (238, 204, 102),
    (34, 136, 51),
    (238, 102, 119),
    (102, 204, 238),
    (170, 51, 119),
    (187, 187, 187),
    (60, 60, 60),
)
_UNLABELLED_COLOUR = (255, 255, 255)
_INK = (20, 20, 20)
_PAPER = (245, 245, 245)
_TEXT_HEIGHT = 14  # pixels
_BAR_HEIGHT = 8  # pixels
_GAP = 6  # pixels


def draw(
    folder: pathlib.Path,
    *,
    videos_per_split: int = 6,
    frames_per_video: int = 10,
    thumbnail_height: int = 96,
) -> Image.Image:
    """Draws frames and phases of the first videos of each split.

    Args:
      folder: of a prepared data set, with its version.
      videos_per_split: at most.
      frames_per_video: evenly spaced, the first and the last among them.
      thumbnail_height: pixels.

    Returns:
      The picture: a strip for each video, below it a bar of its phases over
      the time, white where unlabelled; the phases' names at the top.
    """
    builder = reading.open_folder(folder)
    strips = []
    for split in builder.info.splits:
        videos = reading.iterate_videos(builder, split)
        strips += [
            _draw_video(split, video, frames_per_video, thumbnail_height)
            for video in itertools.islice(videos, videos_per_split)
        ]
    legend = _draw_legend(builder.info.metadata["phase_names"])
    return _stack([legend, *strips])


def _draw_video(
    split: str, video: video_record.VideoRecord, count: int, height: int
) -> Image.Image:
    """Returns a line of text, a strip of frames, and a bar of phases."""
    chosen = np.unique(
        np.linspace(0, len(video.jpegs) - 1, count).round().astype(int)
    )
    thumbnails = [_thumbnail(video.jpegs[index], height) for index in chosen]
    width = sum(thumbnail.width for thumbnail in thumbnails)
    size = (width, _TEXT_HEIGHT + height + _BAR_HEIGHT)
    picture = Image.new("RGB", size, _PAPER)
    text = (
        f"{split}: {video.name}, {len(video.jpegs)} frames, "
        f"{len(video.jpegs) / video.fps:.1f} s"
    )
    ImageDraw.Draw(picture).text((2, 1), text, _INK)
    left = 0
    for thumbnail in thumbnails:
        picture.paste(thumbnail, (left, _TEXT_HEIGHT))
        left += thumbnail.width
    bar = np.array([_phase_colour(p) for p in video.frame_labels], np.uint8)
    stretched = bar[np.arange(width) * len(bar) // width]
    rows = np.repeat(stretched[None], _BAR_HEIGHT, axis=0)
    picture.paste(Image.fromarray(rows), (0, _TEXT_HEIGHT + height))
    return picture


def _thumbnail(jpeg: bytes, height: int) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg))
    width = max(1, round(picture.width * height / picture.height))
    return picture.resize((width, height), Image.Resampling.BOX)


def _phase_colour(phase: int) -> tuple[int, int, int]:
    if phase < 0:
        return _UNLABELLED_COLOUR
    return _PHASE_COLOURS[phase % len(_PHASE_COLOURS)]


def _draw_legend(names: Sequence[str]) -> Image.Image:
    font_draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    widths = [round(font_draw.textlength(name)) + 34 for name in names]
    picture = Image.new("RGB", (sum(widths) or 1, _TEXT_HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    left = 0
    for phase, (name, width) in enumerate(zip(names, widths, strict=True)):
        pen.rectangle((left + 2, 2, left + 16, 12), _phase_colour(phase))
        pen.text((left + 20, 1), name, _INK)
        left += width
    return picture


def _stack(pictures: Sequence[Image.Image]) -> Image.Image:
    """Puts pictures one below the other."""
    width = max(picture.width for picture in pictures)
    height = sum(picture.height + _GAP for picture in pictures)
    sheet = Image.new("RGB", (width, height), _PAPER)
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + _GAP
    return sheet
