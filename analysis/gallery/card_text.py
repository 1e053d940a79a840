"""A card as Markdown: for a folder, a repository, or whoever opens it with nothing but an editor."""

from __future__ import annotations

from analysis.gallery.cards import GalleryCard
from analysis.gallery.columns import COLUMNS, duration_text, probe_name
from analysis.report_html import number


def card_text(card: GalleryCard) -> str:
    """The card as Markdown."""
    latents = card.latents
    rows = [(column.title, column.text(card), column.about) for column in COLUMNS]
    table = "\n".join(f"| {title} | {text} | {about} |" for title, text, about in rows if text != "—")
    lines = [
        f"# {card.title}",
        f"{card.purpose} {card.note}".strip(),
        f"Trained on {card.data}. {card.n_epochs} epochs, {duration_text(card.seconds)}; measured on "
        f"{latents.n_cases:,} held-out cases; the linear probe's figure is the {probe_name(card)} (always naming the "
        f"most frequent class: {number(card.probe.chance)}).",
        f"| figure | value | what it means |\n|---|---|---|\n{table}",
    ]
    if latents.kl_by_dim:
        lines.append(f"Likelihood: {latents.likelihood or 'none'}. KL of each dimension in nats, largest first:")
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
