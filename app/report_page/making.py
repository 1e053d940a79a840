"""The work behind the report: checking the data, measuring the model, moving cases, writing the page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from analysis.report import CasePicture, Report, ReportSettings, make_report, report_html
from app.background import Report as Progress
from app.report_data import model_needs
from app.views import view_of
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.checks import CheckReport, check_dataset
from xaae_core.data.dataset import ImageDataset
from xaae_core.latents import LatentTable

_MEASURING, _WRITING = 3, 1
_PAGE_OF = {"path": "traverse", "map": "maps", "quality": "start", "report": "report"}


@dataclass(frozen=True)
class MadeReport:
    """A report with its page.

    Attributes:
        report: what it says.
        html: its file.
        measured: names what was measured for it; what is measured once is not measured again for other words.
    """

    report: Report
    html: str
    measured: Hashable


@dataclass(eq=False)
class ReportWork:
    """Makes a report; call it in the background.

    Attributes:
        checkpoint: the model.
        table: its latents; None: nothing is measured.
        cases: to move along the direction.
        dataset: to be checked; None: it is not.
        settings: of the report.
        figures: of the basket.
        title: above everything; "" for the model's name.
        author: below it.
        earlier: the report of the session, whose measurements are taken where they are the same.
        stage: what is being done, for who waits.
    """

    checkpoint: Checkpoint
    table: LatentTable | None
    cases: tuple[CasePicture, ...]
    dataset: ImageDataset | None
    settings: ReportSettings
    figures: tuple[Figure, ...]
    title: str
    author: str
    earlier: MadeReport | None = None
    stage: str = field(default="Reading what is known", init=False)

    @property
    def measured(self) -> Hashable:
        """Changes with whatever has to be measured anew."""
        return (
            self.checkpoint.sha256,
            "" if self.table is None else self.table.data_fingerprint,
            tuple(case.id for case in self.cases),
            "" if self.dataset is None else self.dataset.fingerprint,
            replace(self.settings, style=FigureStyle()),
        )

    def __call__(self, progress: Progress) -> MadeReport:
        """Do it; `progress` raises where nobody waits any more."""
        if self.earlier is not None and self.earlier.measured == self.measured:
            measured = self.earlier.report
        else:
            measured = self._measure(progress)
        report = replace(
            measured,
            figures=self.figures,
            settings=self.settings,
            title=self.title or measured.title,
            author=self.author,
        )
        self.stage = "Writing the page"
        progress(self._n_parts - _WRITING, self._n_parts)
        html = report_html(report)
        progress(self._n_parts, self._n_parts)
        return MadeReport(report, html, self.measured)

    @property
    def _n_parts(self) -> int:
        return (self.dataset is not None) * 2 + _MEASURING + len(self.cases) + _WRITING

    def _measure(self, progress: Progress) -> Report:
        done = 0
        found = None
        if self.dataset is not None:
            self.stage, done = "Checking the data", 2
            found = self._check(self.dataset, progress)

        def tell(words: str) -> None:
            nonlocal done
            self.stage = words[:1].upper() + words[1:]
            progress(done, self._n_parts)
            done += 1

        return make_report(
            self.checkpoint,
            self.table,
            self.cases,
            data_check=found,
            settings=self.settings,
            view=self._view,
            progress=tell,
        )

    def _check(self, dataset: ImageDataset, progress: Progress) -> CheckReport:
        def tell(done: int, n_all: int) -> None:
            progress(round(2000 * done / max(n_all, 1)), 1000 * self._n_parts)

        return check_dataset(dataset, **model_needs(self.checkpoint), progress=tell)

    def _view(self, kind: str, case_id: str) -> Mapping[str, Any]:
        page = _PAGE_OF.get(kind)
        if page is None:
            return {}
        return view_of(page, self.checkpoint.sha256, case=case_token(case_id) if case_id else "").to_json()
