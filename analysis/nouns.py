"""What things are called: everything that is said of a picture's pixels is said of a signal's samples, too."""

from __future__ import annotations

import re

from xaae_core.signal_form import SignalForm, signal_form_of

_OF_SIGNALS = {
    "picture": "signal",
    "pictures": "signals",
    "pixel": "sample",
    "pixels": "samples",
    "square": "stretch",
    "squares": "stretches",
    "disc": "bar",
    "brightness": "value",
    "brighter": "higher",
    "darker": "lower",
    "px": "samples",
}
_WORD = re.compile(rf"(?<!mean )\b({'|'.join(_OF_SIGNALS)})\b", re.IGNORECASE)


def signal_words(text: str) -> str:
    """A text about pictures as one about signals: "the picture's pixels" are "the signal's samples"."""
    return _WORD.sub(lambda found: _like(found[0], _OF_SIGNALS[found[0].lower()]), text)


def said_of(model: object, text: str) -> str:
    """A text about pictures, in the words of what a model takes."""
    return said_of_form(signal_form_of(model), text)


def said_of_form(form: SignalForm | None, text: str) -> str:
    """A text about pictures, in the words of cases of a form; None: of pictures."""
    return text if form is None else signal_words(text)


def _like(before: str, after: str) -> str:
    return after.capitalize() if before[:1].isupper() else after
