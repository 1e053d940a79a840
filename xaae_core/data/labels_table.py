"""Reads labels.csv, the table of a data folder: one line per picture."""

import csv
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path, PurePosixPath, PureWindowsPath

from xaae_core.data.listings import BrokenFile, ListedImage, Listing
from xaae_core.data.splits import SPLITS, split_name
from xaae_core.errors import DatasetError

TABLE_NAME = "labels.csv"
_KNOWN_COLUMNS = ("file", "label", "label_name", "split", "mask")


def list_table(table: Path) -> Listing:
    """The rows of the table; lines that lead nowhere are among `broken`.

    Columns file and label are needed; label_name, split and mask are understood; others are kept as
    written. Comma or semicolon between the cells, UTF-8.

    Raises:
        DatasetError: not a table, missing columns, an unknown split, one file with two labels.
    """
    images: dict[str, ListedImage] = {}
    broken: list[BrokenFile] = []
    for line, row in _table_rows(table):
        image = _table_image(row, line)
        problem = _row_problem(image, line, images)
        if problem:
            broken.append(BrokenFile(table.parent / (image.id or TABLE_NAME), problem))
        else:
            images[image.id] = image
    return Listing(tuple(images.values()), tuple(broken), ())


def _table_rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """The filled rows with the number of the line on which each ends."""
    try:
        text = table.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        separator = ";" if header.count(";") > header.count(",") else ","  # as some office suites write it
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
        rows = [(reader.line_num, row) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table.name} is not a readable table ({error}): save it as CSV UTF-8") from error
    names = _column_names(rows[0][1] if rows else [], table.name)
    return [(line, dict(zip(names, _filled(row, len(names)), strict=True))) for line, row in rows[1:]]


def _column_names(header: list[str], table_name: str) -> list[str]:
    names = [name.strip() for name in header]
    names = [name.lower() if name.lower() in _KNOWN_COLUMNS else name for name in names]
    missing = [name for name in ("file", "label") if name not in names]
    if missing:
        raise DatasetError(
            f"{table_name} has no column {' and no column '.join(missing)}; found: "
            f"{', '.join(names) or 'nothing'}; expected at least file and label in the first line"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DatasetError(f"{table_name} has the column {repeated[0]} twice: rename one of them")
    return names


def _filled(row: Sequence[str], n_columns: int) -> list[str]:
    cells = [cell.strip() for cell in row[:n_columns]]
    return cells + [""] * (n_columns - len(cells))


def _table_image(row: dict[str, str], line: int) -> ListedImage:
    word = row.get("split", "")
    split = split_name(word)
    if word and split is None:
        raise DatasetError(f"{TABLE_NAME}, line {line}: the split is {word!r}; expected one of {', '.join(SPLITS)}")
    return ListedImage(
        id=_with_slashes(row["file"]),
        label=row["label"],
        label_name=row.get("label_name", ""),
        split=split,
        mask=_with_slashes(row.get("mask", "")),
        columns={name: cell for name, cell in row.items() if name not in _KNOWN_COLUMNS},
    )


def _row_problem(image: ListedImage, line: int, earlier: dict[str, ListedImage]) -> str:
    if not image.id or not image.label:
        return f"line {line} of {TABLE_NAME} has no {'label' if image.id else 'file'}"
    if not stays_inside(image.id):
        return f"line {line} of {TABLE_NAME} leads outside the data folder"
    if image.id not in earlier:
        return ""
    if earlier[image.id].label != image.label:
        raise DatasetError(
            f"{TABLE_NAME} lists {image.id} twice, with the labels {earlier[image.id].label} and "
            f"{image.label}: keep one of the lines"
        )
    return f"line {line} of {TABLE_NAME} repeats an earlier one"


def stays_inside(relative: str) -> bool:
    """Whether a path written in a table names something below the data folder."""
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and not PureWindowsPath(relative).drive


def _with_slashes(relative: str) -> str:
    """One spelling for one file: forward slashes, nothing doubled, no leading dot."""
    return PurePosixPath(relative.replace("\\", "/")).as_posix() if relative else ""
