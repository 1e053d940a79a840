"""Citations: the right publications for what a figure was made with, each once, as BibTeX that can be parsed."""

import re

from analysis.attributions.methods import METHODS
from analysis.provenance import Provenance
from analysis.provenance.citations import _OF_METHOD, _OF_MODEL, bibliography, cited, publications

PATH = Provenance(kind="path", direction={"method": "PLS"}, settings={"model": "AAE"})
MAP = Provenance(kind="map", settings={"model": "AAE", "methods": ["tsne", "umap"]})


def test_a_path_cites_the_model_and_the_direction() -> None:
    assert [each.key for each in cited(PATH)][-1] == "wold2001"
    assert {"lafisca2023ner", "makhzani2015", "ronneberger2015"} < {each.key for each in cited(PATH)}


def test_every_attribution_method_has_its_citation() -> None:
    assert set(METHODS) <= set(_OF_METHOD)


def test_nothing_is_cited_that_is_not_known_and_nothing_is_known_that_is_never_cited() -> None:
    used = {key for keys in (*_OF_MODEL.values(), *_OF_METHOD.values()) for key in keys} | {
        "adebayo2018",
        "petsiuk2018",
    }
    assert used == set(publications())


def test_a_bibliography_holds_each_publication_once_with_balanced_braces() -> None:
    text = bibliography([PATH, MAP, MAP])
    keys = re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)
    assert keys == sorted(set(keys))
    assert {"mcinnes2018", "maaten2008", "wold2001"} < set(keys)
    for entry in text.split("\n@"):
        assert entry.count("{") == entry.count("}")


def test_short_names() -> None:
    assert publications()["mcinnes2018"].short == "McInnes et al., 2018"
    assert publications()["koh2017"].short == "Koh & Liang, 2017"
    assert publications()["pearson1901"].short == "Pearson, 1901"


def test_an_unknown_method_cites_nothing() -> None:
    assert cited(Provenance(kind="map", settings={"method": "mine", "methods": "not a list"})) == ()
