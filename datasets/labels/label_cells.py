"""Takes a label table apart, as spreadsheets of any country write it.

Columns are parted by commas, semicolons, tabs or vertical bars; the header
tells by which. Where the comma is the decimal sign, as in `1,5`, it is taken
for one if that is certain.
"""

import csv
import dataclasses
import io
import pathlib
import re
from collections.abc import Iterator, Sequence

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_TIMES = ("start", "end")
# The line by which Excel is told the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ \t]*(\r\n|\r|\n)', re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")

# The cells of a line by column, None where the line is too short; what is
# behind the last column has the key None.
Fields = dict[str | None, str | None]


@dataclasses.dataclass(frozen=True)
class Table:
    """A table's lines.

    Attributes:
      columns: their names, in lower case.
      rows: (line from 1, cells).
      delimiter_name: as "comma".
      comma_problem: why commas in times cannot be decimal signs; "" when
        they are.
    """

    columns: list[str]
    rows: list[tuple[int, Fields]]
    delimiter_name: str
    comma_problem: str


def parse(
    path: pathlib.Path,
    text: str,
    *,
    columns: Sequence[str],
    known: Sequence[str],
) -> Table:
    """Takes a table apart.

    Args:
      path: of the file, for messages.
      text: of the file.
      columns: that it must have.
      known: that it must not have twice.

    Returns:
      The table; empty lines are left out.

    Raises:
      ValueError: when it is no table with these columns.
    """
    body, skipped = text, 0
    if match := _SEPARATOR_LINE.match(text):
        body, skipped = text[match.end() :], 1
    delimiter = next(
        (d for d in _DELIMITERS if set(columns) <= set(_header(body, d))), ","
    )
    try:
        lines = list(_read(body, delimiter))
    except csv.Error as error:
        raise ValueError(
            f"{path} is not a valid CSV file in UTF-8 ({error}). Mend it "
            "there, or save it again from your spreadsheet."
        ) from error
    given = lines[0][1] if lines else []
    names = [_clean(name) for name in given]
    twice = {name for name in known if names.count(name) > 1}
    if not set(columns) <= set(names) or twice:
        raise ValueError(
            f"{path} must have a header line with the columns "
            f"{', '.join(columns)}, each once, parted by commas, semicolons "
            "or tabs; or be a label JSON, which begins with {. Received: "
            f"{', '.join(map(repr, given)) or 'an empty file'}."
        )
    rows = [
        (number + skipped, _by_column(names, cells))
        for number, cells in lines[1:]
    ]
    return Table(
        columns=names,
        rows=rows,
        delimiter_name=_DELIMITERS[delimiter],
        comma_problem=_find_comma_problem([r for _, r in rows], delimiter),
    )


def _read(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yields (line from 1, cells) of lines that are not empty."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True
    )
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _header(text: str, delimiter: str) -> list[str]:
    try:
        _, cells = next(_read(text, delimiter), (0, []))
    except csv.Error:
        return []
    return [_clean(cell) for cell in cells]


def _clean(name: str) -> str:
    return name.strip().lower()


def _by_column(names: Sequence[str], cells: list[str]) -> Fields:
    fields: Fields = dict.fromkeys(names)
    fields.update(zip(names, cells, strict=False))
    behind = cells[len(names) :]
    if any(cell.strip() for cell in behind):
        fields[None] = ",".join(behind)
    return fields


def _find_comma_problem(rows: Sequence[Fields], delimiter: str) -> str:
    """Says why commas in times are not certain to be decimal signs."""
    times = [
        (row.get(column) or "").strip() for row in rows for column in _TIMES
    ]
    with_comma = [time for time in times if "," in time]
    if not with_comma:
        return ""
    if any("." in time for time in times):
        return "other times have a point"
    if delimiter != ";" and all(map(_THOUSANDS.fullmatch, with_comma)):
        return "it may part thousands"
    return ""
