"""Whom to cite for a figure, by what it was made with."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.provenance.provenance import Provenance
from xaae_core.errors import ProvenanceError

_DEEPEST = 3
_ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "v": "\u030c", "^": "\u0302", "~": "\u0303"}


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
        names = [name.partition(",")[0] for name in self.entry("author").split(" and ")]
        is_pair = len(names) == 2 and names[1] != "others"
        who = names[0] if len(names) == 1 else f"{names[0]} & {names[1]}" if is_pair else f"{names[0]} et al."
        return f"{who}, {self.entry('year')}"

    @property
    def reference(self) -> str:
        """As a list of references has it: authors (year). Title. Where."""
        names = [" ".join(reversed(name.split(", ", 1))) for name in self.entry("author").split(" and ")]
        who = ", ".join(names).replace(", others", " et al.")
        where = next((self.entry(name) for name in ("journal", "booktitle", "howpublished") if self.entry(name)), "")
        number = f"({self.entry('number')})" if self.entry("number") else ""
        volume = f" {self.entry('volume')}{number}" if self.entry("volume") else ""
        pages = f", {self.entry('pages').replace('--', '–')}" if self.entry("pages") else ""
        return f"{who} ({self.entry('year')}). {self.entry('title')}. {where}{volume}{pages}."

    def entry(self, name: str) -> str:
        """A field as plain text, with its accents; "" without one."""
        found = re.search(rf"^  {name} = \{{(.*)\}},$", self.bibtex, re.MULTILINE)
        return _plain(found[1]) if found else ""


def cited(provenance: Provenance) -> tuple[Citation, ...]:
    """The publications behind a figure, each once: the model's, the direction's and each method's.

    Args:
        provenance: of the figure; of panels and reports, those of their parts are cited. Methods are the texts under
            "method" and "methods" of its settings, the model's kind is "model", the direction's method is in
            `direction`.
    """
    keys = dict.fromkeys(key for part in parts_of(provenance) for key in _keys(part))
    return tuple(publications()[key] for key in keys)


def bibliography(provenances: Iterable[Provenance]) -> str:
    """The BibTeX of several figures, each publication once, by key."""
    found = {citation.key: citation for provenance in provenances for citation in cited(provenance)}
    return "\n".join(found[key].bibtex for key in sorted(found))


def parts_of(provenance: Provenance, *, depth: int = _DEEPEST) -> tuple[Provenance, ...]:
    """What a figure of panels, or a report, consists of; of any other figure, itself.

    Args:
        provenance: of the figure; its parts are the tables under "panels" of its settings. Those that cannot be read
            are passed over.
        depth: how deep parts of parts are looked for.
    """
    panels = provenance.settings.get("panels")
    if not isinstance(panels, list) or not depth:
        return (provenance,)
    found: list[Provenance] = []
    for panel in panels:
        try:
            found += parts_of(Provenance.from_json(json.dumps(panel), "a panel"), depth=depth - 1)
        except ProvenanceError:
            continue
    return tuple(found) or (provenance,)


def methods_of(provenance: Provenance) -> tuple[str, ...]:
    """Names of the methods that a figure was made with, in small letters, each once."""
    settings = provenance.settings
    methods = settings.get("methods", [])
    named = [settings.get("method", ""), *(methods if isinstance(methods, list) else [])]
    told = tuple(dict.fromkeys(str(name).lower() for name in named if name))
    return told or (("pls",) if provenance.kind == "biplot" else ())


def direction_method(provenance: Provenance) -> str:
    """What a direction was fitted by, in small letters: "pls" of "PLS, 1 component"; "" of an axis of z."""
    return re.split(r"[ ,]", str(provenance.direction.get("method", "")).lower(), maxsplit=1)[0]


def model_kind(provenance: Provenance) -> str:
    """Name of the model's class, or of its family where one class holds several."""
    return str(provenance.settings.get("family") or provenance.settings.get("model") or "")


def keys_of_model(kind: str) -> tuple[str, ...]:
    """Keys of the publications behind a kind of model; () for an unknown one."""
    return _OF_MODEL.get(kind, ())


def keys_of_method(name: str) -> tuple[str, ...]:
    """Keys of the publications behind a method; () for an unknown one."""
    return _OF_METHOD.get(name.lower(), ())


def keys_of_checks(provenance: Provenance) -> tuple[str, ...]:
    """Keys of the publications behind the checks that a map was put to."""
    if provenance.settings.get("evaluated"):
        return (SANITY, *FAITHFULNESS)
    return (SANITY,) if provenance.kind == "sanity" else ()


def keys_of_measures(provenance: Provenance) -> tuple[str, ...]:
    """Keys of the publications behind what was measured: shuffles, likeness, held-out figures, places of maps."""
    is_tested = "p_value" in provenance.direction
    return (
        *((SHUFFLES,) if is_tested else ()),
        *((LIKENESS,) if "likeness" in provenance.settings else ()),
        *(
            (AREA if provenance.settings.get("intervals") == "newcombe" else RESAMPLES,)
            if provenance.kind == "quality"
            else ()
        ),
        *((POINTING,) if provenance.kind == "localisation" else ()),
    )


def _keys(provenance: Provenance) -> Iterator[str]:
    yield from keys_of_model(model_kind(provenance))
    yield from keys_of_method(direction_method(provenance))
    for method in methods_of(provenance):
        yield from keys_of_method(method)
    yield from keys_of_checks(provenance)
    yield from keys_of_measures(provenance)


SANITY, SHUFFLES, LIKENESS, POINTING = "adebayo2018", "phipson2010", "wang2004", "zhang2018"
AREA, RESAMPLES = "newcombe2006", "efron1979"
FAITHFULNESS = ("petsiuk2018", "yeh2019")
CAPTUM = "kokhlikyan2020"
_XAAENET = ("lafisca2023ner", "lafisca2023embc", "makhzani2015", "ronneberger2015")
_OF_MODEL = {
    "AAE": _XAAENET,
    "EncoderWithAAEBlocks": _XAAENET,
    "VAE": ("kingma2014",),
    "AdaGVAE": ("kingma2014", "locatello2020"),
    "AutoEncoderMnist": ("crabbe2022",),
    "BetaVaeMnist": ("kingma2014", "higgins2017", "crabbe2022"),
    "BetaTcVaeMnist": ("kingma2014", "chen2018", "crabbe2022"),
    "BurgessVAE": ("kingma2014", "burgess2018"),
    "ClassifierMnist": ("crabbe2022",),
    "ClassifierLatent": ("crabbe2022",),
    "SignalsInUnits": ("crabbe2022",),
    "SimCLR": ("chen2020",),
}
"""By the name of the model's class or family."""
_OF_METHOD = {
    "pls": ("wold2001",),
    "pca": ("pearson1901",),
    "tsne": ("maaten2008", "policar2024"),
    "t-sne": ("maaten2008", "policar2024"),
    "umap": ("mcinnes2018",),
    "saliency": ("simonyan2014", CAPTUM),
    "input_x_gradient": ("shrikumar2017", CAPTUM),
    "integrated_gradients": ("sundararajan2017", CAPTUM),
    "gradient_shap": ("lundberg2017", CAPTUM),
    "deep_lift": ("shrikumar2017", CAPTUM),
    "occlusion": ("zeiler2014", CAPTUM),
    "feature_ablation": (CAPTUM,),
    "grad_cam": ("selvaraju2017", CAPTUM),
    "guided_backprop": ("springenberg2015", CAPTUM),
    "smooth_grad": ("smilkov2017", CAPTUM),
    "latent_shift": ("cohen2021",),
    "label_free": ("crabbe2022",),
    "simplex": ("crabbe2021",),
    "simplex_entropy": ("crabbe2021",),
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


@cache
def labels() -> Mapping[str, str]:
    """Author and year of every publication by its key; those that share both have letters: "La Fisca et al., 2023a"."""
    short = {key: citation.short for key, citation in publications().items()}
    alike: dict[str, list[str]] = {}
    for key in sorted(short):
        alike.setdefault(short[key], []).append(key)
    letter = {key: "abcdefghij"[place] for keys in alike.values() if len(keys) > 1 for place, key in enumerate(keys)}
    return {key: told + letter.get(key, "") for key, told in short.items()}


def _plain(bibtex: str) -> str:
    """BibTeX's accents as letters, without its braces."""

    def letter(found: re.Match[str]) -> str:
        return unicodedata.normalize("NFC", found[2] + _ACCENTS[found[1]])

    return re.sub(r"\{?\\(['`\"^~v])\{?(\w)\}?\}?", letter, bibtex).replace("{", "").replace("}", "")
