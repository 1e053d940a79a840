"""The worked example of the docs runs, cell by cell, and shows what its prose says."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance import read_provenance

EXAMPLE = Path(__file__).parents[1] / "docs" / "worked_example.py"
_NOT_TEXT = re.compile(r"^(?!#).+", re.MULTILINE)


@dataclass
class Notebook:
    """What running the cells has left.

    Attributes:
        names: of all cells together.
        shown: HTML of what cells ended with, by its type.
        printed: of all cells together.
    """

    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    shown: dict[str, str] = field(default_factory=dict)
    printed: str = ""

    def run(self, number: int, cell: str) -> None:
        """Run a cell and show its last line, as a notebook does."""
        tree = ast.parse(cell, filename=f"cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), self.names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), self.names)
            if hasattr(value, "_repr_html_"):
                self.shown[type(value).__name__] = value._repr_html_()


def cells() -> list[tuple[str, str]]:
    """(kind, source) of each cell: "markdown" or "code"."""
    parts = re.split(r"^# %%(.*)\n", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.fullmatch(r"(#.*\n)*", parts[0])
    return [
        ("markdown" if "markdown" in kind else "code", source)
        for kind, source in zip(parts[1::2], parts[2::2], strict=True)
    ]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    from contextlib import redirect_stdout
    from io import StringIO

    made, printed = Notebook(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        for number, (kind, source) in enumerate(cells()):
            if kind == "code":
                made.run(number, source)
        made.names["out"] = made.names["out"].resolve()
    made.printed = printed.getvalue()
    return made


def test_prose_is_in_comments_and_comes_before_every_step() -> None:
    kinds = [kind for kind, _ in cells()]
    assert kinds[0] == "markdown"
    assert kinds.count("markdown") >= 8
    assert not any(_NOT_TEXT.search(source) for kind, source in cells() if kind == "markdown")


def test_every_result_shows_itself(notebook: Notebook) -> None:
    assert set(notebook.shown) == {"LatentTable", "Direction", "Traversal", "Figure", "Projection", "Attribution"}


def test_the_files_that_it_promises_are_there_and_know_how_they_were_made(notebook: Notebook) -> None:
    out: Path = notebook.names["out"]
    assert sorted(path.name for path in out.iterdir()) == ["figure-1.pdf", "figure-1.svg", "path.gif", "report.html"]
    for name in ("figure-1.pdf", "figure-1.svg"):
        found = read_provenance((out / name).read_bytes())
        assert found.warnings == ()
        assert [panel["kind"] for panel in found.provenance.settings["panels"]] == ["path", "map", "attribution"]


def test_no_text_is_below_five_points(notebook: Notebook) -> None:
    (points,) = re.findall(r"smallest text ([\d.]+) pt", notebook.printed)
    assert float(points) >= 5


def test_the_way_back_is_as_it_was_exported(notebook: Notebook) -> None:
    assert "as it was exported" in notebook.printed
    assert "the same model" in notebook.printed
    assert "'page': 'traverse'" in notebook.printed


def test_its_words_cite_what_was_used(notebook: Notebook) -> None:
    assert "Sundararajan" in notebook.printed
    assert "@article{wold2001" in notebook.printed
