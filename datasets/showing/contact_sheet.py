"""A picture of a prepared data set, to see at a glance what is in it."""

import io
import itertools
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from tcc.datasets.preparing import video_record
from tcc.datasets.showing import reading
from tcc.visualization import figures

Colour = tuple[int, int, int]

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
    names = (builder.info.metadata or {}).get("phase_names", [])
    strips = []
    for split in builder.info.splits:
        videos = reading.iterate_videos(builder, split)
        strips += [
            draw_video(
                video,
                title=split,
                num_phases=len(names),
                frames_per_video=frames_per_video,
                thumbnail_height=thumbnail_height,
            )
            for video in itertools.islice(videos, videos_per_split)
        ]
    return stack([_draw_legend(names), *strips])


def draw_video(
    video: video_record.VideoRecord,
    *,
    title: str,
    num_phases: int,
    frames_per_video: int = 10,
    thumbnail_height: int = 96,
) -> Image.Image:
    """Draws a line of text, a strip of frames, and a bar of phases.

    Args:
      video: the video.
      title: stands before its name.
      num_phases: of the data set; decides on the colours.
      frames_per_video: evenly spaced, the first and the last among them.
      thumbnail_height: pixels.

    Returns:
      The picture.

    Raises:
      ValueError: when a frame cannot be decoded; names video and frame.
    """
    height = thumbnail_height
    chosen = np.unique(
        np.linspace(0, len(video.jpegs) - 1, frames_per_video)
        .round()
        .astype(int)
    )
    thumbnails = [_thumbnail(video, index, height) for index in chosen]
    width = sum(thumbnail.width for thumbnail in thumbnails)
    size = (width, _TEXT_HEIGHT + height + _BAR_HEIGHT)
    picture = Image.new("RGB", size, _PAPER)
    text = (
        f"{title}: {' '.join(video.name.split())}, {len(video.jpegs)} frames, "
        f"{len(video.jpegs) / video.fps:.1f} s"
    )
    ImageDraw.Draw(picture).text((2, 1), text, _INK)
    left = 0
    for thumbnail in thumbnails:
        picture.paste(thumbnail, (left, _TEXT_HEIGHT))
        left += thumbnail.width
    colours = phase_colours(max(num_phases, 1 + video.frame_labels.max()))
    bar = np.array(
        [
            _UNLABELLED_COLOUR if phase < 0 else colours[phase]
            for phase in video.frame_labels
        ],
        np.uint8,
    )
    stretched = bar[np.arange(width) * len(bar) // width]
    rows = np.repeat(stretched[None], _BAR_HEIGHT, axis=0)
    picture.paste(Image.fromarray(rows), (0, _TEXT_HEIGHT + height))
    return picture


def _thumbnail(
    video: video_record.VideoRecord, index: int, height: int
) -> Image.Image:
    try:
        picture = Image.open(
            io.BytesIO(video.jpegs[index]), formats=("JPEG", "PNG")
        )
        width = max(1, round(picture.width * height / picture.height))
        size = (width, height)
        return picture.convert("RGB").resize(size, Image.Resampling.BOX)
    except OSError as error:
        raise ValueError(
            f"frame {index} of video {video.name!r} cannot be decoded "
            f"({error}). Prepare the data set again."
        ) from error


def phase_colours(count: int) -> list[Colour]:
    """Returns a colour for each phase, the same as in other pictures."""
    return [
        (round(255 * red), round(255 * green), round(255 * blue))
        for red, green, blue, *_ in figures.phase_colours(count)
    ]


def _draw_legend(names: Sequence[str]) -> Image.Image:
    font_draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    widths = [round(font_draw.textlength(name)) + 34 for name in names]
    picture = Image.new("RGB", (sum(widths) or 1, _TEXT_HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    left = 0
    colours = phase_colours(len(names))
    for name, width, colour in zip(names, widths, colours, strict=True):
        pen.rectangle((left + 2, 2, left + 16, 12), colour)
        pen.text((left + 20, 1), name, _INK)
        left += width
    return picture


def stack(pictures: Sequence[Image.Image]) -> Image.Image:
    """Puts pictures one below the other."""
    width = max(picture.width for picture in pictures)
    height = sum(picture.height + _GAP for picture in pictures)
    sheet = Image.new("RGB", (width, height), _PAPER)
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + _GAP
    return sheet
