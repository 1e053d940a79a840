"""A button that puts a picture on the clipboard."""

from app.components.copy_button.button import copy_button

__all__ = ["copy_button"]
