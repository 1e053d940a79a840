"""Options of a command from a TOML file as from flags, and the file that a command writes beside its results."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import tomli_w

from xaae_core.atomic_files import write_text_atomically

_NOT_KEPT = frozenset({"as_json", "resume", "settings", "allow_encoders"})
"""Never from a file: how to print, and what only the person who starts the program may allow."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class SettingsCommand(click.Command):
    """A command that takes `--settings FILE`, and leaves its settings beside what it wrote to `--out`.

    The file's names are the options' and arguments', with underscores (`batch_size = 16`). A flag on the command line
    wins over the file. Both go through the same checks. Unknown names are refused.

    Args:
        *args: for `click.Command`.
        flatten: turns the file's values into options by name, where the file has another form.
        is_writing: write `settings.toml` beside the results when the command has ended.
        **kwargs: for `click.Command`.
    """

    def __init__(
        self,
        *args: Any,
        flatten: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
        is_writing: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._flatten, self._is_writing = flatten, is_writing
        self.params.append(
            click.Option(
                ["--settings"],
                type=_FILE,
                is_eager=True,  # before the options that it gives values to
                expose_value=False,
                callback=self._take,
                help="TOML file with any of these options; flags win over it.",
            )
        )

    def _take(self, ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is None:
            return
        try:
            values = dict(self._flatten(tomllib.loads(value.read_text(encoding="utf-8"))))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
            raise click.BadParameter(
                f"{value} is not a settings file ({error}): expected TOML, name = value"
            ) from error
        names = [str(entry.name) for entry in self.params if entry.name not in _NOT_KEPT]
        unknown = sorted(values.keys() - set(names))
        if unknown:
            raise click.BadParameter(
                f"{value} sets {', '.join(unknown)}; this command knows {', '.join(sorted(names))}: correct the file"
            )
        ctx.default_map = {**(ctx.default_map or {}), **values}

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, then write its settings."""
        result = super().invoke(ctx)
        if self._is_writing and ctx.params.get("out") is not None:
            write_text_atomically(settings_path(ctx.params["out"]), settings_text(ctx))
        return result


def settings_path(out: Path) -> Path:
    """Where the settings of results lie: in their folder, or beside their file."""
    return out / "settings.toml" if out.is_dir() else out.with_name(f"{out.stem}.settings.toml")


def settings_text(ctx: click.Context) -> str:
    """The command's options and arguments as TOML, those that have a value."""
    kept = {name: _plain(value) for name, value in ctx.params.items() if name not in _NOT_KEPT}
    given = {name: value for name, value in kept.items() if value not in (None, [], ())}
    return f"# Settings of a run; `{ctx.command_path} --settings THIS_FILE` repeats it.\n" + tomli_w.dumps(given)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return str(value.absolute()) if isinstance(value, Path) else value
