"""Names that others chose (files, cases, cards), safe to put into Streamlit's Markdown."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$:^=])")


def plain(text: str) -> str:
    """The text so that Markdown shows it letter for letter.

    A file called `a_b_c.png` keeps its underscores, `$HOME` is no formula, and a name can hold no link or picture
    that the browser would fetch.
    """
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
