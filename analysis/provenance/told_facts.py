"""What a provenance tells of models, directions, maps and citations, as pieces of sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analysis.direction_significance import SIGNIFICANT
from analysis.provenance import citations
from analysis.provenance.provenance import Provenance
from analysis.provenance.settings_words import number_words, one_line

Parts = Sequence[Provenance]


def mark(keys: Iterable[str]) -> str:
    """The mark of citations, with the space before it; "" for none."""
    told = "; ".join(f"@{key}" for key in sorted(set(keys)))
    return f" [{told}]" if told else ""


def marked_keys(text: str) -> tuple[str, ...]:
    """Keys of publications that a text marks, each once, in order."""
    found = (key for marks in re.findall(r" \[(@[\w; @]+)\]", text) for key in re.findall(r"@(\w+)", marks))
    return tuple(dict.fromkeys(key for key in found if key in citations.publications()))


def direction_quality(facts: Mapping[str, Any]) -> str:
    """Such as "AUROC 0.930 [0.900, 0.950]"; "" where it was not measured."""
    quality, low, high = (facts.get(name) for name in ("quality", "quality_low", "quality_high"))
    if quality is None:
        return ""
    interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{one_line(str(facts.get('quality_name', 'quality')))} {quality:.3f}{interval}".replace("-", "−")


def noise_words(facts: Mapping[str, Any]) -> str:
    """Whether a direction could be noise, with p and the shuffles."""
    p = facts.get("p_value")
    if p is None:
        return "whether it could be noise was not tested"
    told = f"p = {number_words(p)}, {number_words(facts.get('n_permutations', 0))} permutations"
    return f"it could be noise ({told})" if p >= SIGNIFICANT else f"it is more than noise ({told})"


def map_settings(provenance: Provenance, method: str) -> Mapping[str, Any]:
    """What a map was made with, by name and as "parameters"; nothing where it is not told."""
    settings = provenance.settings
    maps = [each for each in settings.get("maps") or [] if isinstance(each, Mapping) and each.get("method") == method]
    parameters = maps[0].get("parameters") if maps else settings.get("parameters")
    return {**parameters, "parameters": parameters} if isinstance(parameters, Mapping) else {}


def method_settings(provenance: Provenance, method: str) -> Mapping[str, Any]:
    """What a method of several was made with; nothing where it is not told."""
    told = provenance.settings.get("method_settings")
    own = told.get(method) if isinstance(told, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def fullest(
    parts: Parts, key: Callable[[Provenance], object], fullness: Callable[[Provenance], int]
) -> list[Provenance]:
    """Of the parts that share a key, the one that tells most; in order."""
    found: dict[object, Provenance] = {}
    for part in parts:
        known = found.get(key(part))
        if known is None or fullness(part) > fullness(known):
            found[key(part)] = part
    return list(found.values())


def known_of_model(part: Provenance) -> int:
    """How much a provenance tells of its model."""
    return sum(map(bool, (part.checkpoint_name, citations.model_kind(part), part.settings.get("latent_dims"))))


def model_key(part: Provenance) -> object:
    """What provenances of one model share."""
    return part.checkpoint_sha256 or (part.checkpoint_name, citations.model_kind(part))


def direction_key(part: Provenance) -> object:
    """What directions that are the same share."""
    facts = part.direction
    return part.checkpoint_sha256, facts.get("target"), facts.get("method"), facts.get("n_cases")


def counted(count: int, noun: str) -> str:
    """A number of things: "1 case", "1,000 cases"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
