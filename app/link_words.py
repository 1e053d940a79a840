"""What links hold, in words: text of others' making, made safe to show, and held against what a control says."""

from __future__ import annotations

import re

from app.plain_text import plain

_WORD = re.compile(r"-?\d+(?:\.\d+)?|[^\W\d_]+")
_OTHER_WORDS = {"reconstruction": "drawn", "auto": "size", "label": "called", "representation": "labels"}
"""Options whose words on the page have nothing of their names."""


def said(text: str, most: int = 40) -> str:
    """A text out of a link as Markdown shows it letter for letter: short, on one line, without control characters."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text[: most + 1])
    return plain(shown if len(shown) <= most else f"{shown[:most]}…")


def says(text: str, value: object) -> bool:
    """Whether a text out of an address means the value that a control has; in doubt it does.

    A control takes what it says as it came out of the address, and what it cannot be: the two look the same there.
    """
    if isinstance(value, (list, tuple)):
        return any(says(text, each) for each in value)
    told = _words(text)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return any(float(word) == float(value) for word in told if _is_number(word))
    own = _words(str(value))
    return bool(told & (own | {_OTHER_WORDS[word] for word in own if word in _OTHER_WORDS})) or text == str(value)


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _is_number(word: str) -> bool:
    return word.lstrip("-").replace(".", "", 1).isdecimal()
