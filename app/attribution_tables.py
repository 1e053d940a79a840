"""What was found about maps, as tables: one row for each measure and each check."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.attributions import Attribution
    from analysis.evaluation.sanity import SanityStrip
    from app.found_maps import FoundMap

COLUMNS = ("case", "method", "target", "kind", "name", "value", "low", "high", "passed", "words")


def evaluation_rows(case: str, made: Attribution, strip: SanityStrip | None) -> Iterator[dict[str, Any]]:
    """Rows of `COLUMNS`: the map's own figures, its measures, its checks, its verdict."""
    common = {"case": case, "method": made.method, "target": made.target}
    figures = {"score": made.score, "baseline_score": made.baseline_score, "sum": made.total,
               "convergence_delta": made.convergence_delta, "area_of_half": made.area_of_half()}  # fmt: skip
    for name, value in figures.items():
        if value is not None:
            yield {**common, "kind": "figure", "name": name, "value": value}
    for found in made.measures:
        low, high = found.interval
        yield {**common, "kind": "measure", "name": found.name, "value": found.value, "low": low, "high": high,
               "words": found.meaning}  # fmt: skip
    if strip is None:
        return
    for check in strip.checks:
        low, high = check.interval
        passed = "" if check.passed is None else "yes" if check.passed else "no"
        yield {**common, "kind": "check", "name": check.name, "value": check.value, "low": low, "high": high,
               "passed": passed, "words": check.sentence}  # fmt: skip
    yield {**common, "kind": "verdict", "name": strip.verdict, "words": strip.sentence}


def evaluation_csv(case: str, found: Sequence[FoundMap]) -> str:
    """The rows of several methods on one picture as CSV."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    for one in found:
        if one.attribution is not None:
            table.writerows(evaluation_rows(case, one.attribution, one.strip))
    return text.getvalue()
