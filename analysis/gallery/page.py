"""A gallery as one page that needs nothing else: the numbers of all models in a table, then each with its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from analysis.gallery.cards import GalleryCard
from analysis.gallery.columns import (
    Column,
    columns_of,
    duration_text,
    guessed_figure,
    kl_weight_words,
    probe_question,
    told_apart,
)
from analysis.gallery.findings import findings_of, known_factor
from analysis.gallery.making import PAGE, PICTURES, GalleryRun
from analysis.gallery.measuring import YARDSTICK
from analysis.report.html_pieces import bullets, facts, heading, page, paragraph, picture
from analysis.report.number_words import number
from xaae_core.atomic_files import write_text_atomically

_STYLE = """<style>
body { max-width: 78rem; }
table.numbers th, table.numbers td { padding: .3rem .7rem .3rem 0; }
table.numbers thead th { vertical-align: bottom; text-align: right; max-width: 7rem; }
table.numbers thead th:first-child { text-align: left; }
table.numbers th[scope="row"] { font-weight: 400; overflow-wrap: normal; min-width: 9rem; }
table.numbers td.best { font-weight: 700; }
table.numbers .interval { font-size: .8125rem; font-weight: 400; }
table.numbers tr.yardstick { color: #4a4a4a; font-style: italic; }
h3.model { font-size: 1.125rem; margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid #ccc; }
figure.pixels img { width: auto; max-width: 100%; image-rendering: pixelated; }
figure.lines img { width: 100%; max-width: 56rem; }
.dims { display: grid; grid-template-columns: repeat(auto-fill, minmax(27rem, 1fr)); gap: 0 1.5rem; }
.dims figure { margin: .4rem 0; display: flex; flex-direction: column-reverse; align-items: start; }
dl.meaning { columns: 30rem; column-gap: 2rem; font-size: .9375rem; margin: 0; }
dl.meaning div { break-inside: avoid; padding-bottom: .5rem; }
dl.meaning dt { font-weight: 600; }
dl.meaning dd { margin: 0; }
details { margin: .5rem 0; }
summary { cursor: pointer; }
nav a { display: inline-block; margin-right: 1rem; white-space: nowrap; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { color: #e4e4e4; background: #1a1a1a; }
  .quiet, figcaption, caption, table.numbers tr.yardstick { color: #b4b4b4; }
  h2 { border-color: #777; }
  th, td, h3.model { border-color: #444; }
  a { color: #8cb8ff; }
  a:visited { color: #c3a6ff; }
  figure.lines img { filter: invert(.9) hue-rotate(180deg); }
}
</style>"""
# Inverted by nine tenths, the white of drawn lines is the dark page, and the turn gives their colours back.


def write_page(run: GalleryRun, folder: Path, *, title: str, data: str, notes: Sequence[str] = ()) -> Path:
    """Write `index.html` of a gallery, whole or not at all; returns its path.

    Args:
        run: the finished models, and those that are not.
        folder: of the gallery, where their pictures lie.
        title: of the page.
        data: the data in one line.
        notes: what a reader must know.
    """
    return write_text_atomically(folder / PAGE, gallery_page(run, folder, title=title, data=data, notes=notes))


def gallery_page(run: GalleryRun, folder: Path, *, title: str, data: str, notes: Sequence[str] = ()) -> str:
    """The page as HTML; see `write_page`."""
    cards = sorted(run.cards, key=lambda card: (card.name == YARDSTICK, -card.probe.figure[0]))
    trouble = [f"{name} failed: {why}" for name, why in run.failed.items()]
    trouble += [f"{name} was left out: it {why}" for name, why in run.left_out.items()]
    parts = [_STYLE, heading(title, 1), paragraph(data), *([bullets(notes)] if notes else [])]
    parts += [heading("What the numbers say"), bullets(findings_of(cards)), heading("Numbers")]
    parts += _tables(cards)
    parts += [heading("What the columns mean"), _meanings(cards)]
    parts += [heading("Models"), _links(cards)]
    for card in cards:
        parts += _section(card, folder / card.name / PICTURES)
    if trouble:
        parts += [heading("Not here"), bullets(trouble)]
    return page(title, parts)


def _tables(cards: Sequence[GalleryCard]) -> list[str]:
    guess = number(guessed_figure(cards[0]), 2)
    parts = [
        numbers_table(
            cards,
            columns_of(cards, is_general=True),
            f"Sorted by the linear probe: {probe_question(cards[0])} (guessing gives {guess}); the yardstick last. "
            f"Bold: best of its column. Measured on {cards[0].latents.n_cases:,} held-out cases. * has been shown the "
            "classes.",
        )
    ]
    factors = columns_of(cards, is_general=False)
    if factors:
        scored = sorted(cards, key=lambda card: (card.name == YARDSTICK, -(told_apart(card, "disentanglement") or 0.0)))
        parts += [
            heading("Does one dimension stand for one factor?", 3),
            numbers_table(scored, factors, "Sorted by the first column; 1 is perfect. Of all cases, as is usual."),
        ]
    return parts


def numbers_table(cards: Sequence[GalleryCard], columns: Sequence[Column], caption: str) -> str:
    """A table with a row a model, the best of each column in bold."""
    head = "".join(f'<th scope="col" title="{escape(column.about)}">{escape(column.title)}</th>' for column in columns)
    rows, usual = [], _usual_size(cards)
    best = [column.best([card for card in cards if card.name != YARDSTICK]) for column in columns]
    for card in cards:
        kind = ' class="yardstick"' if card.name == YARDSTICK else ""
        mark = " *" if card.has_seen_labels else ""
        mark += "" if card.size == usual else f'<br><span class="interval">at {_size_words(card)}</span>'
        cells = "".join(
            f'<td class="number{" best" if not kind and top is not None and column.value(card) == top else ""}">'
            f"{_stacked(column.text(card))}</td>"
            for column, top in zip(columns, best, strict=True)
        )
        rows.append(
            f'<tr{kind}><th scope="row"><a href="#{escape(card.name)}">{escape(card.title)}</a>{mark}</th>{cells}</tr>'
        )
    body = "\n".join(rows)
    return (
        f'<div class="wide"><table class="numbers"><caption>{escape(caption)}</caption>\n<thead><tr><th scope="col">'
        f"Model</th>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _usual_size(cards: Sequence[GalleryCard]) -> tuple[int, ...]:
    """The size that most models took; of others the nats do not compare."""
    sizes = [card.size for card in cards]
    return max(sizes, key=sizes.count)


def _size_words(card: GalleryCard) -> str:
    return " × ".join(str(side) for side in card.size) + (" samples" if len(card.size) == 1 else " px")


def _stacked(text: str) -> str:
    """A cell's text with an interval below its figure, which is half as wide."""
    figure, bracket, interval = escape(text).partition(" [")
    return f'{figure}<br><span class="interval">[{interval}</span>' if bracket else figure


def _meanings(cards: Sequence[GalleryCard]) -> str:
    columns = columns_of(cards, is_general=True) + columns_of(cards, is_general=False)
    entries = "".join(
        f"<div><dt>{escape(column.title)}</dt><dd>{escape(column.about)}</dd></div>" for column in columns
    )
    return f'<dl class="meaning">{entries}</dl>'


def _links(cards: Sequence[GalleryCard]) -> str:
    links = " ".join(f'<a href="#{escape(card.name)}">{escape(card.title)}</a>' for card in cards)
    return f'<nav aria-label="Models">{links}</nav>'


def _section(card: GalleryCard, pictures: Path) -> list[str]:
    is_lines = len(card.size) == 1
    parts = [f'<h3 class="model" id="{escape(card.name)}">{escape(card.title)}</h3>', paragraph(card.purpose)]
    parts += [paragraph(card.note)] if card.note else []
    parts.append(facts(_facts_of(card)))
    words = "Held-out cases, and over them, dashed and in colour, what is drawn of their z."
    if not is_lines:
        words = "Held-out cases above; below each what is drawn of its z."
    parts += _figure(pictures / "reconstructions.png", words, is_lines)
    parts += _figure(pictures / "samples.png", "Drawn from the bell curve: no case stands behind these.", is_lines)
    return parts + _dimensions(card, pictures, is_lines=is_lines)


def _facts_of(card: GalleryCard) -> dict[str, str]:
    is_trained, weight = bool(card.n_epochs), kl_weight_words(card)
    return {
        "Trained": f"{card.n_epochs} epochs, {duration_text(card.seconds)}" if is_trained else "",
        "Learned numbers": f"{card.n_parameters:,}",
        "Likelihood": card.latents.likelihood,
        "KL against log p(x|z)": f"{weight} in its loss" if weight else "",
        "Size of a case": _size_words(card),
        "Open it": f"xaae app --checkpoint {card.name}/model.safetensors" if is_trained else "",
    }


def _dimensions(card: GalleryCard, pictures: Path, *, is_lines: bool) -> list[str]:
    drawn = [dim for dim in card.latents.order if (pictures / f"z{dim}.png").is_file()]
    if not drawn:
        return []
    used = [dim for dim in drawn if card.latents.is_active(dim)]
    idle = [dim for dim in drawn if dim not in used]
    told = "from blue to orange" if is_lines else "from left to right"
    parts = [
        paragraph(
            f"Each dimension of z moved from −3 to 3 standard deviations, {told}, the others held still; those that "
            "hold most come first.",
            "quiet",
        ),
        _strips(card, used, pictures, is_lines),
    ]
    if idle:
        words = "1 dimension is not in use" if len(idle) == 1 else f"{len(idle)} dimensions are not in use"
        strips = _strips(card, idle, pictures, is_lines)
        parts.append(f"<details><summary>{words}: moving them changes next to nothing</summary>{strips}</details>")
    return parts


def _strips(card: GalleryCard, dims: Sequence[int], pictures: Path, is_lines: bool) -> str:
    strips = (_figure(pictures / f"z{dim}.png", _dimension_words(card, dim), is_lines) for dim in dims)
    return f'<div class="dims">{"".join(part for strip in strips for part in strip)}</div>'


def _dimension_words(card: GalleryCard, dim: int) -> str:
    latents = card.latents
    factor = known_factor(card.scores, dim)
    words = [f"{number(latents.kl_by_dim[dim], 2)} nats"] if latents.kl_by_dim else []
    words += [f"tells {factor}"] if factor else []
    return f"z{dim}" + (f": {'; '.join(words)}" if words else "")


def _figure(path: Path, words: str, is_lines: bool) -> list[str]:
    if not path.is_file():
        return []
    kind = "lines" if is_lines else "pixels"
    made = picture(path.read_bytes(), words, words)
    return [made.replace("<figure>", f'<figure class="{kind}">', 1)]
