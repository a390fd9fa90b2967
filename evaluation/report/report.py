"""A report of an evaluation: one HTML file, and its pictures as PNG.

The file holds everything it shows and loads nothing, so that it can be sent
and opened anywhere. Names of videos, phases and data sets come from users'
files: all text is escaped.
"""

import base64
import contextlib
import html
import io
import os
import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image

from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.report import report_pictures, results_table
from tcc.evaluation.report.report_pictures import Picture
from tcc.evaluation.report.results import Evaluation
from tcc.evaluation.tasks.task_result import tag_name
from tcc.io import atomic_files

_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; color: #111; margin: 0 auto;
  max-width: 76rem; padding: 1rem 1.5rem 4rem; background: #fff; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; border-top: 2px solid #111;
  padding-top: .8rem; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
p, li { max-width: 60rem; }
.protocol { color: #444; font-size: .88rem; margin: 0 0 .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: .93rem; }
th, td { padding: .25rem .9rem .25rem .3rem; border-bottom: 1px solid #ccc;
  text-align: left; vertical-align: top; }
td { white-space: nowrap; }
thead th { border-bottom: 2px solid #111; }
tbody th { font-weight: normal; }
td:nth-of-type(1) { font-weight: 600; }
.interval { color: #555; font-size: .85em; font-weight: normal; }
.remarks { border-left: 4px solid #111; padding-left: 1.8rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; }
figure { margin: 0; max-width: 34rem; }
figure.square { max-width: 22rem; }
figure.wide { max-width: 100%; flex-basis: 100%; }
figure img { max-width: 100%; height: auto; display: block;
  border: 1px solid #ddd; }
figcaption { font-size: .88rem; color: #333; margin-top: .3rem; }
figcaption b { display: block; font-size: .98rem; color: #111; }
@media print { h2 { break-before: page; } figure { break-inside: avoid; } }
"""


def folder_of(
    logdir: str | os.PathLike[str], evaluation: Evaluation
) -> pathlib.Path:
    """Returns where the report of an evaluation goes by default."""
    return pathlib.Path(logdir) / "report" / f"step-{evaluation.step}"


def draw(
    evaluation: Evaluation, *, with_maps: bool = True
) -> list[list[Picture]]:
    """Draws the pictures of every data set of an evaluation.

    Args:
      evaluation: with its embeddings.
      with_maps: also the embedding maps, which take the longest.

    Raises:
      FileNotFoundError: a data set is no longer prepared.
    """
    return [
        report_pictures.draw(evaluation, i, with_map=with_maps)
        for i in range(len(evaluation.datasets))
    ]


def write(
    evaluation: Evaluation, folder: str | os.PathLike[str]
) -> pathlib.Path:
    """Writes report.html and the PNG pictures.

    Args:
      evaluation: with its embeddings.
      folder: made when absent; files of the same names are replaced.

    Returns:
      The path of report.html.

    Raises:
      FileNotFoundError: a data set is no longer prepared.
    """
    out = pathlib.Path(folder)
    pictures = draw(evaluation)
    out.mkdir(parents=True, exist_ok=True)
    for result, found in zip(evaluation.datasets, pictures, strict=True):
        for picture in found:
            name = f"{tag_name(result.dataset)}_{picture.name}.png"
            with atomic_files.write(out / name) as unfinished:
                unfinished.write_bytes(_png(picture.pixels))
    path = out / "report.html"
    atomic_files.write_text(path, page(evaluation, pictures))
    return path


def write_events(
    logdir: str | os.PathLike[str],
    evaluation: Evaluation,
    pictures: list[list[Picture]],
) -> None:
    """Writes the pictures for TensorBoard, beside the scalars.

    Args:
      logdir: folder of the training run.
      evaluation: whose step and data sets they are of.
      pictures: from `draw`.
    """
    folder = pathlib.Path(logdir) / checkpoint_evaluation.EVENTS
    writer = tf.summary.create_file_writer(str(folder))
    with contextlib.closing(writer), writer.as_default(step=evaluation.step):
        for result, found in zip(evaluation.datasets, pictures, strict=True):
            name = tag_name(result.dataset)
            for picture in found:
                tf.summary.image(
                    f"report/{name}_{picture.name}",
                    picture.pixels[np.newaxis],
                    description=picture.caption,
                )


def page(evaluation: Evaluation, pictures: list[list[Picture]]) -> str:
    """Returns the report as HTML.

    Args:
      evaluation: the results.
      pictures: for each data set, as from `draw`.
    """
    title = f"Evaluation of {evaluation.checkpoint}"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(_summary(evaluation))}</p>",
        _explanation(evaluation),
    ]
    for i, result in enumerate(evaluation.datasets):
        sizes = checkpoint_evaluation.describe_data(evaluation, i)
        parts += [
            f"<h2>{html.escape(result.dataset)}</h2>",
            f"<p>{html.escape(sizes)}</p>",
            _scores(evaluation, i),
            "<h3>Pictures</h3>",
            '<div class="pictures">',
            *map(_figure, pictures[i]),
            "</div>",
        ]
    return "\n".join([*parts, "</body></html>", ""])


def _summary(evaluation: Evaluation) -> str:
    config = evaluation.config
    return (
        f"Training step {evaluation.step}; objective {config.algorithm.name};"
        f" {config.model.backbone} backbone, {config.model.embedder} embedder,"
        f" {config.model.embedding_size} channels;"
        f" {config.data.image_size} pixels; evaluated in"
        f" {evaluation.seconds:.0f} s."
    )


def _explanation(evaluation: Evaluation) -> str:
    lines = [
        *checkpoint_evaluation.describe_method(evaluation).splitlines(),
        "frame index: every frame embedded as its number, without seeing it;"
        " what it scores is owed to time alone.",
    ]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>"


def _scores(evaluation: Evaluation, i: int) -> str:
    rows = evaluation.rows(i)
    head = "".join(f'<th scope="col">{html.escape(x)}</th>' for x in rows)
    parts = []
    notes = results_table.remarks(rows)
    if notes:
        items = "".join(f"<li>{html.escape(x)}</li>" for x in notes)
        parts.append(f'<ul class="remarks">{items}</ul>')
    for section in results_table.sections(rows):
        body = "".join(
            f'<tr><th scope="row">{html.escape(heading)}</th>'
            + "".join(f"<td>{_cell(cell)}</td>" for cell in cells)
            + "</tr>"
            for heading, cells in section.rows
        )
        parts.append(
            f"<h3>{html.escape(section.task.replace('_', ' '))}</h3>"
            f'<p class="protocol">{html.escape(section.protocol)}</p>'
            '<div class="scroll"><table>'
            f"<thead><tr><th></th>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )
    return "\n".join(parts)


def _cell(cell: str) -> str:
    value, _, interval = cell.partition(" [")
    text = html.escape(value)
    if interval:
        text += f' <span class="interval">[{html.escape(interval)}</span>'
    return text


def _figure(picture: Picture) -> str:
    encoded = base64.b64encode(_png(picture.pixels)).decode("ascii")
    height, width = picture.pixels.shape[:2]
    shape = "square" if width == height else "wide" if width > 800 else "chart"
    return (
        f'<figure class="{shape}">'
        f'<img src="data:image/png;base64,{encoded}" width="{width}"'
        f' height="{height}" alt="{html.escape(picture.title)}">'
        f"<figcaption><b>{html.escape(picture.title)}</b>"
        f"{html.escape(picture.caption)}</figcaption></figure>"
    )


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()
