"""The sections of a report, from its results to HTML."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from analysis.direction_significance import SIGNIFICANT, p_words
from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import quality_sentence
from analysis.figures.filmstrip import draw_filmstrip
from analysis.figures.latent_map import draw_map
from analysis.report import Report, ReportedCase
from analysis.report_html import between, bullets, facts, grid, heading, number, page, paragraph, picture
from analysis.report_quality import class_tables, number_tables
from analysis.traversals import Traversal
from xaae_core.model_card import ModelCard
from xaae_core.signal_form import SignalForm

_DPI = 150
_TRUST_WORDS = {"good": "believable", "caution": "with caution", "poor": "not to be believed"}


def report_page(report: Report) -> str:
    """The whole report as an HTML page."""
    title = f"Report on {report.card.name}"
    parts = [heading(title, 1), *_opening(report), *_model(report), *_quality(report), *_direction(report)]
    for case in report.cases:
        parts += _case(case, report)
    parts += [*_map(report), *_limits(report), *_kept_figures(report), *_provenance(report)]
    return page(title, parts)


def _opening(report: Report) -> Iterator[str]:
    reasons = "".join(paragraph(f"{reason[:1].upper()}{reason[1:]}.") for reason in report.verdict.reasons)
    yield f'<div class="verdict">{paragraph(report.verdict.sentence)}{reasons}</div>'
    if report.card.note:
        yield paragraph(report.card.note, "quiet")
    if report.missing:
        yield paragraph("What this report does not hold, and why:")
        yield bullets(report.missing)


def _model(report: Report) -> Iterator[str]:
    card = report.card
    channels, height, width, n_dims = report.sizes
    own = {"AAE": "ResNet34", "EncoderWithAAEBlocks": "a user's own"}
    signals = _signals(card)
    yield heading("The model")
    yield facts(
        {
            "Name": card.name,
            "Kind": card.kind,
            "Encoder": str(card.arguments.get("encoder", own.get(card.kind, ""))),
            "Signals": signals,
            "Pictures": "" if signals else f"{height} × {width} px, channels: {channels}, fitted by: {card.resize}",
            "Latent dimensions": str(n_dims),
            "Tells apart": ", ".join(card.classes) if card.task == "classes" else "",
            "Predicts": card.target if card.task != "classes" else "",
            "Target of the direction": report.direction.target if report.direction else card.target,
            "Trained on": card.data_name,
            "Trained": card.created,
            "SHA-256 of the file": report.sha256,
        }
    )


def _quality(report: Report) -> Iterator[str]:
    yield heading("How good it is on cases it has not seen")
    quality = report.quality
    if quality is None:
        yield paragraph("Nothing was measured for this report; see the figures kept in the checkpoint, further below.")
    else:
        sentence = quality_sentence(quality)
        yield paragraph(f"{sentence[:1].upper()}{sentence[1:]}.")
        yield from class_tables(quality) if isinstance(quality, ClassifierQuality) else number_tables(quality)


def _direction(report: Report) -> Iterator[str]:
    direction = report.direction
    if direction is None:
        return
    yield heading(f"The direction towards {direction.target}")
    yield paragraph(
        f"Moving along it means more {direction.target}; the other way means {direction.counterpart}. One step of 1 SD "
        f"is the standard deviation of the {direction.n_cases} fitted cases."
    )
    name = direction.quality_name
    yield grid(
        ("figure", "value", "what it is"),
        [
            ("Method", direction.method, "how the direction was fitted"),
            (name, between(direction.quality, direction.quality_interval), "each case scored by a fit without it"),
            (f"{name}, held out", number(direction.held_out), "on the cases of the other splits"),
            (
                "Cone",
                f"{number(direction.cone_degrees, 0)}°",
                "95 % of the directions refitted to resampled cases lie within it",
            ),
            (
                "Could it be noise?",
                f"{'it could' if direction.could_be_noise else 'no'}: {p_words(direction.p_value)}",
                f"{direction.n_permutations} times with shuffled targets; noise where p is not below {SIGNIFICANT:g}",
            ),
        ],
    )


def _case(reported: ReportedCase, report: Report) -> Iterator[str]:
    case, path, trust = reported.case, reported.figure.traversal, reported.trust
    yield heading(f"Case {case.id}")
    known = f"Labelled {case.label}" if case.label else "Not labelled"
    part = f", of the split {case.split}" if case.split else ""
    said = f" The model says {reported.answer}." if reported.answer else ""
    yield paragraph(f"{known}{part}.{said} Decoded at 0, {_kept(reported)}: judge no detail that is lost there.")
    counts = ", ".join(
        f"{trust.levels.count(level)} {words}" for level, words in _TRUST_WORDS.items() if level in trust.levels
    )
    yield picture(
        draw_filmstrip(reported.figure, dpi=_DPI),
        f"Filmstrip of case {case.id} moved from {path.steps[0]:+g} to {path.steps[-1]:+g} standard deviations towards "
        f"{path.target}: {_layout(path)}.",
        f"{_layout(path).capitalize()}; skip dropout {path.skip_dropout:g}, seed {path.seed}. "
        f"Of {len(path.steps)} steps: {counts}.",
    )
    said_at = [""] * len(path.steps)
    column = "model says"
    if path.values is not None:
        said_at, column = [number(float(value)) for value in path.values], f"predicted {report.card.target}"
    elif path.probabilities is not None:
        chances = path.probabilities[:, reported.figure.class_index]
        said_at = [number(float(chance), 2) for chance in chances]
        column = f"p({report.card.classes[reported.figure.class_index]})" if report.card.classes else "p"
    rows = [
        (_signed(step), said, _signed(achieved), _TRUST_WORDS[level], reason)
        for step, said, achieved, level, reason in zip(
            path.steps, said_at, trust.achieved, trust.levels, trust.reasons, strict=True
        )
    ]
    header = ("step (SD)", column, "found again (SD)", "to be read", "because")
    yield grid(header, rows, caption="How far each step is to be believed.")


def _kept(reported: ReportedCase) -> str:
    if reported.figure.traversal.signal_form is None:
        return f"the picture's likeness to the original is {reported.likeness:.2f} (SSIM; 1 is equal)"
    return f"{max(reported.likeness, 0):.0%} of the signal's variance is kept"


def _layout(path: Traversal) -> str:
    """What lies where in the filmstrip."""
    if path.signal_form is None:
        return "decoded pictures above, their change against the decoded original below"
    return "a row for each channel, each step over what is decoded at 0, the change filled between the two"


def _signals(card: ModelCard) -> str:
    """What the model's signals look like; "" of a model of pictures."""
    known = card.arguments.get("signal_form")
    if not isinstance(known, Mapping):
        return ""
    form = SignalForm.from_json(known)
    return f"{', '.join(form.channel_names)}: {form.length} samples at {form.sampling_rate:g} Hz ({form.seconds:.3g} s)"


def _map(report: Report) -> Iterator[str]:
    if report.map is None:
        return
    projection = report.map.projection
    yield heading("Where the cases lie")
    yield picture(
        draw_map(report.map, dpi=_DPI),
        f"Map of the cases, by label. {projection.caption()}",
        is_small=True,
    )
    yield paragraph(
        f"{projection.measured.sentence()} Nearness means likeness to the model; the size of groups and of the gaps "
        "between them means nothing."
        if projection.method in ("umap", "tsne")
        else projection.measured.sentence()
    )


def _limits(report: Report) -> Iterator[str]:
    target = report.direction.target if report.direction else report.card.target or "the target"
    noun = "signal" if "signal_form" in report.card.arguments else "picture"
    yield heading("What must not be concluded")
    yield bullets(
        [
            f"A decoded {noun} is drawn by the model: it is neither a prognosis for this patient nor a proof that the "
            f"model decides by these {'pixels' if noun == 'picture' else 'moments'}.",
            f"The direction follows whatever goes together with {target} in the training data, be it the disease, the "
            "scanner, the site or age. It shows no cause.",
            "A step that is to be read with caution, or not to be believed, is so for the reason beside it: mostly "
            "because it leaves what the model has seen.",
            "The figures hold for cases like those measured here; on other scanners, sites and patients they may not.",
            "This report is made for research and teaching, not for decisions on a patient.",
        ]
    )


def _kept_figures(report: Report) -> Iterator[str]:
    if report.card.metrics:
        rows = [(name.replace("_", " "), float(value)) for name, value in sorted(report.card.metrics.items())]
        yield heading("Figures kept in the checkpoint")
        yield grid(("figure", "value"), rows, caption="As measured when it was trained.")


def _provenance(report: Report) -> Iterator[str]:
    settings = report.settings
    yield heading("Where this comes from")
    yield facts(
        {
            "Report written": report.created,
            "Checkpoint (SHA-256)": report.sha256,
            "Training data (fingerprint)": report.card.data_fingerprint,
            "Data of the latents (fingerprint)": report.data_fingerprint,
            "Cases in the table of latents": ", ".join(f"{count:,} {split}" for split, count in report.n_cases.items()),
            "Paths": f"±{settings.span:g} SD, {settings.n_steps} steps, skip dropout {settings.skip_dropout:g}"
            if report.cases
            else "",
            "Map": report.map.projection.caption() if report.map else "",
            "Seed": str(settings.seed),
            "Written with": ", ".join(f"{name} {version(name)}" for name in ("xaae", "torch", "scikit-learn"))
            + f", Python {platform.python_version()}",
            "Trained with": ", ".join(f"{name} {number}" for name, number in sorted(report.card.versions.items())),
        }
    )


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")
