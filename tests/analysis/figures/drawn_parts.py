"""Drawings put onto matplotlib's canvas, so that tests can ask what lies where."""

from dataclasses import dataclass
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.image import AxesImage
from matplotlib.style import context
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from analysis.figures.figure import Drawing
from analysis.figures.style import FigureStyle

SLACK = 0.6  # pixels at 100 dots per inch: the room around letters counts as theirs


@dataclass(frozen=True)
class Drawn:
    canvas: Canvas
    texts: list[tuple[str, Bbox]]

    def words(self) -> list[str]:
        return [words for words, _ in self.texts]

    def images(self, cmap: str) -> list[AxesImage]:
        """Pictures of a colour map, from left to right."""
        found = [image for image in self.canvas.findobj(AxesImage) if image.get_cmap().name == cmap]
        return sorted(found, key=lambda image: float(image.get_window_extent().x0))

    def overlaps(self) -> list[tuple[str, str]]:
        """Pairs of texts that lie on each other."""
        return [
            (first, second)
            for (first, one), (second, other) in combinations(self.texts, 2)
            if min(one.x1, other.x1) - max(one.x0, other.x0) > SLACK
            and min(one.y1, other.y1) - max(one.y0, other.y0) > SLACK
        ]

    def outside(self) -> list[str]:
        """Texts that reach beyond the figure."""
        width, height = self.canvas.get_size_inches() * self.canvas.dpi
        return [
            words
            for words, box in self.texts
            if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK
        ]


def put_on_canvas(drawing: Drawing, style: FigureStyle) -> Drawn:
    """A drawing as the exporter draws it, with the boxes of its texts in pixels at 100 dots per inch."""
    with context(["default", style.settings()]):
        canvas = Canvas(figsize=(style.width, drawing.height(style)), dpi=100, layout="constrained")
        agg = FigureCanvasAgg(canvas)
        drawing.draw(canvas, style)
        agg.draw()
        beyond = _labels_beyond(canvas)
        texts = [
            (text.get_text(), text.get_window_extent(agg.get_renderer()))
            for text in canvas.findobj(Text)
            if isinstance(text, Text) and text.get_text().strip() and text.get_visible() and id(text) not in beyond
        ]
    return Drawn(canvas, texts)


def _labels_beyond(canvas: Canvas) -> set[int]:
    """Labels of ticks beyond the limits of their axes: they are there, but not drawn."""
    beyond = set()
    for axis in (axis for axes in canvas.findobj(Axes) for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if not low <= tick.get_loc() <= high:
                beyond |= {id(tick.label1), id(tick.label2)}
    return beyond
