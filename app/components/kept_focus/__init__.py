"""Keyboard focus that stays on a button while its row moves: Streamlit draws a moved row anew, without it."""

from app.components.kept_focus.focus import keep_focus

__all__ = ["keep_focus"]
