"""What restores the figures that a report makes itself: pages with their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.views import view_of
from app.words import target_words
from xaae_core.case_tokens import case_token

if TYPE_CHECKING:
    from analysis.report import ReportSettings
    from xaae_core.checkpoints import Checkpoint

_TITLES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "pls": "PLS"}


def views_of_report(checkpoint: Checkpoint, settings: ReportSettings) -> Callable[[str, str], Mapping[str, Any]]:
    """The `view` of `make_report`: a path on the traverse page, a map on the maps page, all else where it was made.

    Args:
        checkpoint: the model.
        settings: of the report.
    """
    target = settings.target or checkpoint.card.target
    told = target_words(target) if target else ""
    seed = str(settings.seed) if settings.seed else ""

    def view(kind: str, case_id: str) -> Mapping[str, Any]:
        if kind == "path":
            span = "" if settings.span == 3 else f"± {settings.span:g} SD"
            found = {"target": told, "case": case_token(case_id), "range": span, "steps": str(settings.n_steps)}
            return view_of("traverse", checkpoint.sha256, **found, skips=_skips(settings), seed=seed).to_json()
        if kind == "map" and settings.map_method is not None:
            title = _TITLES[settings.map_method]
            return view_of("maps", checkpoint.sha256, left=title, right=title, target=told, map_seed=seed).to_json()
        return view_of("report" if kind == "report" else "start", checkpoint.sha256).to_json()

    return view


def _skips(settings: ReportSettings) -> str:
    """A skip dropout as the page's address has it; "" for the usual one."""
    value = settings.skip_dropout
    return "" if value == 1 else "0 · everything" if value == 0 else f"{value:.2f}"
