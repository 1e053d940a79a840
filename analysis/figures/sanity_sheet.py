"""Where everything of a sanity table lies: rows beside each other on a wide page, below each other in one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.attribution_words import BAD, GOOD, UNKNOWN, method_words, verdict_colour
from analysis.figures.heat_layers import draw_heat
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import MARGIN, Paper, head_height
from analysis.figures.sanity_words import check_answer, check_head, measure_head, value_words

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.evaluation.sanity_checks import SanityCheck
    from analysis.figures.sanity_table import Heat, SanityRow, SanityTable
    from analysis.figures.style import FigureStyle

_NARROW = 4.4
_METHOD = 1.25
_THUMB, _GAP, _PAD = 0.5, 0.05, 0.05
_LEAST_COLUMN = 0.58
_SMALL_THUMB = 0.42
_SHORT = ("map", "destroyed", "shuffled", "moved")
_COLOURS = {True: GOOD, False: BAD, None: UNKNOWN}


class SanitySheet:
    """A sanity table in a style.

    Args:
        table: what is drawn.
        style: of the figure.
    """

    def __init__(self, table: SanityTable, style: FigureStyle) -> None:
        self.table, self.style = table, style
        self.is_narrow = style.width < _NARROW
        self.whole = style.width - 2 * MARGIN
        shapes = [row.heat.shape for row in table.rows]
        self.has_thumbs = any(row.moved is not None for row in table.rows)
        self.high = _THUMB * (min(1.4, shapes[0][0] / shapes[0][1]) if table.form is None else 0.7)
        self.checks, self.measures = table.check_names, table.measure_names

    @property
    def height(self) -> float:
        """Inches of all."""
        rows = sum(map(self._row_height, self.table.rows)) if self.checks else 0
        notes = sum(self.style.line("tiny", len(lines)) for lines in self._notes())
        return head_height(self.table.title, self.style) + self._heads_height() + rows + self._measured_height() + notes

    def draw(self, part: FigureBase) -> None:
        """Draw everything."""
        paper = Paper.ruled(part, self.style, self.height)
        paper.head(self.table.title)
        top = head_height(self.table.title, self.style)
        if self.checks:
            top = self._draw_heads(paper, top)
            for row in self.table.rows:
                paper.rule(top)
                (self._draw_block if self.is_narrow else self._draw_row)(paper, row, top + _PAD)
                top += self._row_height(row)
        top = self._draw_measures(paper, top)
        for lines in self._notes():
            top = paper.write(MARGIN, top, lines, "tiny", colour=UNKNOWN)

    # heads

    @property
    def _thumbs_width(self) -> float:
        return 4 * (_THUMB + _GAP) + _GAP if self.has_thumbs else 0.0

    @property
    def _cell(self) -> float:
        """Width of a check's column."""
        return (self.whole - _METHOD - self._thumbs_width) / max(1, len(self.checks))

    def _head_lines(self) -> list[list[str]]:
        return [wrap_words(check_head(name), self._cell - _PAD, self.style, "small", most=3) for name in self.checks]

    def _thumb_lines(self) -> list[list[str]]:
        names = ["map", "model destroyed", "labels shuffled", "moved at random"]
        if self.table.form is not None:
            names[-1] = "moved in time"
        return [wrap_words(name, _THUMB + _GAP - 0.01, self.style, "tiny", most=3) for name in names]

    def _heads_height(self) -> float:
        if self.is_narrow or not self.checks:
            return 0.0
        n = max([1, *map(len, self._head_lines())])
        thumbs = max(map(len, self._thumb_lines())) if self.has_thumbs else 0
        return max(self.style.line("small", n), self.style.line("tiny", thumbs)) + 0.03

    def _draw_heads(self, paper: Paper, top: float) -> float:
        if self.is_narrow:
            return top
        bottom = top + self._heads_height() - 0.03
        if self.has_thumbs:
            for place, lines in enumerate(self._thumb_lines()):
                left = MARGIN + _METHOD + place * (_THUMB + _GAP) + _THUMB / 2
                paper.write(left, bottom - self.style.line("tiny", len(lines)), lines, "tiny", align="center")
        for place, lines in enumerate(self._head_lines()):
            left = MARGIN + _METHOD + self._thumbs_width + place * self._cell
            paper.write(left, bottom - self.style.line("small", len(lines)), lines)
        return bottom + 0.03

    # rows of checks

    def _said(self, row: SanityRow, inches: float) -> list[str]:
        words = row.sentence if row.verdict else "not checked"
        return wrap_words(words, inches, self.style, "tiny", most=5)

    def _row_height(self, row: SanityRow) -> float:
        if self.is_narrow:
            return self._block_height(row)
        line = self.style.line
        method = wrap_words(method_words(row.method), _METHOD - _PAD, self.style, "text", is_bold=True)
        left = line("text", len(method)) + (line("small") if row.verdict else 0)
        left += line("tiny", len(self._said(row, _METHOD - _PAD)))
        cells = max([0.0, *(self._cell_height(check) for check in row.checks)])
        return max(left, self.high if self.has_thumbs else 0, cells) + 2 * _PAD

    def _cell_height(self, check: SanityCheck) -> float:
        answer, value = self._cell_lines(check)
        return self.style.line("small", len(answer)) + self.style.line("tiny", len(value))

    def _cell_lines(self, check: SanityCheck) -> tuple[list[str], list[str]]:
        inches = self._cell - _PAD
        answer = wrap_words(check_answer(check), inches, self.style, "small", most=3)
        return answer, wrap_words(value_words(check.value, check.interval), inches, self.style, "tiny")

    def _draw_row(self, paper: Paper, row: SanityRow, top: float) -> None:
        self._write_method(paper, row, top, _METHOD - _PAD)
        if self.has_thumbs:
            self._draw_thumbs(paper, row, MARGIN + _METHOD, top)
        for place, name in enumerate(self.checks):
            check = row.check(name)
            left = MARGIN + _METHOD + self._thumbs_width + place * self._cell
            if check is None:
                paper.write(left, top, ["does not apply" if row.verdict else "–"], "tiny", colour=UNKNOWN)
                continue
            answer, value = self._cell_lines(check)
            level = paper.write(left, top, answer, colour=_COLOURS[check.passed], is_bold=True)
            paper.write(left, level, value, "tiny")

    def _write_method(self, paper: Paper, row: SanityRow, top: float, inches: float, left: float = MARGIN) -> float:
        named = wrap_words(method_words(row.method), inches, self.style, "text", is_bold=True)
        level = paper.write(left, top, named, "text", is_bold=True)
        if row.verdict:
            level = paper.write(left, level, [row.verdict], colour=verdict_colour(row.verdict), is_bold=True)
        return paper.write(left, level, self._said(row, inches), "tiny")

    def _draw_thumbs(self, paper: Paper, row: SanityRow, left: float, top: float) -> None:
        for place, (_, heat) in enumerate(row.thumbnails):
            self._draw_thumb(paper, heat, left + place * (_THUMB + _GAP), top, _THUMB, self.high)

    def _draw_thumb(self, paper: Paper, heat: Heat | None, left: float, top: float, wide: float, high: float) -> None:
        axes = paper.axes(left, top, wide, high)
        if heat is None:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "none", ha="center", va="center", fontsize=self.style.size("tiny"), color=UNKNOWN)
            return
        draw_heat(axes, heat, self.style)
        axes.set_aspect("equal" if self.table.form is None else "auto")

    # one method below the other

    @property
    def _beside(self) -> float:
        """Width of the words beside two rows of two maps."""
        return self.whole - (2 * (_SMALL_THUMB + _GAP) + 2 * _PAD if self.has_thumbs else 0)

    def _block_lines(self, row: SanityRow) -> list[tuple[SanityCheck, list[str]]]:
        lines = []
        for check in row.checks:
            value = value_words(check.value, check.interval)
            words = f"{check_answer(check)} · {check_head(check.name)}" + (f": {value}" if value else "")
            lines.append((check, wrap_words(words, self._beside, self.style)))
        return lines

    def _block_height(self, row: SanityRow) -> float:
        line = self.style.line
        named = wrap_words(method_words(row.method), self._beside, self.style, "text", is_bold=True)
        words = line("text", len(named)) + (line("small") if row.verdict else 0)
        words += line("tiny", len(self._said(row, self._beside)))
        words += sum(line("small", len(lines)) for _, lines in self._block_lines(row))
        return max(words, self._thumbs_height if self.has_thumbs else 0) + 2 * _PAD

    @property
    def _thumbs_height(self) -> float:
        return 2 * (self.high * _SMALL_THUMB / _THUMB + self.style.line("tiny") + 0.02)

    def _draw_block(self, paper: Paper, row: SanityRow, top: float) -> None:
        left = self.style.width - MARGIN - self._beside
        if self.has_thumbs:
            for place, (name, heat) in enumerate(zip(_SHORT, (heat for _, heat in row.thumbnails), strict=True)):
                down, across = divmod(place, 2)
                x, y = MARGIN + across * (_SMALL_THUMB + _GAP), top + down * self._thumbs_height / 2
                high = self.high * _SMALL_THUMB / _THUMB
                self._draw_thumb(paper, heat, x, y, _SMALL_THUMB, high)
                paper.write(x + _SMALL_THUMB / 2, y + high, [name], "tiny", align="center")
        level = self._write_method(paper, row, top, self._beside, left)
        for check, lines in self._block_lines(row):
            level = paper.write(left, level, lines, colour=_COLOURS[check.passed])

    # measures

    def _parts(self) -> list[list[str]]:
        """Names of the measures, as many as fit beside each other."""
        most = max(1, int((self.whole - self._named) / _LEAST_COLUMN))
        a_row = max(1, -(-len(self.measures) // max(1, -(-len(self.measures) // most))))
        return [self.measures[start : start + a_row] for start in range(0, len(self.measures), a_row)]

    @property
    def _named(self) -> float:
        """Width of the methods' names before their measures."""
        return min(_METHOD, 0.3 * self.whole)

    def _part_heights(self, names: list[str]) -> tuple[float, list[float]]:
        """Inches of the heads and of each row of a part."""
        width = (self.whole - self._named) / len(names)
        heads = [wrap_words(measure_head(name), width - _PAD, self.style, "small", most=3) for name in names]
        rows = []
        for row in self.table.rows:
            cells = [self._measured(row, name, width) for name in names]
            named = wrap_words(method_words(row.method), self._named - _PAD, self.style)
            rows.append(self.style.line("small", max([len(named), *map(len, cells)])) + _PAD)
        return self.style.line("small", max(map(len, heads))) + 0.03, rows

    def _measured(self, row: SanityRow, name: str, width: float) -> list[str]:
        found = row.measure(name)
        if found is None:
            return ["–"]
        return wrap_words(value_words(found.value, found.interval) or "not measured", width - _PAD, self.style)

    def _measured_height(self) -> float:
        parts = [self._part_heights(names) for names in self._parts()]
        return sum(head + sum(rows) + 0.1 for head, rows in parts) + (0.02 if parts else 0)

    def _draw_measures(self, paper: Paper, top: float) -> float:
        for names in self._parts():
            top += 0.1
            head, heights = self._part_heights(names)
            width = (self.whole - self._named) / len(names)
            for place, name in enumerate(names):
                lines = wrap_words(measure_head(name), width - _PAD, self.style, "small", most=3)
                left = MARGIN + self._named + place * width
                paper.write(left, top + head - 0.03 - self.style.line("small", len(lines)), lines)
            top += head
            for row, height in zip(self.table.rows, heights, strict=True):
                paper.rule(top)
                method = wrap_words(method_words(row.method), self._named - _PAD, self.style)
                paper.write(MARGIN, top + _PAD / 2, method)
                for place, name in enumerate(names):
                    left = MARGIN + self._named + place * width
                    paper.write(left, top + _PAD / 2, self._measured(row, name, width))
                top += height
        return top + (0.02 if self.measures else 0)

    def _notes(self) -> list[list[str]]:
        return [wrap_words(note, self.whole, self.style, "tiny") for note in self.table.notes]
