"""A small drawing with everything that drawings have: text, lines, a picture with a colour map."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.figures.style import FigureStyle


@dataclass(frozen=True, eq=False)
class Wave:
    kind: ClassVar[str] = "wave"
    values: NDArray[Any] = field(default_factory=lambda: np.sin(np.linspace(0, 6, 50)))
    colour: str = "#D55E00"

    def height(self, style: FigureStyle) -> float:
        return style.width / 3

    def draw(self, part: Any, style: FigureStyle) -> None:
        axes, picture = part.subplots(1, 2)
        axes.plot(self.values, color=self.colour)
        axes.set(title="A wave", xlabel="time (s)")
        shown = picture.imshow(np.outer(self.values, self.values), cmap=style.diverging, vmin=-1, vmax=1)
        part.colorbar(shown, ax=picture).set_label("product")

    def numbers(self) -> str:
        return "value\n" + "\n".join(f"{value:.6f}" for value in self.values) + "\n"

    def caption(self) -> str:
        return "A wave over time."
