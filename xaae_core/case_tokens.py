"""What a case is called in files and links that leave the house: neither its file's name nor anything a patient is."""

from __future__ import annotations

import hashlib
import re

_LENGTH = 12
_TOKEN = re.compile(rf"[0-9a-f]{{{_LENGTH}}}")


def case_token(case_id: str) -> str:
    """Twelve hexadecimal letters that stand for a case's id; the same id has the same token, "" has none.

    Ids are mostly file names, and file names of a hospital hold names and dates of birth. A token tells nothing of
    them to a reader; who has the data finds the case again. It is no secret: who knows a file's name can compute it.
    """
    return (
        hashlib.blake2b(case_id.encode(), digest_size=_LENGTH // 2, person=b"xaae case").hexdigest() if case_id else ""
    )


def is_case_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def short_token(case_id: str) -> str:
    """The first six letters, as titles of figures call a case."""
    return case_token(case_id)[:6]
