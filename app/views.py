"""What a page shows, as the address that shows it again: the page's name and its settings.

The keys of the address, in `KEYS`; settings that are as they come are left out of it:

| key | pages | says |
|---|---|---|
| model | all | the checkpoint: the first 16 letters of its SHA-256 |
| data | all | the data: the first 16 letters of their fingerprint; warns where others are open |
| case | all | the open case by its token, `xaae_core.case_tokens` (a case's id is understood too) |
| cohort | all | which cases are looked at, `Cohort.to_text` |
| chosen | all | the cases chosen on the maps: the id they are kept under on this computer |
| target, axis, range, steps, skips, seed | traverse | the path: towards what, how far, how fine, … |
| step | traverse | where the reader is on the path, in SD |
| target, left, right, map_cases, colour, doubt, perplexity, neighbours, min_dist, map_seed | maps | the two maps |
| view, explain, dimension, methods, method, baseline, checks, most | attributions | what is explained, and how |
| ig_steps, samples, window, shift, attr_seed | attributions | what the methods are told |
| examples_tab, searched, examples, mixture, doubted | examples | the examples and the doubtful labels |
| influence, influence_loss, influence_parameters, influence_limit | examples | what is computed when asked |
| run | train | the training that is watched |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from xaae_core.errors import ViewError

PAGES = ("start", "traverse", "maps", "attributions", "examples", "train", "report")
MODEL = "model"
"""The key of the checkpoint: the first 16 letters of its SHA-256."""
DATA = "data"
CASE = "case"
COHORT = "cohort"
CHOSEN = "chosen"
STEP = "step"
COMMON = (MODEL, DATA, CASE, COHORT, CHOSEN)
KEYS: dict[str, tuple[str, ...]] = {
    "start": (),
    "traverse": ("target", "axis", "range", "steps", "skips", "seed", STEP),
    "maps": (
        "target", "left", "right", "map_cases", "colour", "doubt", "perplexity", "neighbours", "min_dist", "map_seed",
    ),
    "attributions": (
        "view", "explain", "dimension", "methods", "method", "baseline", "checks", "ig_steps", "samples", "window",
        "shift", "attr_seed", "most",
    ),
    "examples": (
        "examples_tab", "searched", "examples", "mixture", "doubted", "influence", "influence_loss",
        "influence_parameters", "influence_limit",
    ),
    "train": ("run",),
    "report": (),
}  # fmt: skip
"""What each page's address may hold beside `COMMON`."""
LONGEST = 8000
"""Letters of a setting."""
_MOST_KEYS = 60
_KEY = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class View:
    """A page with its settings.

    Attributes:
        page: its name, as in its address.
        query: the address's keys and values; a key may have several values.
    """

    page: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The view as JSON values, as a figure's provenance keeps it."""
        return {"page": self.page, "query": {key: list(values) for key, values in sorted(self.query.items())}}

    @classmethod
    def from_json(cls, raw: object, source: str = "this file") -> Self:
        """The view that `to_json` wrote.

        Raises:
            ViewError: no view, or one with nonsense in it.
        """
        query = raw.get("query", {}) if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or raw.get("page") not in PAGES or not isinstance(query, dict):
            raise ViewError(f"{source} names no page of this tool; expected one of {', '.join(PAGES)}")
        if len(query) > _MOST_KEYS:
            raise ViewError(f"{source}: its view has {len(query):,} settings; a page has at most {_MOST_KEYS}")
        for key, values in query.items():
            is_list = isinstance(values, list) and all(isinstance(value, str) for value in values)
            if not _KEY.fullmatch(key) or not is_list or sum(map(len, values)) > LONGEST:
                raise ViewError(f"{source}: the setting “{key[:40]}” of its view cannot be used")
        return cls(raw["page"], {key: tuple(values) for key, values in query.items()})

    def link(self) -> str:
        """The address below the app's root."""
        path = "" if self.page == "start" else self.page
        pairs = [(key, value) for key, values in sorted(self.query.items()) for value in values]
        return f"{path}?{urlencode(pairs)}" if pairs else path


def view_of(page: str, checkpoint_sha256: str, **settings: str | tuple[str, ...]) -> View:
    """The view of a page with a model; settings that are "" or () are left out."""
    query: dict[str, tuple[str, ...]] = {MODEL: (checkpoint_sha256[:16],)} if checkpoint_sha256 else {}
    for key, value in settings.items():
        if value:
            query[key] = (value,) if isinstance(value, str) else tuple(value)
    return View(page, query)


def view_now(page: str, checkpoint_sha256: str = "") -> View:
    """The view that is on the screen: the address with its model."""
    from app.address import address_now

    now = address_now((*COMMON, *KEYS[page]))
    if checkpoint_sha256:
        now[MODEL] = (checkpoint_sha256[:16],)
    return View(page, now)
