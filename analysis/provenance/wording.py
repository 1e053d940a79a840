"""Sentences that an author can paste: a caption, and a methods paragraph, written from how figures were made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from analysis.provenance.citations import labels, methods_of, parts_of, publications
from analysis.provenance.method_sentences import sentences
from analysis.provenance.provenance import Provenance
from analysis.provenance.settings_words import METHOD_NAMES, all_words, list_words, one_line, parameter_words
from analysis.provenance.told_facts import direction_quality, map_settings, marked_keys, method_settings, noise_words

if TYPE_CHECKING:
    from analysis.figures.figure import Figure

Marks = Literal["names", "pandoc", "latex"]
_MOST_NAMED = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def caption_of(figure: Figure) -> str:
    """What a figure shows and how it was made, in full sentences; its user's own caption where there is one.

    Args:
        figure: any; of panels, what their parts have in common is told once, the rest after their letters.
    """
    if figure.caption:
        return figure.caption
    parts = parts_of(figure.provenance)
    shown = " ".join(figure.drawing.caption().split())
    if len(parts) == 1:
        return " ".join(filter(None, (shown, *making_sentences(parts[0]))))
    told = [list(making_sentences(part)) for part in parts]
    shared = [sentence for sentence in dict.fromkeys(told[0]) if all(sentence in each for each in told)]
    own = [
        f"({letter}) {' '.join(sentence for sentence in each if sentence not in shared)}"
        for letter, each in zip(_LETTERS, told, strict=False)
        if set(each) - set(shared)
    ]
    return " ".join(filter(None, (shown, *shared, *own)))


def methods_paragraph(provenances: Sequence[Provenance], *, marks: Marks = "names") -> str:
    r"""A paragraph of a methods section that covers how figures were made; what is not known is left out.

    Every publication of `bibliography(provenances)` is marked, and none that is not there.

    Args:
        provenances: of the figures; "" for none.
        marks: "names" for (McInnes et al., 2018), "pandoc" for [@mcinnes2018], "latex" for \cite{mcinnes2018}.
    """
    parts = [part for provenance in provenances for part in parts_of(provenance)]
    return _in_marks(" ".join(sentences(parts)), marks)


def cited_keys(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    """Keys of the publications that `methods_paragraph` marks, each once, in order."""
    return marked_keys(methods_paragraph(provenances, marks="pandoc"))


def references(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    """The list of references of `methods_paragraph`, by author: "van der Maaten & Hinton, 2008: Laurens …"."""
    known = sorted(cited_keys(provenances), key=lambda key: labels()[key].lower())
    return tuple(f"{labels()[key]}: {publications()[key].reference}" for key in known)


def making_sentences(provenance: Provenance) -> Iterator[str]:
    """How one figure was made: its model, data, direction, cases and settings, a sentence each."""
    if provenance.checkpoint_sha256:
        name = one_line(provenance.checkpoint_name) or "not named"
        yield f"Model: {name} (SHA-256 {provenance.checkpoint_sha256[:10]}…)."
    if provenance.data_fingerprint or provenance.data_name:
        digest = f" (fingerprint {provenance.data_fingerprint[:10]}…)" if provenance.data_fingerprint else ""
        yield f"Data: {one_line(provenance.data_name) or 'not named'}{digest}."
    if provenance.direction:
        yield _direction(provenance)
    if provenance.case_ids:
        named = list_words(list(provenance.case_ids[:_MOST_NAMED]))
        more = len(provenance.case_ids) - _MOST_NAMED
        plural = "" if len(provenance.case_ids) == 1 else "s"
        yield f"Case{plural} {named}{f' and {more:,} more' if more > 0 else ''}."
    methods = [_method(name, provenance) for name in methods_of(provenance)]
    told = [*methods, all_words(provenance.settings), "" if provenance.seed is None else f"seed {provenance.seed}"]
    if any(told):
        yield f"Made with {', '.join(filter(None, told))}."


def _method(name: str, provenance: Provenance) -> str:
    """A method by name, with its own parameters."""
    parameters = parameter_words(map_settings(provenance, name), ("parameters",))
    own = ", ".join(filter(None, (parameters, all_words(method_settings(provenance, name)))))
    return f"{METHOD_NAMES.get(name, one_line(name))}{f' ({own})' if own else ''}"


def _direction(provenance: Provenance) -> str:
    facts = provenance.direction
    target = one_line(str(facts.get("target", "")))
    if facts.get("dimension") is not None:
        return f"Moved along {target}, without labels."
    quality = direction_quality(facts)
    told = f": cross-validated {quality}" if quality else ""
    return f"Direction towards {target} by {one_line(str(facts.get('method', '')))}{told}; {noise_words(facts)}."


def _in_marks(text: str, marks: Marks) -> str:
    def told(found: re.Match[str]) -> str:
        keys = [key for key in re.findall(r"@(\w+)", found[1]) if key in publications()]
        if not keys or marks == "pandoc":
            return found[0]
        if marks == "latex":
            return f" \\cite{{{','.join(keys)}}}"
        return f" ({'; '.join(labels()[key] for key in keys)})"

    return re.sub(r" \[(@[\w; @]+)\]", told, text)
