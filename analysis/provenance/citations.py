"""Whom to cite for a figure, by what it was made with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.provenance.provenance import Provenance


@dataclass(frozen=True)
class Citation:
    """A publication.

    Attributes:
        key: its BibTeX key.
        bibtex: its entry.
    """

    key: str
    bibtex: str

    @property
    def short(self) -> str:
        """Such as "McInnes et al., 2018"."""
        names = [name.partition(",")[0] for name in self._entry("author").split(" and ")]
        is_pair = len(names) == 2 and names[1] != "others"
        who = names[0] if len(names) == 1 else f"{names[0]} & {names[1]}" if is_pair else f"{names[0]} et al."
        return f"{who}, {self._entry('year')}"

    def _entry(self, name: str) -> str:
        found = re.search(rf"^  {name} = \{{(.*)\}},$", self.bibtex, re.MULTILINE)
        return found[1] if found else ""


def cited(provenance: Provenance) -> tuple[Citation, ...]:
    """The publications behind a figure, each once: the model's, the direction's and each method's.

    Args:
        provenance: of the figure. Methods are the texts under "method" and "methods" of its settings, the model's kind
            is "model", the direction's method is in `direction`.
    """
    return tuple(publications()[key] for key in dict.fromkeys(_keys(provenance)))


def bibliography(provenances: Iterable[Provenance]) -> str:
    """The BibTeX of several figures, each publication once, by key."""
    found = {citation.key: citation for provenance in provenances for citation in cited(provenance)}
    return "\n".join(found[key].bibtex for key in sorted(found))


def _keys(provenance: Provenance) -> Iterable[str]:
    settings = provenance.settings
    yield from _OF_MODEL.get(str(settings.get("model", "")), ())
    yield from _OF_METHOD.get(str(provenance.direction.get("method", "")).lower(), ())
    methods = settings.get("methods", [])
    for method in [settings.get("method", ""), *(methods if isinstance(methods, list) else [])]:
        yield from _OF_METHOD.get(str(method).lower(), ())
    if settings.get("evaluated"):
        yield from ("adebayo2018", "petsiuk2018")


_XAAENET = ("lafisca2023ner", "lafisca2023embc", "makhzani2015", "ronneberger2015")
_OF_MODEL = {
    "AAE": _XAAENET,
    "EncoderWithAAEBlocks": _XAAENET,
    "VAE": ("kingma2014",),
    "AdaGVAE": ("kingma2014", "locatello2020"),
    "BetaVaeMnist": ("kingma2014", "higgins2017", "crabbe2022"),
    "BetaTcVaeMnist": ("kingma2014", "chen2018", "crabbe2022"),
    "BurgessVAE": ("kingma2014", "burgess2018"),
    "SimCLR": ("chen2020",),
}
"""By the name of the model's class."""
_CAPTUM = "kokhlikyan2020"
_OF_METHOD = {
    "pls": ("wold2001",),
    "pca": ("pearson1901",),
    "tsne": ("maaten2008", "policar2024"),
    "t-sne": ("maaten2008", "policar2024"),
    "umap": ("mcinnes2018",),
    "saliency": ("simonyan2014", _CAPTUM),
    "input_x_gradient": ("shrikumar2017", _CAPTUM),
    "integrated_gradients": ("sundararajan2017", _CAPTUM),
    "gradient_shap": ("lundberg2017", _CAPTUM),
    "deep_lift": ("shrikumar2017", _CAPTUM),
    "occlusion": ("zeiler2014", _CAPTUM),
    "feature_ablation": (_CAPTUM,),
    "grad_cam": ("selvaraju2017", _CAPTUM),
    "guided_backprop": ("springenberg2015", _CAPTUM),
    "smooth_grad": ("smilkov2017", _CAPTUM),
    "latent_shift": ("cohen2021",),
    "label_free": ("crabbe2022",),
    "simplex": ("crabbe2021",),
    "tracin": ("pruthi2020",),
    "influence": ("koh2017",),
    "influence_series": ("koh2017",),
}
"""By the name of a method, in small letters."""


@cache
def publications() -> Mapping[str, Citation]:
    """Every publication that a figure may cite, by its key."""
    text = (files("analysis.provenance") / "publications.bib").read_text("utf-8")
    entries = [part.strip() + "\n" for part in re.split(r"^(?=@)", text, flags=re.MULTILINE) if part.strip()]
    keys = [entry.partition("{")[2].partition(",")[0] for entry in entries]
    return {key: Citation(key, entry) for key, entry in zip(keys, entries, strict=True)}
