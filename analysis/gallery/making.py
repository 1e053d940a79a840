"""A gallery, model after model: what is finished stays, what is interrupted goes on, what fails is named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.gallery.cards import GalleryCard, read_gallery_card, write_card
from analysis.gallery.cases import GalleryCases
from analysis.gallery.drawings import draw_card
from analysis.gallery.measuring import YARDSTICK, card_of, measure_model
from analysis.gallery.principal_components import PrincipalComponents
from analysis.gallery.settings import GallerySettings
from analysis.gallery.training import cases_for, hints_of, sees_labels, train_entry
from xaae_core.atomic_files import atomic_path, remove_abandoned
from xaae_core.errors import DamagedCheckpointError, XaaeError
from xaae_core.models.model_entry import ModelEntry

Progress = Callable[[int, int], None]
Watch = Callable[[str, int, int], AbstractContextManager[Progress]]
"""Called before a model with its title, its number from 1 and the number of all; gives what is told of its steps."""
CARD, CHECKPOINT, PICTURES, PAGE = "card.json", "model.safetensors", "pictures", "index.html"
_TRAINING, _HISTORY = "training", "history.csv"
_TRAINED_SHARE = 0.9
_SHARES = 1000


@dataclass(frozen=True, eq=False)
class GalleryRun:
    """What became of the models.

    Attributes:
        cards: of all that are finished, in the order asked for, the yardstick first.
        n_before: how many of them had been finished before.
        failed: why a model failed, by its name.
        left_out: why a model was not tried, by its name.
    """

    cards: tuple[GalleryCard, ...]
    n_before: int
    failed: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def make_gallery(
    entries: Sequence[ModelEntry],
    cases: GalleryCases,
    settings: GallerySettings,
    folder: Path,
    *,
    watch: Watch | None = None,
) -> GalleryRun:
    """Train and measure models one after the other; each leaves a folder of its name.

    In it are `model.safetensors`, which opens in the app, `card.json`, `card.md`, `history.csv` and `pictures/`. A
    model whose card has these settings and this data is not trained again; one that was interrupted goes on. Ctrl-C
    leaves all finished ones, which `finished_gallery` finds.

    Args:
        entries: the models.
        cases: what to train on and to measure.
        settings: see `GallerySettings`.
        folder: of the gallery.
        watch: see `Watch`.
    """
    fitting = {entry.name: found for entry in entries if (found := cases_for(entry, cases)) is not None}
    left_out = {entry.name: f"takes {entry.sizes_in_words}" for entry in entries if entry.name not in fitting}
    cards, failed, n_before = [_yardstick(cases, settings, folder)], {}, 0
    wanted = [entry for entry in entries if entry.name in fitting]
    for number, entry in enumerate(wanted, start=1):
        own = folder / entry.name
        identity = _identity(fitting[entry.name], settings)
        card = finished_card(own, identity)
        n_before += card is not None
        if card is None:
            with watch(entry.title, number, len(wanted)) if watch is not None else nullcontext(_silent) as progress:
                try:
                    card = _make_one(entry, fitting[entry.name], settings, own, identity, progress)
                except (XaaeError, ValueError, RuntimeError, ArithmeticError) as error:
                    failed[entry.name] = f"{type(error).__name__}: {error}"
                    continue
        cards.append(card)
    return GalleryRun(tuple(cards), n_before, failed, left_out)


def finished_gallery(
    entries: Sequence[ModelEntry], cases: GalleryCases, settings: GallerySettings, folder: Path
) -> GalleryRun:
    """Those of the models that are finished, without training any."""
    found: list[GalleryCard | None] = [finished_card(folder / YARDSTICK, _identity(cases, settings))]
    for entry in entries:
        fitting = cases_for(entry, cases)
        if fitting is not None:
            found.append(finished_card(folder / entry.name, _identity(fitting, settings)))
    cards = tuple(card for card in found if card is not None)
    return GalleryRun(cards, len(cards) - (found[0] is not None))


def finished_card(folder: Path, identity: Mapping[str, Any]) -> GalleryCard | None:
    """The card of a model that was finished with these settings; None where there is none, or its files are not."""
    try:
        card = read_gallery_card(folder / CARD)
    except DamagedCheckpointError:
        return None
    is_whole = (folder / CHECKPOINT).is_file() or card.name == YARDSTICK
    return card if is_whole and dict(card.settings) == dict(identity) else None


def _identity(cases: GalleryCases, settings: GallerySettings) -> dict[str, Any]:
    """What a model's card hangs on."""
    return {**settings.identity(len(cases.rows("train"))), "n_test": len(cases.rows("test")), "data": cases.sha256[:16]}


def _make_one(
    entry: ModelEntry,
    cases: GalleryCases,
    settings: GallerySettings,
    folder: Path,
    identity: dict[str, Any],
    progress: Progress,
) -> GalleryCard:
    """Train, measure, draw and write one model."""
    from xaae_core.checkpoints import save_checkpoint
    from xaae_core.model_card import card_for

    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    unfinished = folder / f"{_TRAINING}-{_digest(identity)}"  # another one's, with other settings, is not gone on with
    trained = train_entry(entry, cases, settings, unfinished, progress=_scaled(progress, 0.0, _TRAINED_SHARE))
    measured = measure_model(
        trained.model, cases, seed=settings.seed, progress=_scaled(progress, _TRAINED_SHARE, 1 - _TRAINED_SHARE)
    )
    card = card_of(
        trained.model,
        measured,
        cases,
        name=entry.name,
        title=entry.title,
        purpose=entry.purpose,
        n_epochs=trained.n_epochs,
        seconds=trained.seconds,
        settings=identity,
        note=hints_of(entry, cases),
        has_seen_labels=sees_labels(entry, cases),
    )
    _draw(trained.model, cases, card, folder, settings.seed)
    save_checkpoint(
        trained.model,
        folder / CHECKPOINT,
        card_for(
            trained.model,
            name=f"{entry.title}, {cases.name}",
            classes=cases.classes if entry.learns_labels else None,
            training={"gallery": identity},
            metrics=card.figures(),
            data_name=cases.name,
            data_fingerprint=cases.sha256,
        ),
    )
    _tidy(folder, unfinished)
    write_card(card, folder)  # last: a model with a card is finished
    return card


def _yardstick(cases: GalleryCases, settings: GallerySettings, folder: Path) -> GalleryCard:
    """Principal components, by which the others can be judged."""
    own, identity = folder / YARDSTICK, _identity(cases, settings)
    found = finished_card(own, identity)
    if found is not None:
        return found
    model = PrincipalComponents(cases.of("train")[0], settings.dims)
    measured = measure_model(model, cases, seed=settings.seed)
    card = card_of(
        model,
        measured,
        cases,
        name=YARDSTICK,
        title="Principal components",
        purpose="No network and no training: the yardstick. No linear model of as many dimensions draws the training "
        "cases more closely; whatever does not beat it has not learned much.",
        n_epochs=0,
        seconds=0.0,
        settings=identity,
    )
    _draw(model, cases, card, own, settings.seed)
    write_card(card, own)
    return card


def _draw(model: Any, cases: GalleryCases, card: GalleryCard, folder: Path, seed: int) -> None:
    drawings = draw_card(model, cases.of("test")[0], card.latents, form=cases.form, seed=seed)
    for name, content in drawings.files().items():
        with atomic_path(folder / PICTURES / name) as temporary:
            temporary.write_bytes(content)


def _tidy(folder: Path, finished: Path) -> None:
    """Of the training's files only its history stays: the weights are in the checkpoint."""
    if (finished / _HISTORY).is_file():
        (finished / _HISTORY).replace(folder / _HISTORY)
    for training in folder.glob(f"{_TRAINING}-*"):
        shutil.rmtree(training, ignore_errors=True)


def _digest(identity: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]


def _scaled(progress: Progress, start: float, share: float) -> Progress:
    """A progress that is a part of another."""
    return lambda done, n_all: progress(round(_SHARES * (start + share * done / max(1, n_all))), _SHARES)


def _silent(done: int, n_all: int) -> None:
    return None
