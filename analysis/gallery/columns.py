"""The columns of the gallery's tables: what each is called, means, and reads from a card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.gallery.cards import GalleryCard
from analysis.report.number_words import between, number

_OF_READABLE = ("disentanglement", "completeness")
_LEAST_READABLE = 0.1


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        title: its head.
        about: what it means, in plain words.
        value: its figure of a card; None where the model has none.
        text: how it is written.
        is_more_better: whether a larger figure is better; None: neither is.
        is_general: False where it is of known factors only.
    """

    title: str
    about: str
    value: Callable[[GalleryCard], float | None]
    text: Callable[[GalleryCard], str]
    is_more_better: bool | None = None
    is_general: bool = True

    def best(self, cards: Sequence[GalleryCard]) -> float | None:
        """The best figure of the cards; None where there is none, or nothing to compare."""
        found = [value for card in cards if (value := self.value(card)) is not None and math.isfinite(value)]
        if self.is_more_better is None or len(found) < 2:
            return None
        return max(found) if self.is_more_better else min(found)


def probe_text(card: GalleryCard) -> str:
    """AUROC or accuracy of the linear probe with its interval."""
    value, bounds = card.probe.figure
    return between(value, bounds)


def probe_name(card: GalleryCard) -> str:
    """What the probe's figure is: "AUROC" of two classes, else "accuracy"."""
    return "AUROC" if math.isfinite(card.probe.auroc) else "accuracy"


def probe_question(card: GalleryCard) -> str:
    """What the probe's figure is, of what: "AUROC of abnormal against normal", "accuracy among 10 classes"."""
    if math.isfinite(card.probe.auroc) and len(card.classes) == 2:
        return f"AUROC of {card.classes[1]} against {card.classes[0]}"
    return f"{probe_name(card)} among {len(card.classes)} classes" if card.classes else probe_name(card)


def guessed_figure(card: GalleryCard) -> float:
    """What the probe's figure is of guessing: an AUROC of 0.5, or the share of the most frequent class."""
    return 0.5 if math.isfinite(card.probe.auroc) else card.probe.chance


def kl_weight_words(card: GalleryCard) -> str:
    """How much the KL divergence weighs in the model's loss, "21.8 to 1"; "" without it."""
    if card.kl_weight is None:
        return ""
    return f"{card.kl_weight:,.0f} to 1" if card.kl_weight >= 100 else f"{card.kl_weight:.3g} to 1"


def percent(share: float) -> str:
    """A share as people write it, with a real minus."""
    return f"{share:.1%}".replace("-", "−")


def duration_text(seconds: float) -> str:
    """Seconds of training, "48 s" or "2.1 min"; a dash where nothing was trained."""
    if seconds <= 0:
        return "—"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _no_figure(card: GalleryCard) -> None:
    return None


def _nats(name: str) -> Callable[[GalleryCard], float | None]:
    def value(card: GalleryCard) -> float | None:
        estimate = getattr(card.latents, name)
        return None if estimate is None else float(estimate.mean)

    return value


def _nats_text(name: str) -> Callable[[GalleryCard], str]:
    def text(card: GalleryCard) -> str:
        estimate = getattr(card.latents, name)
        return "—" if estimate is None else f"{number(estimate.mean, 1)} ± {number(estimate.error, 1)}"

    return text


def _mse_text(card: GalleryCard) -> str:
    return "—" if card.latents.mse is None else f"{card.latents.mse.mean:.5f}"


def _explained_text(card: GalleryCard) -> str:
    return "—" if card.latents.explained is None else percent(card.latents.explained)


def _active_text(card: GalleryCard) -> str:
    used, n_dims = card.latents.n_active, card.latents.n_dims
    return f"{n_dims}" if used is None else f"{used} of {n_dims}"


def told_apart(card: GalleryCard, name: str) -> float | None:
    """A score of known factors; None of what is told apart where nothing can be read: then it is chance."""
    if name in _OF_READABLE and card.scores.get("informativeness", 1.0) < _LEAST_READABLE:
        return None
    return card.scores.get(name)


def _dci(name: str, title: str, about: str) -> Column:
    def text(card: GalleryCard) -> str:
        found = told_apart(card, name)
        return "—" if found is None else number(found, 2)

    return Column(title, about, lambda card: told_apart(card, name), text, is_more_better=True, is_general=False)


COLUMNS: tuple[Column, ...] = (
    Column(
        "Linear probe",
        "How well a straight line tells the classes from z, on held-out cases: accuracy, or of two classes the AUROC, "
        "with a 95 % interval over those cases. Most models never saw the classes; the sections "
        "of those that did say so. It reads the mean of q(z|x) however little it varies: see KL for whether "
        "that is used.",
        lambda card: card.probe.figure[0],
        probe_text,
        is_more_better=True,
    ),
    Column(
        "Its classes",
        "How well the model's own classifier tells the classes, where it has one: the same figure as the probe's, on "
        "the same cases. Far below the probe: z knows the classes, but its classifier learned too little to read them.",
        lambda card: None if card.classifier is None else card.classifier.figure[0],
        lambda card: "—" if card.classifier is None else between(*card.classifier.figure),
        is_more_better=True,
    ),
    Column(
        "Error (MSE)",
        "Mean squared difference between a held-out case and what is drawn from its z, values from 0 to 1. Less is "
        "better.",
        lambda card: None if card.latents.mse is None else card.latents.mse.mean,
        _mse_text,
        is_more_better=False,
    ),
    Column(
        "Drawn",
        "The same as a share of what there is to draw: 100 % is a perfect copy, 0 % is always drawing the "
        "mean, and less is worse than that.",
        lambda card: card.latents.explained,
        _explained_text,
        is_more_better=True,
    ),
    Column(
        "Likelihood",
        "What p(x|z) is in the model's loss, with its width where it has one, in model units from 0 to 1.",
        _no_figure,
        lambda card: card.latents.likelihood.replace(", scale ", " ") or "—",
    ),
    Column(
        "log p(x|z)",
        "Log-likelihood of a held-out case given its z, in nats, by the likelihood in the column beside it, which the "
        "model is trained with. Compare models of the same one and the same size of cases only; of a Gaussian it is a "
        "density and may be above 0. ± is the standard error of the mean over the cases.",
        _nats("log_likelihood"),
        _nats_text("log_likelihood"),
    ),
    Column(
        "KL",
        "What z tells of a case, in nats: how far q(z|x) lies from the bell curve that z is drawn from. Nearly 0 means "
        "that z tells nothing (collapse).",
        _nats("kl"),
        _nats_text("kl"),
    ),
    Column(
        "ELBO",
        "log p(x|z) less KL: a lower bound on the log-probability of a held-out case, in nats. More is better, among "
        "models of the same likelihood and size of cases. It is measured without β, whatever β the model is trained "
        "with.",
        _nats("elbo"),
        _nats_text("elbo"),
    ),
    Column(
        "Active dimensions",
        "Dimensions of z in use: the mean of q(z|x) varies by more than 0.01 over the cases (Burda et al. 2016). "
        "A model without a bell curve has no such limit: its number of dimensions alone.",
        _no_figure,
        _active_text,
    ),
    Column(
        "Training",
        "Time of the training on this machine, whatever else it had to do.",
        _no_figure,
        lambda card: duration_text(card.seconds),
    ),
    _dci("disentanglement", "DCI: one factor each", "Is each dimension needed for one factor only? 0 no, 1 yes. "
         "(Disentanglement of Eastwood & Williams 2018, by random forests; none where nothing can be read.)"),
    _dci("completeness", "DCI: one place each", "Is each factor read from one dimension only? 0 no, 1 yes. "
         "(Completeness.)"),
    _dci("informativeness", "DCI: readable", "Can the factors be read from z at all? 0 as by guessing, 1 exactly. "
         "(Informativeness.)"),
    _dci("mig", "MIG", "Does one dimension know a factor and no other one? Gap in mutual information, 0 to 1 "
         "(Chen et al. 2018)."),
    _dci("sap", "SAP", "Can a factor be read from one dimension alone and from no other? Gap in predictability, 0 to 1 "
         "(Kumar et al. 2018)."),
    _dci("factor_vae", "FactorVAE", "Does the dimension that varies least give away which factor is held still? "
         "0.2 is guessing among five, 1 is always (Kim & Mnih 2018)."),
)  # fmt: skip
"""In the order of the tables."""


def columns_of(cards: Sequence[GalleryCard], *, is_general: bool) -> list[Column]:
    """The columns of one of the two tables in which any card has something to say."""
    return [
        column
        for column in COLUMNS
        if column.is_general == is_general and any(column.text(card) != "—" for card in cards)
    ]
