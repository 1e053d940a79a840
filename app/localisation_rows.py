"""The file in which a localisation keeps what each map of each picture reached, so that a stopped run can go on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import TextIO

from analysis.evaluation.localisation_table import LocalisedMap
from xaae_core.atomic_files import write_text_atomically

NAME = "pictures.csv"
"""The file's name."""

BEFORE = "pictures.before.csv"
"""Where the lines go that a run with other settings has left."""

_RUN = "run"
_TEXTS = ("picture", "method", "target")
_COLUMNS = (_RUN, *(entry.name for entry in fields(LocalisedMap)))


class LocalisationRows:
    """Appends a line to `pictures.csv` as soon as a map has been measured; lines of an equal run are kept.

    Args:
        folder: of the results; made if absent.
        run: digest of everything that a line depends on beside picture, method and target. Lines of another run, and
            one that was cut off, are not taken: the file is then kept as `pictures.before.csv`.
        targets: digest of what each target of this run means; lines of one that meant something else are not taken,
            those of other targets of the same run stay.
        is_resumed: keep what an earlier run has left; otherwise begin anew.
    """

    def __init__(self, folder: Path, run: str, targets: Mapping[str, str], *, is_resumed: bool = True) -> None:
        self._path, self._run = folder / NAME, run
        self._runs = {name: f"{run}-{digest}" for name, digest in targets.items()}
        self._n_lines = 0
        self._kept = list(self._read()) if is_resumed else []
        self.maps = [found for _, found in self._kept]
        self.n_found = len(self.maps)
        self._done = {(each.picture, each.method, each.target) for each in self.maps}
        self._file: TextIO | None = None

    def __enter__(self) -> LocalisationRows:
        if self._n_lines > len(self._kept):
            self._path.replace(self._path.with_name(BEFORE))
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(_COLUMNS)
        table.writerows(_cells(line_run, each) for line_run, each in self._kept)
        write_text_atomically(self._path, text.getvalue())
        self._file = self._path.open("a", newline="", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def has(self, picture: str, method: str, target: str) -> bool:
        """Whether a map has been measured, now or by the run before."""
        return (picture, method, target) in self._done

    def add(self, found: LocalisedMap) -> None:
        """Keep a measured map, on disk at once."""
        if self._file is None:
            raise RuntimeError("rows are added inside the with block")
        csv.writer(self._file, lineterminator="\n").writerow(_cells(self._run_of(found.target), found))
        self._file.flush()
        self.maps.append(found)
        self._done.add((found.picture, found.method, found.target))

    def _run_of(self, target: str) -> str:
        return self._runs.get(target, self._run)

    def _read(self) -> Iterator[tuple[str, LocalisedMap]]:
        """The whole lines that still hold, with their run; none where there is no such file."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
        except (OSError, UnicodeDecodeError):
            return
        table = csv.DictReader([line for line in lines if line.endswith("\n")])
        if tuple(table.fieldnames or ()) != _COLUMNS:
            return
        for row in table:
            self._n_lines += 1
            found = _parsed(row)
            if found is None or row[_RUN].partition("-")[0] != self._run:
                continue
            if found.target not in self._runs or row[_RUN] == self._runs[found.target]:
                yield row[_RUN], found


def _cells(run: str, found: LocalisedMap) -> list[str]:
    values = asdict(found).values()
    return [run, *(value if isinstance(value, str) else repr(value) for value in values)]


def _parsed(row: dict[str, str]) -> LocalisedMap | None:
    try:
        return LocalisedMap(*(row[name] if name in _TEXTS else float(row[name]) for name in _COLUMNS[1:]))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # a line that another program has cut
        return None
