"""The pieces of a report as HTML: all text escaped, pictures inside the file, nothing fetched from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from analysis.report.number_words import number

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color: #1b1b1b; background: #fff;
  max-width: 62rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid #999; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, li { max-width: 46rem; }
.verdict { border-left: .4rem double #1b1b1b; background: #f4f4f4; padding: .25rem 0 .25rem 1rem; margin: 1rem 0; }
.verdict p { margin: .25rem 0; }
.verdict p:first-child { font-size: 1.25rem; font-weight: 600; }
.verdict.good { border-left-style: solid; }
.verdict.poor { border-left: .6rem solid #8f1d14; }
.small { font-size: .875rem; margin: .25rem 0; }
nav ol { columns: 2; column-gap: 2rem; max-width: 46rem; font-size: .9375rem; }
nav li { break-inside: avoid; }
.quiet { color: #4a4a4a; }
figure { margin: 1rem 0; break-inside: avoid; }
figure img { width: 100%; max-width: 56rem; height: auto; }
figure.small img { max-width: 34rem; }
figcaption, caption { color: #4a4a4a; font-size: .875rem; text-align: left; }
caption { padding-bottom: .25rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-size: .875rem; break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #ccc;
  overflow-wrap: anywhere; }
th { font-weight: 600; overflow-wrap: normal; }
th[scope="row"] { overflow-wrap: anywhere; min-width: 3rem; }
td.short, th.short { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .85em; overflow-wrap: anywhere; }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  nav { display: none; }
  table { break-inside: auto; }
  tr, .verdict, li { break-inside: avoid; }
  .wide { overflow: visible; }
  @page { margin: 16mm; }
}
"""
_SHORT = 24
"""Letters of a cell that stay on one line."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page; its own policy forbids scripts and fetching."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n{chr(10).join(parts)}\n</main>\n</body>\n</html>\n"
    )


def heading(text: str, level: int = 2, *, anchor: str = "") -> str:
    """A heading of level 1 to 3; `anchor` is what `contents` links to."""
    return f"<h{level}{f' id={anchor!r}' if anchor else ''}>{escape(text)}</h{level}>"


def contents(texts: Iterable[str]) -> str:
    """Links to the headings with the anchors s1, s2 and so on."""
    links = (f'<li><a href="#s{place}">{escape(text)}</a></li>' for place, text in enumerate(texts, start=1))
    return f'<nav aria-label="Contents"><ol>{"".join(links)}</ol></nav>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; `kind` is a class of the stylesheet."""
    return f"<p{f' class={kind!r}' if kind else ''}>{escape(text)}</p>"


def bullets(texts: Iterable[str]) -> str:
    """A list of sentences."""
    return "<ul>\n" + "\n".join(f"<li>{escape(text)}</li>" for text in texts) + "\n</ul>"


def facts(entries: Mapping[str, str]) -> str:
    """Names and values in two columns; entries without a value are left out."""
    rows = (
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in entries.items()
        if value
    )
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def grid(header: Sequence[str], rows: Iterable[Sequence[str | float | int]], *, caption: str = "") -> str:
    """A table with a header; the first cell of a row names it, numbers stand to the right."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "\n".join(f"<tr>{_row(row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{title}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def picture(content: bytes, alt: str, caption: str = "", *, is_small: bool = False, mime: str = "image/png") -> str:
    """A picture inside the page, with words for those who cannot see it."""
    data = base64.b64encode(content).decode("ascii")
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    kind = ' class="small"' if is_small else ""
    return f'<figure{kind}><img src="data:{mime};base64,{data}" alt="{escape(alt)}">{below}</figure>'


def _row(cells: Sequence[str | float | int]) -> str:
    first, *rest = cells
    kind = ' class="short"' if len(str(first)) <= _SHORT else ""
    return f'<th scope="row"{kind}>{escape(str(first))}</th>' + "".join(_cell(cell) for cell in rest)


def _cell(cell: str | float | int) -> str:
    if isinstance(cell, str):
        kind = ' class="short"' if len(cell) <= _SHORT else ""
        return f"<td{kind}>{escape(cell)}</td>"
    return f'<td class="number">{number(cell) if isinstance(cell, float) else f"{cell:,}"}</td>'
