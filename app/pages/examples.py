"""Examples: the training cases behind what the model makes of a picture."""

from __future__ import annotations

from app.failures import explained
from app.page_entry import open_page
from app.top_bar import top_bar
from app.workspace_progress import open_with_progress


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case = None
    with explained("Opening this picture"):
        case = workspace.case()
    top_bar(workspace, case)


open_page(render)
