"""What a gallery's numbers say, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.experiments.words import listed
from analysis.gallery.cards import GalleryCard
from analysis.gallery.columns import guessed_figure, kl_weight_words, percent, probe_name, probe_text, told_apart
from analysis.gallery.measuring import YARDSTICK
from analysis.report.number_words import between, number

_COLLAPSED_NATS = 0.5
_MUCH_KL = 2.0
_KNOWN_SHARE = 0.1


def findings_of(cards: Sequence[GalleryCard]) -> list[str]:
    """Which model is best at what, which collapsed, and which does not beat the yardstick."""
    models = [card for card in cards if card.name != YARDSTICK]
    if not models:
        return ["No model is finished yet."]
    lines = [*_drawing(models), *_probing(models, cards), *_factors(models, cards), *_collapse(models)]
    return [*lines, *_below_yardstick(models, cards)]


def known_factor(scores: Mapping[str, Any], dim: int) -> str:
    """The factor that a dimension knows most of, and which share of it; "" where that is less than a tenth."""
    if "mutual_information" not in scores:
        return ""
    known = np.array(scores["mutual_information"])[dim] / np.array(scores["entropies"])
    best = int(known.argmax())
    return f"{scores['factors'][best]} best ({known[best]:.0%} of it)" if known[best] >= _KNOWN_SHARE else ""


def _best(
    cards: Sequence[GalleryCard], value: Callable[[GalleryCard], float | None], *, most: bool
) -> GalleryCard | None:
    having = [(found, card) for card in cards if (found := value(card)) is not None]
    chosen = (max if most else min)(having, key=lambda pair: pair[0], default=None)
    return None if chosen is None else chosen[1]


def _drawing(models: Sequence[GalleryCard]) -> list[str]:
    best = _best(models, lambda card: card.latents.explained, most=True)
    if best is None or best.latents.explained is None:
        return []
    return [
        f"Draws most closely: {best.title}, {percent(best.latents.explained)} of what there is to draw, from "
        f"{best.latents.n_dims} numbers a case."
    ]


def _probing(models: Sequence[GalleryCard], cards: Sequence[GalleryCard]) -> list[str]:
    lines = []
    for told, having in (
        ("Of the models that never saw the classes", [card for card in models if not card.has_seen_labels]),
        ("Of those that were shown the classes", [card for card in models if card.has_seen_labels]),
    ):
        best = _best(having, lambda card: card.probe.figure[0], most=True)
        if best is None:
            continue
        line = (
            f"{told}, the z of {best.title} tells them best by a straight line: {probe_name(best)} {probe_text(best)}"
        )
        floor = best.probe.figure[1][0]
        if floor <= guessed_figure(best):
            said = f"not even the z of {best.title} surely tells them by a straight line better than guessing does"
            lines.append(f"{told}, {said}: {probe_name(best)} {probe_text(best)}, against {_guess_text(best)}.")
            continue
        alike = [card.title for card in having if card is not best and card.probe.figure[1][1] >= floor]
        overlap = "the interval of {} overlaps" if len(alike) == 1 else "the intervals of {} overlap"
        line += f"; {overlap.format(listed(alike))} with it" if alike else ""
        lines.append(f"{line}{_plain_reading(cards, floor)}.")
    return lines + _unread(models)


def _plain_reading(cards: Sequence[GalleryCard], floor: float) -> str:
    """That principal components do as well, where they do: then no network was needed for it."""
    plain = next((card for card in cards if card.name == YARDSTICK), None)
    if plain is None or plain.probe.figure[1][1] < floor:
        return ""
    return f". Principal components tell them as well: {probe_text(plain)}"


def _unread(models: Sequence[GalleryCard]) -> list[str]:
    """Whose own classifier reads far less from z than a line could."""
    lines = []
    for card in models:
        if card.classifier is None or card.classifier.figure[1][1] >= card.probe.figure[1][0]:
            continue
        lines.append(
            f"The classifier of {card.title} has learned too little: {probe_name(card)} "
            f"{between(*card.classifier.figure)}, where a straight line reads {probe_text(card)} from the same z."
        )
    return lines


def _guess_text(card: GalleryCard) -> str:
    return number(guessed_figure(card), 2)


def _factors(models: Sequence[GalleryCard], cards: Sequence[GalleryCard]) -> list[str]:
    best = _best(models, lambda card: told_apart(card, "disentanglement"), most=True)
    if best is None:
        return []
    line = (
        f"Dimensions stand for single factors most in {best.title}: DCI disentanglement "
        f"{number(best.scores['disentanglement'], 2)}, MIG {number(best.scores['mig'], 2)}, where 1 is perfect."
    )
    bar = next((card.scores["disentanglement"] for card in cards if card.name == YARDSTICK and card.scores), 0.0)
    found = {card.title: told_apart(card, "disentanglement") for card in models}
    below = [title for title, score in found.items() if score is not None and score < bar]
    verb = "scores" if len(below) == 1 else "score"
    return [line, *([f"By DCI disentanglement {listed(below)} {verb} below principal components."] if below else [])]


def _collapse(models: Sequence[GalleryCard]) -> list[str]:
    gone = [card for card in models if card.latents.kl is not None and card.latents.kl.mean < _COLLAPSED_NATS]
    lines = []
    for card in gone:
        line = f"{card.title} has collapsed: z tells next to nothing of a case (less than half a nat)"
        weighs = card.kl_weight is not None and card.kl_weight > _MUCH_KL
        lines.append(line + (f"; in its loss KL weighs {kl_weight_words(card)} against log p(x|z)." if weighs else "."))
    return lines


def _below_yardstick(models: Sequence[GalleryCard], cards: Sequence[GalleryCard]) -> list[str]:
    yardstick = next((card for card in cards if card.name == YARDSTICK), None)
    if yardstick is None or yardstick.latents.mse is None:
        return []
    bar = yardstick.latents.mse.mean
    worse = [card.title for card in models if card.latents.mse is not None and card.latents.mse.mean > bar]
    bar_words = f"less closely than {yardstick.latents.n_dims} principal components"
    if len(worse) > 1 and len(worse) == sum(card.latents.mse is not None for card in models):
        return [f"None draws as closely as {yardstick.latents.n_dims} principal components: train longer, or on more."]
    return [f"{listed(worse)} {'draws' if len(worse) == 1 else 'draw'} {bar_words}."] if worse else []
