"""What `xaae attribute` does to each picture: maps, measures, checks, and a running mean of the maps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.found_maps import FoundMap
from app.terminal import counted, remark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.attributions import Attribution, Baseline, MethodSettings, Target
    from analysis.attributions.cohort_map import CohortMap, CohortMapBuilder
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseInput
    from xaae_core.latents import LatentTable


@dataclass
class AttributionRun:
    """One model, one target, some methods; pictures one after the other.

    Attributes:
        opened: the model.
        target: what is explained.
        methods: names, in the order of the results.
        settings: of the methods.
        table: labelled latents, to shuffle their labels; None without any.
        memory_bytes: what a pass may take.
        is_evaluated: whether the maps are measured and checked.
    """

    opened: Checkpoint
    target: Target
    methods: tuple[str, ...]
    settings: MethodSettings
    table: LatentTable | None = None
    memory_bytes: int | None = None
    is_evaluated: bool = False
    _means: dict[str, CohortMapBuilder] = field(default_factory=dict)
    _pictures: list[NDArray[np.float32]] = field(default_factory=list)

    def read(self, path: Path) -> CaseInput:
        """A picture as the model takes it; says what was changed. Raises ImageError."""
        from xaae_core.data.recipes import recipe_for

        picture = recipe_for(self.opened.model, self.opened.card).read(path)
        for note in picture.notes:
            remark(f"  note: {note}")
        return picture

    def read_mask(self, path: Path, picture: CaseInput) -> NDArray[np.bool_]:
        """The mask of a picture in the model's geometry; raises MaskError."""
        from xaae_core.data.masks import read_mask
        from xaae_core.data.recipes import recipe_for

        return read_mask(path, recipe_for(self.opened.model, self.opened.card), picture_size=picture.source_size)

    def explain(
        self, picture: CaseInput, baseline: Baseline, mask: NDArray[np.bool_] | None, *, words: str = ""
    ) -> list[FoundMap]:
        """The maps of a picture, with measures and checks where they are asked for; in the order of the methods.

        Args:
            picture: as `read` gives it.
            baseline: what it is compared with.
            mask: what matters in it; None where that is not known.
            words: before each line of progress.
        """
        from analysis.attributions import attribute
        from analysis.attributions.cohort_map import CohortMapBuilder

        made = []
        for method in self.methods:
            with counted(f"{words}{method}:") as progress:
                made.append(
                    attribute(
                        *(self.opened.model, picture.pixels, self.target),
                        method=method,
                        baseline=baseline,
                        settings=self.settings,
                        memory_bytes=self.memory_bytes,
                        progress=progress,
                    )
                )
            self._means.setdefault(method, CohortMapBuilder()).add(made[-1])
        self._pictures.append(picture.pixels)
        if not self.is_evaluated:
            return [FoundMap(one) for one in made]
        return self._evaluated(picture, made, baseline, mask, words)

    def means(self) -> dict[str, CohortMap]:
        """The mean map of all pictures so far, by method."""
        return {method: mean.result() for method, mean in self._means.items()}

    def mean_picture(self) -> NDArray[Any]:
        """The mean of the explained pictures [C, H, W]."""
        import numpy as np

        mean: NDArray[Any] = np.mean(self._pictures, axis=0)
        return mean

    def _evaluated(
        self,
        picture: CaseInput,
        made: list[Attribution],
        baseline: Baseline,
        mask: NDArray[np.bool_] | None,
        words: str,
    ) -> list[FoundMap]:
        from analysis.evaluation.map_measures import measure_maps
        from analysis.evaluation.sanity import SanityBench

        asked = (self.opened.model, picture.pixels, self.target)
        with counted(f"{words}measures:") as progress:
            measured = measure_maps(
                *asked, made, baseline=baseline, mask=mask, seed=self.settings.seed,
                memory_bytes=self.memory_bytes, progress=progress,
            )  # fmt: skip
        bench = SanityBench(
            *asked, table=self.table, baseline=baseline, mask=mask, seed=self.settings.seed,
            memory_bytes=self.memory_bytes,
        )  # fmt: skip
        found = []
        for one in measured:
            with counted(f"{words}checks of {one.method}:") as progress:
                strip = bench.check(one, method=one.method, settings=self.settings, progress=progress)
            found.append(FoundMap(one, strip))
        return found
