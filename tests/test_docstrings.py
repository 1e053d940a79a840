"""What docstrings and the README name of this tool by its dotted name is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_NAMED = re.compile(r"`((?:xaae_core|analysis|app)(?:\.\w+)+)")


def names_of(file: Path) -> set[str]:
    """What a module defines or imports at its top, for type checkers too."""
    found: set[str] = set()
    for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
            found.add(statement.id)
    return found


def is_there(dotted: str) -> bool:
    place, parts = ROOT, dotted.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if not parts:
        return True
    file = place / f"{parts[0]}.py"
    name = parts[1:2] if file.exists() else parts[:1]
    return not name or name[0] in names_of(file if file.exists() else place / "__init__.py")


@pytest.mark.parametrize("top", ["xaae_core", "analysis", "app", "README.md"])
def test_every_dotted_name_is_there(top: str) -> None:
    files = [ROOT / top] if top.endswith(".md") else sorted((ROOT / top).rglob("*.py"))
    said = {(file, name) for file in files for name in _NAMED.findall(file.read_text(encoding="utf-8"))}
    assert [(str(file.relative_to(ROOT)), name) for file, name in sorted(said) if not is_there(name)] == []


def test_what_is_not_there_is_found() -> None:
    assert is_there("xaae_core.errors.TrainingError")
    assert not is_there("xaae_core.errors.NoSuchError")
    assert not is_there("xaae_core.no_such_module")
