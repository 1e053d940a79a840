"""Browser parts: a thin Python wrapper each, beside its JavaScript and styles."""
