"""A small drawing of every kind, as pages and commands make them: for tests that hold for all figures."""

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.attributions import Attribution, Measure
from analysis.attributions.cohort_map import CohortMap
from analysis.evaluation.localisation import MEASURES
from analysis.evaluation.localisation_table import Estimate, LocalisationLine
from analysis.evaluation.quality import measure_quality
from analysis.evaluation.sanity_checks import SanityCheck
from analysis.figures.attribution_map import AttributionFigure
from analysis.figures.biplot import fit_biplot
from analysis.figures.change_map import ChangeMap
from analysis.figures.cohort_figure import CohortFigure
from analysis.figures.data_check_table import CheckLine, DataCheckTable
from analysis.figures.example_sheet import SheetFigure, SheetRow
from analysis.figures.example_tile import Tile
from analysis.figures.figure import Drawing, Figure
from analysis.figures.label_sheet import DoubtedLabel, LabelSheet
from analysis.figures.latent_map import MapFigure
from analysis.figures.localisation_chart import LocalisationChart
from analysis.figures.map_drawing import map_drawing
from analysis.figures.panels import combine_figures
from analysis.figures.quality_chart import quality_chart
from analysis.figures.sample_sheet import SampleSheet
from analysis.figures.sanity_table import SanityRow, SanityTable
from analysis.figures.training_history import curves_from
from analysis.map_arrows import direction_arrows
from analysis.projections import Projection, project
from analysis.provenance import Provenance
from app.views import view_of
from tests.analysis.figures.paths import figure_of, path_of, signal_path
from tests.analysis.latent_tables import two_clouds
from xaae_core.latents import LatentTable
from xaae_core.signal_form import SignalForm

FORM = SignalForm(length=120, sampling_rate=100.0, channel_names=("II", "V2"), units=("mV", "mV"))
RNG = np.random.default_rng(0)
TITLE = "case 3fa9c1 · labelled effusion"


def figure_with(drawing: Drawing, title: str = "A figure") -> Figure:
    """The drawing with a provenance that has everything, and a view that restores it."""
    view = view_of("traverse", "ab" * 32, case="3fa9c1d20b44", step="1.5", cohort=("label=effusion", "split=test"))
    made = Provenance(
        kind=drawing.kind, view=view.to_json(), checkpoint_sha256="ab" * 32, checkpoint_name="a “model” & more",
        data_fingerprint="cd" * 32, data_name="phantoms", case_ids=("3fa9c1d20b44",), seed=3,
        direction={"target": "effusion", "quality": 0.93}, settings={"method": "umap", "steps": 21},
    )  # fmt: skip
    return Figure(drawing, made, title)


def picture(channels: int = 1, side: int = 24) -> Any:
    return np.random.default_rng(channels).random((channels, side, side)).astype(np.float32)


def signal() -> Any:
    wave = np.sin(np.linspace(0, 12, 120))
    return np.stack([wave, 0.5 * wave])[None].astype(np.float32)


def attribution(method: str, shape: tuple[int, int], **changes: Any) -> Attribution:
    heat = np.random.default_rng(len(method)).normal(size=shape).astype(np.float32)
    values: dict[str, Any] = {
        "method": method, "target": "logit of effusion", "score": 2.31, "baseline": "black", "baseline_score": -0.4,
        "convergence_delta": 0.013, "meaning": "part of the difference of the scores", "settings": {"n_steps": 50},
    }  # fmt: skip
    return Attribution(map=heat, **{**values, **changes})


def attributions(of: Any, form: SignalForm | None = None) -> AttributionFigure:
    shape = of.shape[-2:]
    maps = [attribution("integrated_gradients", shape), attribution("occlusion", shape, convergence_delta=None)]
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 2, : shape[1] // 3] = True
    return AttributionFigure(of, maps, TITLE, mask, ("believable: 4 of 4 checks", "fails: looks like an edge"), form)


def cohort(of: Any, form: SignalForm | None = None) -> CohortFigure:
    shape = of.shape[-2:]
    heat = np.random.default_rng(4).normal(size=shape)
    one = CohortMap(
        mean=heat, spread=np.abs(heat), same_sign=np.clip(np.abs(heat), 0, 1), n=12, method="saliency",
        target="logit of effusion", meaning="change of the target", baseline="", score_mean=1.2, score_spread=0.4,
        has_sign=True,
    )  # fmt: skip
    return CohortFigure(of, {"effusion": one, "no effusion": one}, "mean maps of the test cases", form)


def sanity(shape: tuple[int, int], form: SignalForm | None = None) -> SanityTable:
    checks = (
        SanityCheck("destroyed", True, 0.12, (0.05, 0.2), "the map changes with the model"),
        SanityCheck("labels", False, 0.8, (0.7, 0.9), "it hardly changes", "it is the same on shuffled labels", True),
    )
    heats = [np.random.default_rng(seed).normal(size=shape).astype(np.float32) for seed in range(4)]
    measures = (Measure("deletion", 0.41, (0.3, 0.5)), Measure("insertion", 0.72))
    full = SanityRow("integrated_gradients", "logit of effusion", heats[0], "doubtful", "Doubtful: the labels.", checks,
        measures, *heats[1:])  # fmt: skip
    return SanityTable(
        (full, SanityRow("occlusion", "logit of effusion", heats[3])), TITLE, form, ("One was left out.",)
    )


def localisation() -> LocalisationChart:
    lines = tuple(
        LocalisationLine(method, target, measure, 40, Estimate(value, value - 0.1, value + 0.1), None, None)
        for measure in MEASURES
        for method, target, value in (
            ("integrated_gradients", "logit of effusion", 0.6),
            ("occlusion", "logit of effusion", 0.5),
            ("centred_disc", "", 0.3),
        )
    )
    return LocalisationChart(lines, 40, Estimate(0.12, 0.1, 0.14), "effusion inside its mask")


def tiles(count: int, of: Any) -> list[Tile]:
    return [Tile(of, f"case {n:06x}", ("effusion", "train"), 1 / n, f"{1 / n:.2f} SD", 1 / n) for n in range(1, count)]


def examples(of: Any, form: SignalForm | None = None) -> SheetFigure:
    rows = (
        SheetRow("similar", "Most similar", "distance in z", tiles(5, of)),
        SheetRow("harmful", "Most harmful", "influence on the loss", tiles(4, of)),
    )
    return SheetFigure(Tile(of, "case 3fa9c1", ("effusion",)), rows, TITLE, ("By nearest neighbours in z.",), form)


def labels(of: Any, form: SignalForm | None = None) -> LabelSheet:
    cases = tuple(
        DoubtedLabel(of if rank < 4 else None, f"case {rank:06x}", rank, "effusion", "no effusion", 0.9, 0.97,
            "9 of 10 neighbours have another label", 0.4)
        for rank in range(1, 6)
    )  # fmt: skip
    return LabelSheet(cases, 240, "Labels worth a second look", ("Ranked by their neighbours in z.",), form)


def bent_map(table: LatentTable) -> Projection:
    return Projection(table.z[:, :2], table.ids, "umap", {"n_neighbors": 15}, 0, None, ("UMAP 1", "UMAP 2"))


def maps() -> Drawing:
    table = two_clouds(80)
    plane = project(table, "pls")
    from analysis.directions import fit_direction

    direction = fit_direction(table, n_permutations=199)
    arrows = direction_arrows(plane, table, [direction])
    doubtful = np.arange(len(table)) % 9 == 0
    return map_drawing(
        [
            MapFigure(bent_map(table), table, is_doubtful=doubtful),
            MapFigure(plane, table, arrows=arrows, direction=direction),
        ]
    )


def quality(n_classes: int) -> Drawing:
    from tests.analysis.figures.test_quality_chart import classified

    table = classified(n_classes)
    return quality_chart(measure_quality(table, "effusion"), table)


def number_quality() -> Drawing:
    from tests.analysis.figures.test_quality_chart import numbered

    table = numbered()
    return quality_chart(measure_quality(table, "severity"), table)


def training() -> Drawing:
    from tests.analysis.figures.test_training_curves import history

    return curves_from(history())


def data_check() -> DataCheckTable:
    lines = (
        CheckLine("stop", "duplicates", "12 copies across splits", "Figures are too good.", "Remove them.", 12),
        CheckLine("note", "marks", "Letters in 30 pictures", "", "", 30),
    )
    return DataCheckTable("240 pictures, 2 classes", lines)


def panels() -> Drawing:
    parts = [figure_with(figure_of(path_of())), figure_with(training()), figure_with(attributions(picture()))]
    return combine_figures(parts, columns=2).drawing


SAMPLES: dict[str, Callable[[], Drawing]] = {
    "path": lambda: figure_of(path_of()),
    "path of colours": lambda: figure_of(path_of(3)),
    "path of signals": lambda: figure_of(signal_path()),
    "change": lambda: ChangeMap.of(figure_of(path_of()), 7),
    "change of signals": lambda: ChangeMap.of(figure_of(signal_path()), 7),
    "samples": lambda: SampleSheet.of(picture()[None].repeat(7, axis=0), "N(0, I)"),
    "map": maps,
    "map of one": lambda: map_drawing([MapFigure(bent_map(table := two_clouds(60)), table)]),
    "biplot": lambda: fit_biplot(two_clouds(80)),
    "attribution": lambda: attributions(picture()),
    "attribution of signals": lambda: attributions(signal(), FORM),
    "cohort_attribution": lambda: cohort(picture()),
    "cohort_attribution of signals": lambda: cohort(signal(), FORM),
    "sanity": lambda: sanity((24, 24)),
    "sanity of signals": lambda: sanity((2, 120), FORM),
    "localisation": localisation,
    "examples": lambda: examples(picture()),
    "examples of signals": lambda: examples(signal(), FORM),
    "labels": lambda: labels(picture()),
    "training": training,
    "quality": lambda: quality(2),
    "quality of three": lambda: quality(3),
    "quality of numbers": number_quality,
    "data_check": data_check,
    "panels": panels,
}
"""One of every kind, pictures and signals where they are drawn differently."""
