"""Localisation as a figure: every method with its interval, beside maps that have not looked at the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.evaluation.localisation import MEASURES
from analysis.evaluation.localisation_table import REFERENCES, LocalisationLine, LocalisationTable
from analysis.figures.formats import OKABE_ITO, Format, plain, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {
    "iou_best": "IoU, best threshold\n(upper bound)",
    "iou_fixed": "IoU, fixed threshold",
    "pointing": "pointing game",
    "energy_inside": "energy inside",
}
_REFERENCE_WORDS = {
    "centred_disc": "centred disc",
    "centred_bar": "middle of the time",
    "usual_place": "usual place of masks",
    "random": "random maps",
}
_REFERENCE_STYLES = {"centred_disc": "-", "centred_bar": "-", "usual_place": "--", "random": ":"}
_GREY = "#555555"
_MARKERS = "osD^v"


def draw_localisation(
    table: LocalisationTable, form: Format = "png", *, title: str = "", width_inches: float = 7.2, dpi: int = 300
) -> bytes:
    """Draw a panel for each measure, a row for each method, a colour for each target; bytes of a PNG, SVG or PDF.

    Lines across a panel are the maps that have not looked at the picture, with their intervals as bands: only what
    lies to the right of them says something about the picture.

    Args:
        table: what to show; with at least one method beside the references.
        form: "png", "svg" or "pdf".
        title: a line above.
        width_inches: final width (7.2 inches: two columns of most journals).
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    methods = _by_energy(table)
    targets = list(dict.fromkeys(line.target for line in table.lines if line.method not in REFERENCES))
    height = 1.5 + 0.13 * max(1, len(methods)) * max(1.6, len(targets))
    canvas = Figure(figsize=(width_inches, height), layout="constrained", facecolor="white")
    panels = canvas.subplots(1, len(MEASURES), sharey=True)
    for axes, measure in zip(panels, MEASURES, strict=True):
        lines = [line for line in table.lines if line.measure == measure]
        _draw_references(axes, lines)
        _draw_methods(axes, lines, methods, targets)
        axes.set_title(_TITLES[measure], fontsize=8)
        axes.set_xlim(left=0, right=max(0.1, axes.get_xlim()[1]))
        axes.tick_params(labelsize=6, left=False)
        axes.grid(axis="x", linewidth=0.3, alpha=0.5)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    panels[0].set_yticks(range(len(methods)), [plain(method.replace("_", " ")) for method in methods], fontsize=7)
    panels[0].set_ylim(len(methods) - 0.5, -0.5)
    handles, labels = _legend(panels[0])
    canvas.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), fontsize=6.5, frameon=False)
    if title:
        canvas.suptitle(plain(title, most=110), fontsize=9)
    return render(canvas, form, dpi=dpi)


def _by_energy(table: LocalisationTable) -> list[str]:
    """The methods, that of the most energy inside (for any target) first."""
    best: dict[str, float] = {}
    for line in table.lines:
        if line.method not in REFERENCES and line.measure == "energy_inside":
            best[line.method] = max(best.get(line.method, 0.0), line.value.mean)
    return sorted(best, key=lambda method: -best[method])


def _draw_references(axes: Axes, lines: list[LocalisationLine]) -> None:
    for line in lines:
        if line.method in REFERENCES:
            style = _REFERENCE_STYLES[line.method]
            axes.axvspan(line.value.low, line.value.high, color=_GREY, alpha=0.12, linewidth=0)
            axes.axvline(
                line.value.mean, color=_GREY, linewidth=0.9, linestyle=style, label=_REFERENCE_WORDS[line.method]
            )


def _draw_methods(axes: Axes, lines: list[LocalisationLine], methods: list[str], targets: list[str]) -> None:
    for number, target in enumerate(targets):
        offset = 0.22 * (number - (len(targets) - 1) / 2)
        own = [line for line in lines if line.target == target and line.method in methods]
        colour = OKABE_ITO[number % len(OKABE_ITO)]
        axes.hlines(
            [methods.index(line.method) + offset for line in own],
            [line.value.low for line in own],
            [line.value.high for line in own],
            color=colour,
            linewidth=1.2,
        )
        axes.plot(
            [line.value.mean for line in own],
            [methods.index(line.method) + offset for line in own],
            marker=_MARKERS[number % len(_MARKERS)],
            color=colour,
            markersize=3.5,
            clip_on=False,  # a marker at 0 is a finding, too
            zorder=3,
            linestyle="",
            label=plain(target),
        )


def _legend(axes: Axes) -> tuple[list[Any], list[Any]]:
    handles, labels = axes.get_legend_handles_labels()
    return list(handles), list(labels)
