"""The command `xaae`: a thin door to training, latents, directions, traversals and the app.

Each command lives in a file of `app.commands` and is imported when it is asked for; none imports torch before
it has work for it, so that `xaae --help` answers at once.
"""

from __future__ import annotations

import errno
import os
from importlib import import_module
from pkgutil import iter_modules
from typing import IO, Any

import click

from app import commands
from xaae_core import __version__
from xaae_core.errors import XaaeError

EXIT_CODES = """\b
Exit codes:
  0    done
  1    stopped by you (Ctrl-C), or an error of this program
  2    something to mend: options, data, a checkpoint; the message says what
  3    check-data found what spoils results

\b
Example:
  xaae train my_pictures --out runs/first
  xaae app --checkpoint runs/first/model.safetensors --data my_pictures
"""


class MendableError(click.ClickException):
    """An error that the user can mend: its message on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message, without a traceback."""
        rank = os.environ.get("RANK", "0")  # where a launcher started several processes, all that fail say so
        who = "xaae" if rank == "0" else f"xaae (process {rank})"
        click.echo(f"{who}: {self.message}", file=file, err=True)


class Commands(click.Group):
    """The commands of `app.commands`, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names: those of the files, with a dash for an underscore."""
        return sorted(module.name.replace("_", "-") for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name: the object `command` of the file of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"app.commands.{cmd_name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user can mend becomes a message instead of a traceback."""
        try:
            return super().invoke(ctx)
        except XaaeError as error:
            raise MendableError(str(error)) from error
        except OSError as error:
            if error.filename is None or error.errno in (None, errno.EPIPE):
                raise
            raise MendableError(
                f"{error.filename}: {error.strerror}: check the path, its rights and the disk"
            ) from error


@click.group(cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xaae")
def main() -> None:
    """Ask a trained model of images or signals what it learned: train it, move along a target, see a case change."""


if __name__ == "__main__":
    main()
