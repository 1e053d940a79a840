"""Whose code may run as an encoder: modules that the person who starts the program allowed, by default none.

A checkpoint that names `python:my_pkg.encoders:build` asks to import `my_pkg.encoders`. Importing is running, so it
happens only where that name was allowed before the checkpoint was looked at.
"""

from __future__ import annotations

import os
import re

from xaae_core.errors import EncoderNotAllowedError

ALLOW_SWITCH = "XAAE_ALLOW_ENCODERS"
MODULE = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
"""A module's full name; ASCII only."""


def allowed_modules() -> tuple[str, ...]:
    """The modules whose encoders may be imported: names of XAAE_ALLOW_ENCODERS, separated by commas; none by default.

    The one place where the variable is read. What is no module's name allows nothing.
    """
    names = (name.strip() for name in os.environ.get(ALLOW_SWITCH, "").split(","))
    return tuple(name for name in names if is_module_name(name))


def is_module_name(name: str) -> bool:
    """Whether a text is a module's full name, as my_pkg.encoders."""
    return re.fullmatch(MODULE, name, re.ASCII) is not None


def check_modules(names: str) -> str:
    """Names separated by commas, as XAAE_ALLOW_ENCODERS takes them.

    Raises:
        ValueError: one of them is no module's name.
    """
    parts = [name.strip() for name in names.split(",")]
    for name in parts:
        if not is_module_name(name):
            raise ValueError(f'"{name}" is no name of a module; expected names such as my_pkg.encoders')
    return ",".join(parts)


def check_allowed(module: str) -> None:
    """Raise EncoderNotAllowedError unless a module, or a package it lies in, was allowed."""
    allowed = allowed_modules()
    if any(module == name or module.startswith(f"{name}.") for name in allowed):
        return
    raise EncoderNotAllowedError(
        f"the encoder is code of the module {module}, which may not be imported: allowed are "
        f"{', '.join(allowed) or 'none'}. If you know and trust that module, start the program with "
        f"{ALLOW_SWITCH}={module} (xaae app and xaae train also take --allow-encoders {module})."
    )
