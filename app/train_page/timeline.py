"""The phases of a training as a row of boxes: what is done, what runs, what is to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from app.train_page.words import PHASES, STATES, duration, phase_name
from app.training.files import ACTIVE, EpochRecord, StatusRecord

_MARKS = {"done": "✓", "now": "▶", "held": "Ⅱ", "broken": "✕", "to come": "○"}
_STYLE = """
<style>
.xaae-line { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; margin: 0 !important;
  padding: 0 !important; }
.xaae-phase { flex: 1 1 8.5rem; min-width: 0; margin: 0; padding: .4rem .65rem .5rem; border-radius: .5rem;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); font-size: .8rem; line-height: 1.35; }
.xaae-phase b { font-weight: 600; font-size: .875rem; }
.xaae-phase span { opacity: .75; }
.xaae-phase-now, .xaae-phase-held { border: 2px solid #d9730d; padding: calc(.4rem - 1px) calc(.65rem - 1px); }
.xaae-phase-broken { border: 2px dashed #c23b34; }
.xaae-phase-to-come { border-style: dashed; }
.xaae-bar { height: .3rem; margin-top: .35rem; border-radius: .15rem;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.xaae-bar i { display: block; height: 100%; border-radius: .15rem; background: #d9730d; }
.xaae-phase-done .xaae-bar i { background: color-mix(in srgb, currentColor 45%, transparent); }
</style>
"""

Standing = Literal["done", "now", "held", "broken", "to come"]


@dataclass(frozen=True)
class PhaseBox:
    """A box of the timeline.

    Attributes:
        phase: name of the phase.
        standing: where it stands.
        words: what is said of it.
        share: how much of it is done, in [0, 1].
    """

    phase: str
    standing: Standing
    words: str
    share: float


def phase_boxes(status: StatusRecord, epochs: Sequence[EpochRecord]) -> list[PhaseBox]:
    """The boxes of a training, in order; [] before its phases are known."""
    names = [*(status.phases or {}), "measuring"] if status.phases else []
    now = _place(status, names)
    return [_box(name, _standing(number, now, status), status, epochs) for number, name in enumerate(names)]


def timeline_html(boxes: Sequence[PhaseBox]) -> str:
    """The boxes as HTML; a list for screen readers."""
    items = "".join(
        f'<li class="xaae-phase xaae-phase-{box.standing.replace(" ", "-")}" title="{escape(PHASES[box.phase][1])}">'
        f'<span aria-hidden="true">{_MARKS[box.standing]}</span> <b>{escape(phase_name(box.phase))}</b><br>'
        f"<span>{escape(box.words)}</span>"
        f'<div class="xaae-bar"><i style="width:{100 * box.share:.0f}%"></i></div></li>'
        for box in boxes
    )
    return f'{_STYLE}<ul class="xaae-line" aria-label="Phases of the training">{items}</ul>'


def share_done(status: StatusRecord) -> float:
    """How much of a training is done, by time where that is known, in [0, 1]."""
    if status.state == "finished":
        return 1.0
    if status.left is None or status.seconds <= 0:
        return 0.0
    return min(0.99, status.seconds / (status.seconds + status.left))


def progress_words(status: StatusRecord) -> str:
    """What a training does and how long it takes still, in one line."""
    if status.state == "finished":
        return f"Finished in {duration(status.seconds)}"
    words = STATES[status.state]
    if status.state == "training" and not status.phase:
        words = "Preparing"
    if status.state == "checking" and status.n_batches:
        words += f", {status.batch:,} of {status.n_batches:,}"
    if status.seconds >= 1:
        spent = duration(status.seconds)
        words += f" · {spent} so far" if status.state in ACTIVE else f" after {spent}"
    if status.state in ("training", "paused", "measuring") and status.left is not None and status.left >= 1:
        words += f" · about {duration(status.left)} left"
    return words


def _place(status: StatusRecord, names: Sequence[str]) -> int:
    if status.state == "finished":
        return len(names)
    return names.index(status.phase) if status.phase in names else -1


def _standing(number: int, now: int, status: StatusRecord) -> Standing:
    if number < now:
        return "done"
    if number > now:
        return "to come"
    if status.state in ("paused", "stopped"):
        return "held"
    return "now" if status.state in ACTIVE else "broken"


def _box(phase: str, standing: Standing, status: StatusRecord, epochs: Sequence[EpochRecord]) -> PhaseBox:
    planned = (status.phases or {}).get(phase, 0)
    own = [row for row in epochs if row.phase == phase]
    if standing == "to come":
        return PhaseBox(phase, standing, _planned_words(phase, status.phases or {}), 0.0)
    if standing == "done":
        return PhaseBox(phase, standing, _done_words(own, planned), 1.0)
    if phase == "measuring":
        return PhaseBox(phase, standing, "on held-out cases", 0.5)
    share = (max(status.epoch - 1, 0) + status.batch / max(status.n_batches, 1)) / max(planned, 1)
    return PhaseBox(phase, standing, f"epoch {max(status.epoch, 1)} of {planned}", min(1.0, share))


def _planned_words(phase: str, phases: Mapping[str, int]) -> str:
    if phase == "measuring":
        return "on held-out cases"
    return f"{phases[phase]} epoch{'s' if phases[phase] > 1 else ''}"


def _done_words(rows: Sequence[EpochRecord], planned: int) -> str:
    if not rows:
        return "done"
    words = f"{len(rows)} epoch{'s' if len(rows) > 1 else ''}, {duration(sum(row.seconds for row in rows))}"
    return f"{words}, ended early" if len(rows) < planned else words
