"""A card as Markdown: for a folder, a repository, or whoever opens it with nothing but an editor."""

from __future__ import annotations

from analysis.gallery.cards import GalleryCard
from analysis.gallery.columns import COLUMNS, duration_text, kl_weight_words, probe_question, probe_text
from analysis.report.number_words import between, number


def card_text(card: GalleryCard) -> str:
    """The card as Markdown."""
    latents = card.latents
    rows = [(column.title, column.text(card), column.about) for column in COLUMNS]
    table = "\n".join(f"| {title} | {text} | {about} |" for title, text, about in rows if text != "—")
    lines = [
        f"# {card.title}",
        f"{card.purpose} {card.note}".strip(),
        f"Trained on {card.data}. {card.n_epochs} epochs, {duration_text(card.seconds)}; measured on "
        f"{latents.n_cases:,} held-out cases.",
        _probe_words(card),
        f"| figure | value | what it means |\n|---|---|---|\n{table}",
    ]
    if latents.kl_by_dim:
        weight = f", KL weighs {kl_weight_words(card)} in the loss" if card.kl_weight is not None else ""
        lines.append(
            f"Likelihood: {latents.likelihood or 'none'}{weight}. KL of each dimension in nats, largest first:"
        )
        lines.append(
            "| dimension | KL | variance of the mean | in use |\n|---|---|---|---|\n"
            + "\n".join(
                f"| z{dim} | {number(latents.kl_by_dim[dim])} | {number(latents.variance[dim])} | "
                f"{'yes' if latents.is_active(dim) else 'no'} |"
                for dim in latents.order
            )
        )
    lines.append("Settings: " + ", ".join(f"{name} {value}" for name, value in card.settings.items()))
    return "\n\n".join(lines) + "\n"


def _probe_words(card: GalleryCard) -> str:
    """What the linear probe was asked, and all that it answered."""
    probe = card.probe
    return (
        f"Linear probe, learned on {probe.n_train:,} training cases: {probe_question(card)} {probe_text(card)} on "
        f"{probe.n_test:,} held-out cases; accuracy {between(probe.accuracy, probe.accuracy_interval)} (always naming "
        f"the most frequent class: {number(probe.chance)}). 95 % intervals over those cases, of this one training."
    )
