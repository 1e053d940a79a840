"""Everything a page of the app says, in whatever kind of element: labels, options, help and sentences."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.app.session import Session

_NO_WORDS = {
    *("id", "form_id", "element_id", "user_key", "css_classes", "page_script_hash", "url", "component_name"),
    *("js_content", "css_content"),
}
"""Fields of Streamlit's messages with names for machines, and with programs."""


def said_on_page(session: Session) -> list[str]:
    """All texts of a page, each once, in the order of the page."""
    protos = (getattr(node, "proto", None) for root in (session.app.main, session.app.sidebar) for node in root)
    said = dict.fromkeys(text for proto in protos for text in _texts(proto))
    return [text for text in said if " " in text or text.isalpha()]


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif hasattr(part, "ListFields"):
        for field, value in part.ListFields():
            if field.name not in _NO_WORDS:
                yield from _texts(value)
    elif isinstance(part, Iterable) and not isinstance(part, bytes | dict):
        for one in part:
            yield from _texts(one)
