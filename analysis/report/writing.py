"""A report as a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from analysis.report.content import Report
from xaae_core.atomic_files import atomic_path, write_text_atomically
from xaae_core.errors import FigureError

ENDINGS = (".html", ".pdf")


def report_html(report: Report) -> str:
    """A report as one HTML page: figures inside as SVG (very large ones as PNG), no script, nothing fetched."""
    from analysis.report.html import html_of

    return html_of(report)


def report_pdf(report: Report) -> bytes:
    """A report as a PDF on A4: selectable text, figures as vectors in their final size, an outline, its provenance."""
    from analysis.report.pdf import pdf_of

    return pdf_of(report)


def write_report(report: Report, path: str | Path) -> Path:
    """Write a report as the kind of file that the path's ending says; returns the path.

    Raises:
        FigureError: an ending other than .html and .pdf.
        OSError: the file cannot be written; nothing is left behind.
    """
    if form_of(path) == ".html":
        return write_text_atomically(path, report_html(report))
    content = report_pdf(report)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return Path(path)


def form_of(path: str | Path) -> str:
    """The ending that says what kind of file a report becomes: ".html" or ".pdf".

    Raises:
        FigureError: any other.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise FigureError(f'"{Path(path).name}" is no name for a report; expected an ending of {" or ".join(ENDINGS)}')
    return ending
