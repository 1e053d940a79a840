"""The experiments by name: what each asks, how much work it is, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, Protocol

from analysis.experiments.datasets import Kind
from analysis.experiments.parts import Part, PartStore
from analysis.experiments.setup import Scale, Setup
from analysis.figures.formats import Format

Amount = Literal["quick", "usual", "full"]


class Finding(Protocol):
    """What an experiment found."""

    def rows(self) -> list[dict[str, Any]]:
        """Every number, a row each."""
        ...

    def sentences(self) -> list[str]:
        """The same in words."""
        ...

    def draw(self, form: Format = "png") -> bytes:
        """The figure."""
        ...


@dataclass(frozen=True)
class Experiment:
    """One of lfxai's experiments.

    Attributes:
        name: of the command.
        question: what it asks.
        kinds: data that it can be run on.
        scales: how much work, by kind and amount; "full" is the published amount.
        plan: module of `analysis.experiments.plans`.
        measures: module that says what is mended.
    """

    name: str
    question: str
    kinds: tuple[Kind, ...]
    scales: Mapping[tuple[Kind, Amount], Scale]
    plan: str
    measures: str

    @property
    def mended(self) -> tuple[str, ...]:
        """What is right here and was wrong in lfxai's script."""
        found: tuple[str, ...] = import_module(f"analysis.experiments.{self.measures}").MENDED
        return found

    def parts(self, setup: Setup) -> list[Part]:
        """The pieces of work, in order."""
        make: Callable[[Setup], list[Part]] = import_module(f"analysis.experiments.plans.{self.plan}").parts_of
        return make(setup)

    def collect(self, setup: Setup, store: PartStore) -> Finding:
        """What all finished parts say together."""
        join: Callable[[Setup, PartStore], Finding] = import_module(f"analysis.experiments.plans.{self.plan}").collect
        return join(setup, store)


def _images(quick: Scale, usual: Scale, full: Scale) -> dict[tuple[Kind, Amount], Scale]:
    return {("images", "quick"): quick, ("images", "usual"): usual, ("images", "full"): full}


def _signals(quick: Scale, usual: Scale, full: Scale) -> dict[tuple[Kind, Amount], Scale]:
    return {("signals", "quick"): quick, ("signals", "usual"): usual, ("signals", "full"): full}


# training cases, explained, compared, epochs, dimensions, runs, batch
_ALL: tuple[Experiment, ...] = (
    Experiment(
        "consistency_features",
        "does masking what a label-free method calls important move the representation further than masking others?",
        ("images", "signals"),
        _images(
            Scale(600, 60, 0, 3, 4, 1, 100),
            Scale(10_000, 500, 0, 10, 4, 3),
            Scale(60_000, 10_000, 0, 100, 4, 5),
        )
        | _signals(
            Scale(120, 30, 0, 3, 16, 1, 20),
            Scale(1000, 1000, 0, 30, 64, 2, 20),
            Scale(10_000, 10_000, 0, 150, 64, 5, 50),
        ),
        "features",
        "consistency_features",
    ),
    Experiment(
        "consistency_examples",
        "do the training cases that a label-free method calls important share the explained case's label?",
        ("images", "signals"),
        _images(
            Scale(600, 40, 100, 3, 4, 1, 100),
            Scale(10_000, 100, 300, 10, 4, 3),
            Scale(60_000, 1000, 1000, 100, 4, 5),
        )
        | _signals(
            Scale(120, 12, 24, 3, 8, 1, 20),
            Scale(1000, 60, 120, 30, 16, 2, 20),
            Scale(10_000, 1000, 1000, 150, 16, 5, 50),
        ),
        "examples",
        "consistency_examples",
    ),
    Experiment(
        "roar_test",
        "does a network that was trained without the most important pixels reconstruct worse?",
        ("images",),
        _images(
            Scale(400, 100, 0, 2, 4, 1, 100),
            Scale(4000, 1000, 0, 10, 4, 2),
            Scale(60_000, 10_000, 0, 10, 4, 5),
        ),
        "roar",
        "roar",
    ),
    Experiment(
        "pretext",
        "do networks that learned by different pretext tasks explain alike?",
        ("images",),
        _images(
            Scale(400, 40, 80, 2, 4, 2, 100),
            Scale(6000, 300, 500, 10, 4, 3, 300),
            Scale(60_000, 10_000, 1000, 100, 4, 5, 300),
        ),
        "pretext",
        "task_comparison",
    ),
    Experiment(
        "disvae",
        "do the latent dimensions of a β-VAE look at different pixels when β asks them to be independent?",
        ("images",),
        _images(
            Scale(300, 30, 0, 1, 3, 1, 100),
            Scale(5000, 200, 0, 10, 3, 2, 32),
            Scale(60_000, 10_000, 0, 100, 3, 5, 300),
        ),
        "disvae",
        "disentanglement",
    ),
)
EXPERIMENTS: dict[str, Experiment] = {each.name: each for each in _ALL}
