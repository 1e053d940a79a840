"""Lists the pictures of a data folder that has a table: one row per picture."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from xaae_core.data.listings import BrokenFile, ListedImage, Listing
from xaae_core.data.splits import SPLITS, split_name
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.table_files import TABLE_NAME, TableCells, read_cells
from xaae_core.errors import DatasetError

__all__ = ["TABLE_NAME", "list_table", "stays_inside"]


def list_table(table: Path, columns: TableColumns | None = None, *, needs_label: bool = True) -> Listing:
    """The rows of the table; lines that lead nowhere are among `broken`.

    Columns for file and label are needed; label_name, split, mask and patient are understood; others are kept
    as written.

    Args:
        table: a CSV (comma, semicolon or tab; UTF-8), Parquet or Excel file; files are relative to its folder.
        columns: which column is which; by their usual names if None.
        needs_label: whether rows without a label are broken; otherwise their label is "", to be found elsewhere.

    Raises:
        DatasetError: not a table, missing columns, an unknown split, one file with two labels.
    """
    cells = read_cells(table)
    found = (columns or TableColumns()).find(cells.header, table.name, needs_label=needs_label)
    images: dict[str, ListedImage] = {}
    broken: list[BrokenFile] = []
    for line, row in cells.rows:
        image = _table_image(dict(zip(cells.header, row, strict=True)), found, line, cells)
        problem = _row_problem(image, line, images, table.name, needs_label)
        if problem:
            broken.append(BrokenFile(table.parent / (image.id or table.name), problem))
        else:
            images[image.id] = image
    return Listing(tuple(images.values()), tuple(broken), tuple(_notes(found)), found.get("label", "label"))


def _notes(found: Mapping[str, str]) -> list[str]:
    taken = [
        f"the column {name} is taken for the {role}"
        for role, name in found.items()
        if role in ("file", "patient") and name.lower() != role
    ]
    return [" and ".join(taken)] if taken else []


def _table_image(row: Mapping[str, str], found: Mapping[str, str], line: int, cells: TableCells) -> ListedImage:
    def cell(role: str) -> str:
        return row[found[role]] if role in found else ""

    split = split_name(cell("split"))
    if cell("split") and split is None:
        raise DatasetError(
            f"{cells.name}, line {line}: the split is {cell('split')!r}; expected one of {', '.join(SPLITS)}"
        )
    used = set(found.values())
    return ListedImage(
        id=_with_slashes(cell("file")),
        label=cell("label"),
        label_name=cell("label_name"),
        split=split,
        mask=_with_slashes(cell("mask")),
        columns={name: text for name, text in row.items() if name and name not in used},
        patient=cell("patient"),
    )


def _row_problem(image: ListedImage, line: int, earlier: dict[str, ListedImage], table: str, needs_label: bool) -> str:
    if not image.id or (needs_label and not image.label):
        return f"line {line} of {table} has no {'label' if image.id else 'file'}"
    if not stays_inside(image.id):
        return f"line {line} of {table} leads outside the data folder"
    if image.id not in earlier:
        return ""
    if earlier[image.id].label != image.label:
        raise DatasetError(
            f"{table} lists {image.id} twice, with the labels {earlier[image.id].label} and "
            f"{image.label}: keep one of the lines"
        )
    return f"line {line} of {table} repeats an earlier one"


def stays_inside(relative: str) -> bool:
    """Whether a path written in a table names something below the data folder."""
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and not PureWindowsPath(relative).drive


def _with_slashes(relative: str) -> str:
    """One spelling for one file: forward slashes, nothing doubled, no leading dot."""
    return PurePosixPath(relative.replace("\\", "/")).as_posix() if relative else ""
