"""Cases to choose from: thumbnails with their label and the model's answer, searched and filtered in the browser."""

from app.components.case_strip.block import Layout, Thumbnails
from app.components.case_strip.entries import CaseEntry, CaseFilter, CaseStripError
from app.components.case_strip.strip import CaseStripState, case_strip
from app.components.case_strip.thumbnails import make_thumbnail

__all__ = [
    "CaseEntry",
    "CaseFilter",
    "CaseStripError",
    "CaseStripState",
    "Layout",
    "Thumbnails",
    "case_strip",
    "make_thumbnail",
]
