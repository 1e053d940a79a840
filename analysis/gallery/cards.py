"""The card of one trained model: what it is, what it was trained on, and its numbers; as JSON and as a page of text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.gallery.class_figures import ClassFigures
from analysis.gallery.latent_figures import Estimate, LatentFigures
from analysis.gallery.linear_probe import LinearProbe
from xaae_core.errors import DamagedCheckpointError

_ESTIMATES = ("mse", "log_likelihood", "kl", "elbo")
_PAIRS = ("accuracy_interval", "auroc_interval")
_BUILT = ("latents", "probe", "classifier", "size", "classes")


@dataclass(frozen=True, eq=False)
class GalleryCard:
    """One model's numbers.

    Attributes:
        name: the model's, in the catalogue.
        title: a name for people.
        purpose: what it is good for.
        data: the data in one line.
        size: of the cases that it took: (height, width) or (samples,).
        n_parameters: numbers that were learned.
        n_epochs: epochs that were trained.
        seconds: of training; what was interrupted and taken up again counts once.
        settings: what the training hangs on; equal settings mean that it need not be trained again.
        latents: reconstruction, nats, dimensions, on held-out cases.
        probe: what a line reads from z.
        classifier: how well its own classifier tells the classes; None where it has none.
        scores: the scores of factors by name and their parts, where factors are known; {} elsewhere.
        versions: of the packages.
        created: when, ISO 8601 in UTC.
        note: what it was shown of the labels or the factors; "" if nothing.
        has_seen_labels: whether the classes that the probe asks for were among that.
        classes: names by number of what the probe asks for.
        kl_weight: how often a nat of KL counts against one of log p(x|z) in its loss; None without KL.
    """

    name: str
    title: str
    purpose: str
    data: str
    size: tuple[int, ...]
    n_parameters: int
    n_epochs: int
    seconds: float
    settings: Mapping[str, Any]
    latents: LatentFigures
    probe: LinearProbe
    classifier: ClassFigures | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    note: str = ""
    has_seen_labels: bool = False
    classes: tuple[str, ...] = ()
    kl_weight: float | None = None

    def figures(self) -> dict[str, float]:
        """All figures by name that the model has, as its checkpoint's card keeps them too."""
        latents, own, (value, bounds) = self.latents, self.classifier, self.probe.figure
        known: dict[str, float | None] = {
            **{name: None if found is None else found.mean for name in _ESTIMATES if (found := getattr(latents, name))},
            "explained": latents.explained,
            "n_active": latents.n_active,
            "probe_accuracy": self.probe.accuracy,
            f"probe_{'auroc' if math.isfinite(self.probe.auroc) else 'accuracy'}": value,
            "probe_low": bounds[0],
            "probe_high": bounds[1],
            **({} if own is None else {"classifier_accuracy": own.accuracy, "classifier_auroc": own.auroc}),
            **{name: score for name, score in self.scores.items() if isinstance(score, float)},
        }
        return {name: float(value) for name, value in known.items() if value is not None and math.isfinite(value)}

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values; numbers that are not finite are null."""
        found: dict[str, Any] = _finite(asdict(self))
        return found

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> GalleryCard:
        """The card that `to_json` wrote.

        Raises:
            TypeError, ValueError, KeyError: it is none.
        """
        latents = dict(values["latents"])
        for name in _ESTIMATES:
            latents[name] = None if latents[name] is None else Estimate(**latents[name])
        for name in ("kl_by_dim", "variance"):
            latents[name] = tuple(latents[name])
        classifier = values.get("classifier")
        rest = {name: value for name, value in values.items() if name not in _BUILT}
        return cls(
            size=tuple(values["size"]),
            classes=tuple(values.get("classes", ())),
            latents=LatentFigures(**latents),
            probe=LinearProbe(**_class_figures(values["probe"])),
            classifier=None if classifier is None else ClassFigures(**_class_figures(classifier)),
            **rest,
        )


def write_card(card: GalleryCard, folder: str | Path) -> Path:
    """Write `card.json` and `card.md` into a folder; returns the first, which is written last."""
    from analysis.gallery.card_text import card_text
    from xaae_core.atomic_files import write_text_atomically

    write_text_atomically(Path(folder) / "card.md", card_text(card))
    text = json.dumps(card.to_json(), ensure_ascii=False, indent=2)
    return write_text_atomically(Path(folder) / "card.json", text)


def read_gallery_card(path: str | Path) -> GalleryCard:
    """Read a `card.json`.

    Raises:
        DamagedCheckpointError: it cannot be read, or is none.
    """
    try:
        return GalleryCard.from_json(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedCheckpointError(
            f"{path} is not a card of a gallery ({type(error).__name__}: {error}): remove it, and the model is "
            "trained again"
        ) from error


def _class_figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as they were before they became JSON."""
    found: dict[str, Any] = {name: math.nan if value is None else value for name, value in values.items()}
    return found | {name: tuple(math.nan if end is None else end for end in found[name]) for name in _PAIRS}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
