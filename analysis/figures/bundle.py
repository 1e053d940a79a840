"""Everything about a figure in one zip: its files, its numbers, its words and whom to cite."""

from __future__ import annotations

import io
import zipfile
from typing import cast

from analysis.figures.export import FileForm, export_figure
from analysis.figures.figure import Figure
from analysis.figures.style import PAPER, FigureStyle
from analysis.provenance.citations import bibliography
from analysis.provenance.wording import caption_of, methods_paragraph

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PACKED = ("png", "pdf", "gif", "mp4")


def bundle_figure(figure: Figure, name: str, style: FigureStyle = PAPER) -> bytes:
    """A zip of every format of a figure, its numbers, caption, methods and references.

    Args:
        figure: what to export; its provenance is in every picture.
        name: of its files, without ending; nothing of a patient.
        style: width, text, resolution, colours.
    """
    stamped = [figure.provenance.stamped()]
    parts: dict[str, bytes | str] = {
        f"{name}.{form}": export_figure(figure, cast("FileForm", form), style) for form in figure.forms
    }
    parts[f"{name}.csv"] = figure.drawing.numbers()
    parts["caption.txt"] = f"{caption_of(figure)}\n"
    parts["methods.txt"] = f"{methods_paragraph(stamped)}\n"
    parts["references.bib"] = bibliography(stamped)
    if figure.note:
        parts["note.txt"] = f"{figure.note}\n"
    return zip_files(parts)


def zip_files(parts: dict[str, bytes | str]) -> bytes:
    """Files by their names as one zip, the same bytes for the same files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            is_packed = name.rpartition(".")[2] in _PACKED  # to pack them again costs time and saves nothing
            entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return file.getvalue()
