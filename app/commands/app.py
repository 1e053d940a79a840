"""`xaae app`: the pages in the browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from app.encoder_option import allow_encoders
from xaae_core.errors import ViewError

PAGES = Path(__file__).resolve().parents[1]
CONFIG = PAGES.parent / ".streamlit" / "config.toml"
SAFE_SETTINGS = {
    "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
"""What holds even where the settings file was not installed."""
PATIENT_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
"""Threads that wait by spinning would take the cores from the page and from other sessions."""

_EXISTING = click.Path(exists=True, path_type=Path, resolve_path=True)
_FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)


def serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what the commands that start the app have in common; they come as `checkpoint`, `data`, … to `start_app`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return allow_encoders(command)


_OPTIONS = (
    click.option("--checkpoint", type=_EXISTING, help="Model to open; the bundled demo if left out."),
    click.option(
        "--data",
        type=_EXISTING,
        help="Data folder, or table that xaae extract wrote, to show; with the demo, its own pictures if left out.",
    ),
    click.option("--pictures", type=_EXISTING, help="Folder of such a table's pictures; where it says if left out."),
    click.option("--models", type=_EXISTING, help="Folder whose checkpoints the start page offers."),
    click.option("--runs", type=_FOLDER, help="Folder of the trainings started from the page; runs if left out."),
    click.option(
        "--browse", type=_EXISTING, help="Folder below which the train page looks for pictures; your home if left out."
    ),
    click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1; Streamlit's 8501 if left out."),
)


@click.command("app", epilog="\b\nExample:\n  xaae app --checkpoint runs/first/model.safetensors --data my_pictures")
@click.option("--session", type=_EXISTING, help="Session to go on with, as the menu Share saved it.")
@serving_options
def command(session: Path | None, **choices: Any) -> None:
    """Open the pages in the browser.

    They are served on this computer only (127.0.0.1). Settings of Streamlit's own, given as STREAMLIT_SERVER_PORT
    and the like, win over the project's.
    """
    if session is not None:
        check_session(session)
    start_app(opened=session, **choices)


def check_session(path: Path) -> None:
    """Raise what is wrong with a saved session, before a server is started for it."""
    from app.sessions import MAX_BYTES, read_session

    if path.stat().st_size <= MAX_BYTES:
        read_session(path.read_bytes(), path.name)
    else:
        raise ViewError(f"{path.name} has {path.stat().st_size:,} bytes; a saved session has at most {MAX_BYTES:,}")


def start_app(
    *,
    checkpoint: Path | None,
    data: Path | None,
    pictures: Path | None,
    models: Path | None,
    runs: Path | None,
    browse: Path | None,
    port: int | None,
    opened: Path | None = None,
) -> NoReturn:
    """Become the server of the pages.

    Args:
        checkpoint: the first model.
        data: the first data.
        pictures: where the pictures of a table of latents lie.
        models: folder of checkpoints.
        runs: folder of trainings.
        browse: folder below which data are looked for.
        port: on 127.0.0.1.
        opened: a figure or a session whose view the bare address opens.
    """
    arguments = streamlit_arguments(port)
    environment = {
        **server_environment(os.environ),
        **chosen(XAAE_CHECKPOINT=checkpoint, XAAE_DATA=data, XAAE_PICTURES=pictures),
        **chosen(XAAE_MODELS=models, XAAE_RUNS=runs, XAAE_BROWSE=browse, XAAE_OPENED=opened),
    }
    if os.name == "posix":  # become the server, so that signals reach it and nothing is left behind
        os.execve(arguments[0], arguments, environment)
    raise SystemExit(subprocess.call(arguments, env=environment))


def streamlit_arguments(port: int | None) -> list[str]:
    """The command line of the server; -P keeps the working directory's own modules out of the way."""
    arguments = [sys.executable, "-P", "-m", "app.serve", str(PAGES / "main.py")]
    return arguments if port is None else [*arguments, "--server.port", str(port)]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the project's Streamlit settings, where it does not set them itself."""
    return {**PATIENT_THREADS, **SAFE_SETTINGS, **file_settings(CONFIG), **environment}


def file_settings(path: Path) -> dict[str, str]:
    """Settings of a Streamlit config.toml as the environment variables that mean the same; {} without it."""
    if not path.is_file():
        return {}
    return dict(_flat("STREAMLIT", tomllib.loads(path.read_text(encoding="utf-8"))))


def chosen(**paths: Path | None) -> dict[str, str]:
    """The choices that were made, as environment variables."""
    return {name: str(path) for name, path in paths.items() if path is not None}


def _flat(prefix: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values of a table and the tables in it (theme.dark)."""
    for key, value in entries.items():
        name = f"{prefix}_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', key)}".upper()
        if isinstance(value, Mapping):
            yield from _flat(name, value)
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
