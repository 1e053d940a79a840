"""The sections of a report that hold figures: moved cases, figures that were taken in, and the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.provenance.wording import caption_of
from analysis.report.blocks import Block, Heading, Paragraph, Picture, grid
from analysis.report.content import Report, ReportedCase
from analysis.report.number_words import number
from analysis.traversals import Traversal
from analysis.trust import Level

_TRUST_WORDS: dict[Level, str] = {"good": "believable", "caution": "with caution", "poor": "not to be believed"}
_LONGEST_ALT = 600


def case_section(reported: ReportedCase, report: Report, place: int) -> Iterator[Block]:
    """A case: what is known of it, its filmstrip, and how far each step is to be believed."""
    case, path = reported.case, reported.path
    yield Heading(f"{case.name[:1].upper()}{case.name[1:]}")
    known = f"Labelled {case.label}" if case.label else "Not labelled"
    part = f", of the split {case.split}" if case.split else ""
    said = f" The model says {reported.answer}." if reported.answer else ""
    yield Paragraph(f"{known}{part}.{said} Decoded at 0, {_kept(reported)}: judge no detail that is lost there.")
    words = reported.figure.drawing.caption()
    alt = (
        f"Filmstrip of {case.name} moved from {path.steps[0]:+g} to {path.steps[-1]:+g} standard deviations towards "
        f"{path.target}: {_layout(path)}. {words}"
    )
    yield Picture(reported.figure, place, words, alt[:_LONGEST_ALT])
    yield grid(*_steps(reported, report), "How far each step is to be believed.")


def steps_words(cases: Sequence[ReportedCase]) -> str:
    """How many steps are how far to be believed: "of 26 steps 20 believable, 6 with caution"."""
    levels = Counter(level for moved in cases for level in moved.trust.levels)
    told = ", ".join(f"{levels[level]} {words}" for level, words in _TRUST_WORDS.items() if levels[level])
    return f"of {levels.total()} steps {told}"


def figure_sections(report: Report, numbers: Iterator[int]) -> Iterator[Block]:
    """The figures that were taken in, each with its note and its caption."""
    if report.figures:
        yield Heading("Figures")
    for figure in report.figures:
        place = next(numbers)
        title = figure.title or f"Figure {place}"
        caption = figure.caption or caption_of(figure)
        yield Heading(title, 3)
        if figure.note:
            yield Paragraph(f"Note: {figure.note}")
        yield Picture(figure, place, caption, f"{title}. {caption}"[:_LONGEST_ALT])


def map_section(report: Report, numbers: Iterator[int]) -> Iterator[Block]:
    """The map of the cases, with what may be read from it."""
    if report.map is None or report.projection is None:
        return
    projection = report.projection
    words = report.map.drawing.caption()
    yield Heading("Where the cases lie")
    told = f"{report.map.title}. {caption_of(report.map)}"
    yield Picture(report.map, next(numbers), told, f"Map of the cases, by label. {words}"[:_LONGEST_ALT])
    yield Paragraph(
        f"{projection.measured.sentence()} Nearness means likeness to the model; the size of groups and of the gaps "
        "between them means nothing."
        if projection.method in ("umap", "tsne")
        else projection.measured.sentence()
    )


def _steps(reported: ReportedCase, report: Report) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of the table of steps."""
    path, trust = reported.path, reported.trust
    column, said_at = _said(reported, report)
    columns = {
        "step (SD)": [_signed(step) for step in path.steps],
        **({column: said_at} if column else {}),
        "found again (SD)": [_signed(achieved) for achieved in trust.achieved],
        "to be read": [_TRUST_WORDS[level] for level in trust.levels],
        "because": list(trust.reasons),
    }
    return tuple(columns), list(zip(*columns.values(), strict=True))


def _said(reported: ReportedCase, report: Report) -> tuple[str, list[str]]:
    """What the model says at each step, and what that is; "" where it says nothing."""
    path, classes = reported.path, report.card.classes
    if path.values is not None:
        return f"predicted {report.card.target}", [number(float(value)) for value in path.values]
    if path.probabilities is not None:
        chances = [number(float(chance), 2) for chance in path.probabilities[:, reported.class_index]]
        return f"p({classes[reported.class_index]})" if classes else "p", chances
    return "", []


def _kept(reported: ReportedCase) -> str:
    if reported.path.signal_form is None:
        return f"the picture's likeness to the original is {reported.likeness:.2f} (SSIM; 1 is equal)"
    return f"{max(reported.likeness, 0):.0%} of the signal's variance is kept"


def _layout(path: Traversal) -> str:
    """What lies where in the filmstrip."""
    if path.signal_form is None:
        return "decoded pictures, and their change against the decoded original"
    return "a row for each channel, each step over what is decoded at 0"


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")
