"""How small the smallest text of a figure is on paper: read from the file itself, whoever drew it."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from xaae_core.errors import FigureError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SVG = "{http://www.w3.org/2000/svg}"
_POINTS = {"pt": 1.0, "px": 0.75, "": 0.75, "in": 72.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "pc": 12.0}
_LENGTH = re.compile(r"\s*([\d.eE+-]+)\s*(pt|px|in|mm|cm|pc|)\s*$")
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")
_FONT_SIZE = re.compile(r"(?:font-size:\s*|font:[^;]*?)([\d.]+)(px|pt)")

Matrix = tuple[float, float, float, float]
"""The linear part (a, b, c, d) of SVG's and PDF's (a, b, c, d, e, f): x' = ax + cy, y' = bx + dy."""
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class WrittenText:
    """A piece of text of a figure.

    Attributes:
        points: size of its font at the figure's own width, in points (1/72 inch).
        text: what is written; "" of a PDF, whose letters are numbers of glyphs.
    """

    points: float
    text: str = ""


def smallest_text(file: bytes, container: Literal["svg", "pdf"]) -> float:
    """Points of the smallest text of an SVG or PDF at its final width; infinity where nothing is written.

    Raises:
        FigureError: the file is damaged, or of another kind.
    """
    return min((text.points for text in find_texts(file, container)), default=math.inf)


def find_texts(file: bytes, container: Literal["svg", "pdf"]) -> list[WrittenText]:
    """All pieces of text of an SVG or PDF with their sizes on paper.

    Raises:
        FigureError: the file is damaged, or of another kind.
    """
    import pikepdf

    try:
        return list(_texts_of_svg(file) if container == "svg" else _texts_of_pdf(file))
    except (SyntaxError, ValueError, pikepdf.PdfError) as error:  # the XML parser's errors are SyntaxErrors
        raise FigureError(
            f"no text can be measured: this is no {container.upper()}, or it is damaged ({error})"
        ) from error


def _texts_of_svg(file: bytes) -> Iterator[WrittenText]:
    from xml.etree.ElementTree import fromstring

    root = fromstring(file)
    if root.tag != f"{_SVG}svg":
        raise ValueError(f"its first element is {root.tag}")
    yield from _texts_below(root, _scaled(_SAME, _points_of_a_unit(root)), 16.0, is_text=False)


def _points_of_a_unit(root: Element) -> float:
    width = _LENGTH.match(root.get("width", ""))
    if width is None:
        raise ValueError("it has no width in a unit of length")
    box = root.get("viewBox", "").replace(",", " ").split()
    units = float(box[2]) if len(box) == 4 else float(width[1]) * _POINTS[width[2]] / _POINTS["px"]
    return float(width[1]) * _POINTS[width[2]] / units


def _texts_below(part: Element, matrix: Matrix, size: float, *, is_text: bool) -> Iterator[WrittenText]:
    """Texts of an element; sizes are in units until the matrix makes them points."""
    matrix = _times(matrix, _transform(part.get("transform", "")))
    given = _FONT_SIZE.search(part.get("style", "")) or re.search(r"()([\d.]+)", part.get("font-size", ""))
    if given is not None:
        size = float(given[1] or given[2]) / (_POINTS["px"] if given[2] == "pt" else 1.0)
    is_text = is_text or part.tag == f"{_SVG}text"
    if is_text and part.text and part.text.strip():
        yield WrittenText(size * _height(matrix), part.text.strip())
    for child in part:
        yield from _texts_below(child, matrix, size, is_text=is_text)
        if is_text and child.tail and child.tail.strip():
            yield WrittenText(size * _height(matrix), child.tail.strip())


def _transform(source: str) -> Matrix:
    matrix = _SAME
    for name, inside in _TRANSFORM.findall(source):
        numbers = [float(number) for number in inside.replace(",", " ").split()]
        matrix = _times(matrix, _linear(name, numbers))
    return matrix


def _linear(name: str, numbers: list[float]) -> Matrix:
    if name == "matrix":
        return numbers[0], numbers[1], numbers[2], numbers[3]
    if name == "scale":
        return numbers[0], 0.0, 0.0, numbers[-1]
    if name == "rotate":
        angle = math.radians(numbers[0])
        return math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle)
    if name in ("skewX", "skewY"):
        lean = math.tan(math.radians(numbers[0]))
        return (1.0, 0.0, lean, 1.0) if name == "skewX" else (1.0, lean, 0.0, 1.0)
    return _SAME


def _times(outer: Matrix, inner: Matrix) -> Matrix:
    a, b, c, d = outer
    e, f, g, h = inner
    return a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h


def _scaled(matrix: Matrix, factor: float) -> Matrix:
    a, b, c, d = matrix
    return a * factor, b * factor, c * factor, d * factor


def _height(matrix: Matrix) -> float:
    """How high one unit of height becomes: text is as readable as it is high."""
    return math.hypot(matrix[2], matrix[3])


@dataclass
class _PdfState:
    """What of a PDF's graphics state makes text large or small."""

    matrix: Matrix = _SAME
    size: float = 0.0
    text: Matrix = _SAME
    saved: list[tuple[Matrix, float]] = field(default_factory=list)


def _texts_of_pdf(file: bytes) -> Iterator[WrittenText]:
    import pikepdf

    with pikepdf.open(io.BytesIO(file)) as pdf:
        for page in pdf.pages:
            unit = float(page.obj.get("/UserUnit", 1))
            yield from _texts_of_stream(page, page.obj.get("/Resources", {}), _scaled(_SAME, unit), depth=0)


def _texts_of_stream(stream: Any, resources: Any, matrix: Matrix, *, depth: int) -> Iterator[WrittenText]:
    """Texts of a page or of a form drawn on it; forms within forms down to ten."""
    import pikepdf

    state = _PdfState(matrix)
    for instruction in pikepdf.parse_content_stream(stream):
        name, operands = str(instruction.operator), instruction.operands
        if name in ("Tj", "TJ", "'", '"') and _shows_something(operands):
            yield WrittenText(state.size * _height(_times(state.matrix, state.text)))
        elif name == "Do":
            form = resources.get("/XObject", {}).get(str(operands[0]))
            if form is not None and form.get("/Subtype") == "/Form" and depth < 10:
                inner = _times(state.matrix, _first_four(form.get("/Matrix", [1, 0, 0, 1])))
                yield from _texts_of_stream(form, form.get("/Resources", resources), inner, depth=depth + 1)
        else:
            _follow(state, name, operands)


def _follow(state: _PdfState, name: str, operands: Any) -> None:
    if name == "q":
        state.saved.append((state.matrix, state.size))
    elif name == "Q" and state.saved:
        state.matrix, state.size = state.saved.pop()
    elif name == "cm":
        state.matrix = _times(state.matrix, _first_four(operands))
    elif name == "BT":
        state.text = _SAME
    elif name == "Tm":
        state.text = _first_four(operands)
    elif name == "Tf":
        state.size = float(operands[1])


def _shows_something(operands: Any) -> bool:
    """Whether a text operator has any letters; TJ has them in a list beside distances."""
    import pikepdf

    last = operands[-1]
    parts = list(last) if isinstance(last, pikepdf.Array) else [last]
    return any(isinstance(part, pikepdf.String) and bytes(part).strip() for part in parts)


def _first_four(values: Any) -> Matrix:
    a, b, c, d = (float(value) for value in list(values)[:4])
    return a, b, c, d
