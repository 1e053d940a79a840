"""The sections of a report in their order, from its results to blocks."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import count

from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import Quality, quality_sentence
from analysis.provenance.wording import methods_paragraph, references
from analysis.report.blocks import Answer, Block, Bullets, Facts, Heading, Paragraph, Picture, grid
from analysis.report.content import CheckedData, Report
from analysis.report.drawn_sections import case_section, figure_sections, map_section, steps_words
from analysis.report.number_words import between, number
from analysis.report.quality_tables import class_tables, direction_section, noise_words, number_tables
from xaae_core.data.checks import LEVELS, Level
from xaae_core.model_card import ModelCard
from xaae_core.signal_form import SignalForm

USE = "For research and teaching, not for decisions on a patient."
_ENCODERS = {"AAE": "ResNet34", "EncoderWithAAEBlocks": "a user's own"}
_LEVEL_WORDS: Mapping[Level, tuple[str, str]] = {
    "stop": ("reason to stop", "reasons to stop"),
    "warn": ("warning", "warnings"),
    "note": ("note", "notes"),
    "good": ("check without a finding", "checks without a finding"),
}
_SPLITS = ("train", "valid", "test")


def report_blocks(report: Report) -> tuple[Block, ...]:
    """The whole report, from title to origin."""
    numbers = count(1)
    blocks = [*_opening(report), *_model(report), *_data_check(report), *_quality(report, numbers)]
    blocks += direction_section(report.direction)
    for moved in report.cases:
        blocks += case_section(moved, report, next(numbers))
    blocks += [*figure_sections(report, numbers), *map_section(report, numbers), *_limits(report)]
    return (*blocks, *_methods(report), *_origin(report))


def _opening(report: Report) -> Iterator[Block]:
    yield Heading(report.title, 1)
    by = f" by {report.author}" if report.author else ""
    yield Paragraph(f"Written {report.created[:10]}{by}. {USE}", "quiet")
    reasons = tuple(f"{reason[:1].upper()}{reason[1:]}." for reason in report.verdict.reasons)
    yield Answer(report.verdict.level, report.verdict.sentence, reasons)
    yield Facts(_glance(report))
    if report.card.note:
        yield Paragraph(report.card.note, "quiet")
    if report.missing:
        yield Paragraph("What this report does not hold, and why:")
        yield Bullets(report.missing)


def _glance(report: Report) -> dict[str, str]:
    """The whole in a few lines."""
    card, direction, checked = report.card, report.direction, report.data_check
    told = f"tells apart {', '.join(card.classes)}" if card.task == "classes" and card.classes else ""
    told = told or (f"predicts {card.target}" if card.task != "classes" else "")
    return {
        "Model": ", ".join(filter(None, (card.name, card.kind, told))),
        "On cases it has not seen": "" if report.quality is None else _main_figure(report.quality),
        "Direction": ""
        if direction is None
        else f"{direction.way}: cross-validated {direction.quality_name} "
        f"{between(direction.quality, direction.quality_interval)}; {noise_words(direction)}",
        "Cases moved along it": "" if not report.cases else f"{len(report.cases)}; {steps_words(report.cases)}",
        "Data check": "" if checked is None else _found(checked),
        "Figures taken in": str(len(report.figures)) if report.figures else "",
    }


def _main_figure(quality: Quality) -> str:
    if isinstance(quality, ClassifierQuality):
        held_out = quality.held_out
        told = f"AUROC {between(held_out.auroc, held_out.auroc_interval)} for {held_out.target}"
        return (
            f"{told}; {held_out.n_cases:,} cases of the split {held_out.split}, {held_out.n_target:,} of them positive"
        )
    told = f"Spearman {between(quality.spearman, quality.spearman_interval)} for {quality.target}"
    return f"{told}; {quality.n_cases:,} cases of the split {quality.split}"


def _model(report: Report) -> Iterator[Block]:
    card = report.card
    channels, height, width, n_dims = report.sizes
    signals = _signals(card)
    yield Heading("The model")
    yield Facts(
        {
            "Name": card.name,
            "Kind": card.kind,
            "Encoder": str(card.arguments.get("encoder", _ENCODERS.get(card.kind, ""))),
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


def _data_check(report: Report) -> Iterator[Block]:
    checked = report.data_check
    if checked is None:
        return
    yield Heading("The data")
    yield Paragraph(f"{checked.words}. The check found {_found(checked)}.")
    rows = [(finding.title, finding.detail, finding.remedy) for finding in checked.findings if finding.level != "good"]
    levels = [_LEVEL_WORDS[finding.level][0] for finding in checked.findings if finding.level != "good"]
    if rows:
        told = [(level, *row) for level, row in zip(levels, rows, strict=True)]
        yield grid(("", "found", "what it does to results", "what to do"), told, "What the data check found.")
    fine = [finding.title for finding in checked.findings if finding.level == "good"]
    if fine:
        yield Paragraph("Nothing wrong was found in these:")
        yield Bullets(tuple(fine))
    if checked.counts:
        counted = [(name, *(_count(per.get(split)) for split in _SPLITS)) for name, per in checked.counts.items()]
        yield grid(("", *_SPLITS), counted, "Cases by class and split, as they were checked.")


def _found(checked: CheckedData) -> str:
    found = Counter(finding.level for finding in checked.findings)
    return ", ".join(f"{found[level]} {_LEVEL_WORDS[level][found[level] > 1]}" for level in LEVELS if found[level])


def _count(value: float | None) -> str | float | int:
    if value is None or value != value:
        return "–"
    return int(value) if float(value).is_integer() else float(value)


def _quality(report: Report, numbers: Iterator[int]) -> Iterator[Block]:
    yield Heading("How good it is on cases it has not seen")
    quality, drawn = report.quality, report.quality_figure
    if quality is None:
        kept = "; see the figures kept in the checkpoint" if report.card.metrics else ""
        yield Paragraph(f"Nothing was measured for this report{kept}.")
    else:
        sentence = quality_sentence(quality)
        yield Paragraph(f"{sentence[:1].upper()}{sentence[1:]}.")
    if drawn is not None:
        words = drawn.drawing.caption()
        yield Picture(drawn, next(numbers), words, f"Charts of the held-out quality. {words}")
    if quality is not None:
        yield from class_tables(quality) if isinstance(quality, ClassifierQuality) else number_tables(quality)
    if report.card.metrics:
        rows = [(name.replace("_", " "), float(value)) for name, value in sorted(report.card.metrics.items())]
        yield Heading("Figures kept in the checkpoint", 3)
        yield grid(("figure", "value"), rows, "As measured when it was trained.")


def _signals(card: ModelCard) -> str:
    """What the model's signals look like; "" of a model of pictures."""
    known = card.arguments.get("signal_form")
    if not isinstance(known, Mapping):
        return ""
    form = SignalForm.from_json(known)
    return f"{', '.join(form.channel_names)}: {form.length} samples at {form.sampling_rate:g} Hz ({form.seconds:.3g} s)"


def _limits(report: Report) -> Iterator[Block]:
    target = report.direction.target if report.direction else report.card.target or "the target"
    noun = "signal" if "signal_form" in report.card.arguments else "picture"
    yield Heading("What must not be concluded")
    yield Bullets(
        (
            f"A decoded {noun} is drawn by the model: it is neither a prognosis for this patient nor a proof that the "
            f"model decides by these {'pixels' if noun == 'picture' else 'moments'}.",
            f"The direction follows whatever goes together with {target} in the training data, be it the disease, the "
            "scanner, the site or age. It shows no cause.",
            "A step that is to be read with caution, or not to be believed, is so for the reason beside it: mostly "
            "because it leaves what the model has seen.",
            "The figures hold for cases like those measured here; on other scanners, sites and patients they may not.",
            "This report is made for research and teaching, not for decisions on a patient.",
        )
    )


def _methods(report: Report) -> Iterator[Block]:
    provenances = (report.provenance.stamped(), *report.parts)
    yield Heading("Methods")
    yield Paragraph(methods_paragraph(provenances))
    cited = references(provenances)
    if cited:
        yield Heading("References")
        for reference in cited:
            yield Paragraph(reference, "small")


def _origin(report: Report) -> Iterator[Block]:
    settings = report.settings
    yield Heading("Where this comes from")
    yield Facts(
        {
            "Report written": report.created,
            "Checkpoint (SHA-256)": report.sha256,
            "Training data (fingerprint)": report.card.data_fingerprint,
            "Data of the latents (fingerprint)": report.data_fingerprint,
            "Cases in the table of latents": ", ".join(f"{n:,} {split}" for split, n in report.n_cases.items()),
            "Paths": f"±{number(settings.span, 1)} SD, {settings.n_steps} steps, skip dropout {settings.skip_dropout:g}"
            if report.cases
            else "",
            "Map": report.projection.caption() if report.projection else "",
            "Seed": str(settings.seed),
            "Written with": ", ".join(f"{name} {version(name)}" for name in ("xaae", "torch", "scikit-learn"))
            + f", Python {platform.python_version()}",
            "Trained with": ", ".join(f"{name} {told}" for name, told in sorted(report.card.versions.items())),
        }
    )
