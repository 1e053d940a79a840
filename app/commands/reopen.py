"""`xaae reopen`: from a figure's file back to the view it was made from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.app import serving_options, start_app
from app.terminal import print_json, remark
from xaae_core.errors import ProvenanceError, ViewError

if TYPE_CHECKING:
    from analysis.provenance.provenance import Provenance
    from app.reopening import ReopenedFigure, ReopenedView

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path, resolve_path=True)


@click.command("reopen", epilog="\b\nExample:\n  xaae reopen path-effusion-3fa9c1.svg")
@click.argument("file", type=_FILE)
@click.option("--print", "only_prints", is_flag=True, help="Print the facts and the link; start nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON, and start nothing.")
@click.option("--panel", metavar="LETTER", help="Which panel of a figure of several to open: a, b, …")
@serving_options
def command(file: Path, only_prints: bool, as_json: bool, panel: str | None, **choices: Any) -> None:
    """Open the view that a figure was made from.

    FILE is a PNG, SVG, PDF, GIF, MP4 or HTML that this tool exported. Prints what it is, how it was made and what is
    not as it was: the model, the data, the versions, the drawing itself. Then starts the app on that view, as xaae app
    does. The model and the data are found where they were opened last on this computer, or are given here.
    """
    figure = read_figure(file)
    chosen = _panel(figure, panel)
    model = _model_of(chosen.provenance, choices["checkpoint"])
    now = _now(model, choices["data"])
    facts = facts_of(figure, chosen, now)
    facts["link"] = _root(choices["port"]) + chosen.view.link() if chosen.view is not None else ""
    facts["model_found"] = model is not None
    if as_json:
        print_json(facts)
        return
    _print(facts)
    if only_prints:
        return
    _check_can_open(file.name, chosen, model)
    start_app(opened=file, **{**choices, "checkpoint": choices["checkpoint"] or model})


def read_figure(path: Path) -> ReopenedFigure:
    """The figure in a file; raises ProvenanceError with the remedy."""
    from analysis.provenance.figure_files import MAX_BYTES
    from app.reopening import reopen_figure

    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ProvenanceError(f"{path.name} has {size:,} bytes; a figure has at most {MAX_BYTES:,}")
    return reopen_figure(path.read_bytes(), path.name)


def facts_of(figure: ReopenedFigure, chosen: ReopenedView, now: Mapping[str, str]) -> dict[str, Any]:
    """What a figure says of its making, and what differs, as JSON values.

    Args:
        figure: the file.
        chosen: the figure, or one of its panels.
        now: hashes of what would be opened, see `Provenance.differences`.
    """
    from app.reopening import version_differences, versions_now

    told = chosen.provenance
    return {
        "file": figure.name,
        "container": figure.container,
        "kind": told.kind,
        "page": chosen.view.page if chosen.view is not None else "",
        "model": {"name": told.checkpoint_name, "sha256": told.checkpoint_sha256},
        "data": {"name": told.data_name, "fingerprint": told.data_fingerprint},
        "cases": list(told.case_ids),
        "direction": told.direction,
        "seed": told.seed,
        "settings": {key: value for key, value in told.settings.items() if key != "panels"},
        "created": told.created,
        "versions": told.versions,
        "panels": [panel.provenance.kind for panel in figure.panels],
        "warnings": [*figure.warnings, *chosen.notes],
        "differences": [*told.differences(now), *version_differences(told, versions_now())],
    }


def _panel(figure: ReopenedFigure, letter: str | None) -> ReopenedView:
    if letter is None:
        return figure.whole
    place = ord(letter.lower()) - ord("a") if len(letter) == 1 else -1
    if not 0 <= place < len(figure.panels):
        many = f"has {len(figure.panels)} panels" if figure.panels else "is no figure of several panels"
        raise ViewError(f"{figure.name} {many}; there is no panel {letter[:20]}: leave --panel out, or give another")
    return figure.panels[place]


def _model_of(provenance: Provenance, given: Path | None) -> Path | None:
    """The checkpoint to open: the given one, or the figure's where it is known on this computer; None without."""
    from app.known_models import find_model
    from app.settings import read_settings

    if given is not None or not provenance.checkpoint_sha256:
        return given
    return find_model(provenance.checkpoint_sha256, read_settings())


def _now(model: Path | None, data: Path | None) -> dict[str, str]:
    """Hashes of the model and the data that would be opened; what is not known is left out."""
    from xaae_core.checkpoints import file_sha256

    found = {"checkpoint_sha256": file_sha256(model)} if model is not None else {}
    return {**found, "data_fingerprint": _fingerprint(data, model)} if data is not None else found


def _fingerprint(path: Path, model: Path | None) -> str:
    """The fingerprint of data as a page would open them: read as the model takes them."""
    from app.opened_data import fingerprint_of
    from xaae_core.checkpoints import read_card

    return fingerprint_of(path, read_card(model) if model is not None else None)


def _check_can_open(name: str, chosen: ReopenedView, model: Path | None) -> None:
    told = chosen.provenance
    if chosen.view is None and told.kind != "panels":
        raise ViewError(f"{name} is a figure of the kind “{told.kind[:40]}”, which no page of this version shows")
    if model is None and told.checkpoint_sha256:
        raise ViewError(
            f"{name} was made with a model that is not known on this computer, its checkpoint has the SHA-256 "
            f"{told.checkpoint_sha256}: give its file with --checkpoint, or only look at the facts with --print"
        )


def _root(port: int | None) -> str:
    return f"http://127.0.0.1:{port or os.environ.get('STREAMLIT_SERVER_PORT') or 8501}/"


def _print(facts: Mapping[str, Any]) -> None:
    """The facts in words on stdout, what to beware of on stderr."""
    what = "report" if facts["kind"] == "report" else f"{facts['kind']} figure"
    click.echo(f"{facts['file']}: a {what} ({facts['container'].upper()})")
    rows = {
        "model": _named(facts["model"]["name"], facts["model"]["sha256"]),
        "data": _named(facts["data"]["name"], facts["data"]["fingerprint"]),
        "cases": _listed(facts["cases"]),
        "direction": _table(facts["direction"]),
        "seed": "" if facts["seed"] is None else str(facts["seed"]),
        "settings": _table(facts["settings"]),
        "made": facts["created"],
        "with": _table(facts["versions"]),
        "panels": _listed(facts["panels"]),
        "page": facts["page"],
        "link": facts["link"],
    }
    for name, words in rows.items():
        if words:
            click.echo(f"  {name:<10} {_shown(words)}")
    for text in (*facts["warnings"], *facts["differences"]):
        remark(f"note: {_shown(text)}")


def _named(name: str, digest: str) -> str:
    return f"{name} ({digest})" if name and digest else name or digest


def _listed(values: Sequence[str], most: int = 8) -> str:
    more = f" and {len(values) - most:,} more" if len(values) > most else ""
    return ", ".join(values[:most]) + more


def _table(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _shown(text: str) -> str:
    """On one line, without what could steer a terminal: the file may be anybody's."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:2000]
