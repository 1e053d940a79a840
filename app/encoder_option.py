"""The option by which the person who starts a program allows encoders of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from xaae_core.encoder_permission import ALLOW_SWITCH, check_modules


def allow_encoders(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--allow-encoders my_pkg.encoders` to a command: allowed here and in the programs that it starts."""
    return click.option(
        "--allow-encoders",
        metavar="MODULES",
        expose_value=False,
        callback=_allow,
        help="Modules (or packages) of your own whose encoders may be imported, such as my_pkg.encoders; several with "
        f"commas. {ALLOW_SWITCH} says the same. None if left out.",
    )(command)


def _allow(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    try:
        os.environ[ALLOW_SWITCH] = check_modules(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
