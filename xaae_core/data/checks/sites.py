"""Whether something that is no disease (a site, a scanner, a view) says the label, and whether pictures show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xaae_core.data.checks.association import Association, associate, crosstab
from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding, Level
from xaae_core.data.checks.named_columns import NamedColumn, named_columns
from xaae_core.data.checks.picture_classifier import Measure, content_features, tell_apart
from xaae_core.data.checks.wording import figure, target_of

CHECK = "sites"
_VISIBLE = 0.8  # AUROC of telling the entry from the picture
_SAYS, _SAYS_MUCH = 0.1, 0.3  # Cramér's V or η
_FIXES = 0.95  # the same: the column is the label by another name, or the site of the ill
_CHANCE = 0.01  # p
_NAMED = 4


@dataclass(frozen=True)
class SiteFigures:
    """What a column says and shows.

    Attributes:
        association: with the label.
        visible: AUROC of telling the entry from the picture by a linear model on 16 × 16 pixels and statistics; NaN
            where there are too few cases.
    """

    association: Association
    visible: float

    @property
    def says(self) -> bool:
        """Whether the column says anything of the label that chance does not."""
        return self.association.p < _CHANCE and self.association.strength >= _SAYS

    @property
    def shows(self) -> bool:
        """Whether it can be seen."""
        return self.visible >= _VISIBLE


def measure_site(given: CheckInput, column: NamedColumn, *, content: Measure = content_features) -> SiteFigures:
    """The figures of one column; `content` is what a simple model sees of a case."""
    dataset = given.dataset
    target = dataset.labels if dataset.values is None else dataset.values
    visible = tell_apart(content, given.facts, column.codes, groups=dataset.patients, seed=given.seed)
    return SiteFigures(associate(column.codes, target, seed=given.seed), visible)


def check_sites(given: CheckInput, *, content: Measure = content_features) -> Iterator[Finding]:
    """One finding a column; `content` as for `measure_site`."""
    if len(given.facts) < 2:
        return
    for column in named_columns(given.dataset):
        yield _finding(given, column, measure_site(given, column, content=content))


def _finding(given: CheckInput, column: NamedColumn, figures: SiteFigures) -> Finding:
    level = _level(column, figures)
    strength = figures.association.strength
    says = "says nothing of" if not figures.says else "says much of" if strength >= _SAYS_MUCH else "says something of"
    if figures.says and strength >= _FIXES:
        says = "fixes"
    seen = "and can be seen in the picture" if figures.shows else "and could not be told from the picture"
    if not np.isfinite(figures.visible):
        seen = "and there are too few pictures to say whether it can be seen"
    if not figures.says and figures.shows:
        seen = "but can be seen in the picture"
    rows: Sequence[int] = (
        np.flatnonzero(column.codes == np.bincount(column.codes).argmin()).tolist() if level in ("stop", "warn") else []
    )
    return Finding.about(
        CHECK,
        level,
        f"{column.name} {says} {target_of(given.dataset)} {seen}",
        f"{_figures(given, figures)}{_shares(given, column) if figures.says else ''} {_meaning(figures)}",
        _remedy(column, figures),
        cases=given.ids(rows),
    )


def _level(column: NamedColumn, figures: SiteFigures) -> Level:
    if not figures.says:
        return "note" if figures.shows else "good"
    strength = figures.association.strength
    if not figures.shows:
        return "warn" if column.is_origin and strength >= _SAYS_MUCH else "note"
    if strength >= _FIXES:  # the label by another name (a finer diagnosis), or the ill from one site
        return "stop" if column.is_origin else "warn"
    return "warn" if strength >= _SAYS_MUCH or column.is_origin else "note"


def _figures(given: CheckInput, figures: SiteFigures) -> str:
    found = figures.association
    numeric = given.dataset.is_numeric
    name, chance = ("η", "correlation") if numeric else ("Cramér's V", "AUROC")
    p = f"p < {1 / 500:g}" if found.p <= 1 / 500 else f"p = {found.p:.2g}"
    return (
        f"With the label: {name} {figure(found.strength)} [{figure(found.low)}, {figure(found.high)}], {p}; predicting "
        f"it from this column alone: {chance} {figure(found.score)} ({'0' if numeric else '0.50'} is chance). "
        f"Telling it from a tiny copy of the picture: AUROC {figure(figures.visible)}."
    )


def _shares(given: CheckInput, column: NamedColumn) -> str:
    """How often the rarest class occurs at the first few names."""
    dataset = given.dataset
    if dataset.values is not None:
        means = [dataset.values[column.codes == code].mean() for code in range(len(column.names))]
        listed = ", ".join(f"{name} {mean:.3g}" for name, mean in list(zip(column.names, means, strict=True))[:_NAMED])
        return f" Mean {dataset.target_name}: {listed}."
    table = crosstab(column.codes, dataset.labels)
    label = int(np.argmin(np.where(table.sum(axis=0) > 0, table.sum(axis=0), np.inf)))
    shares = table[:, label] / table.sum(axis=1)
    order = np.argsort(-table.sum(axis=1))[:_NAMED]
    listed = ", ".join(f"{shares[at]:.0%} of {column.names[at]}" for at in order)
    return f" {dataset.classes[label]}: {listed}."


def _meaning(figures: SiteFigures) -> str:
    if figures.says and figures.shows:
        return (
            "A model can see it and gains by using it: part of its figure may be recognition of this, not of disease."
        )
    if figures.says:
        return "A model would gain by using it; simple means do not see it, a network still might."
    if figures.shows:
        return (
            "A model can see it but gains nothing for this label; it still fills its latent space, and differences "
            "between cases may be differences of this."
        )
    return ""


def _remedy(column: NamedColumn, figures: SiteFigures) -> str:
    if figures.says:
        own = "" if column.is_origin else f"Nothing, if {column.name} is part of the diagnosis itself. Otherwise: "
        return (
            f"{own}Test on a {column.name} that was not trained on (split by it), report every figure within each, "
            f"balance the classes within each, and mask what betrays it (borders, letters)."
        )
    if figures.shows:
        return f"Report figures within each {column.name}, and look whether directions found separate it."
    return ""
