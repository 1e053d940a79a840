"""Citations: the right publications for what a figure was made with, each once, as BibTeX that can be parsed."""

import re

from analysis.attributions.methods import METHODS
from analysis.provenance import Provenance, citations
from analysis.provenance.citations import _OF_METHOD, _OF_MODEL, bibliography, cited, publications
from xaae_core.model_card import KINDS

PATH = Provenance(kind="path", direction={"method": "PLS"}, settings={"model": "AAE"})
MAP = Provenance(kind="map", settings={"model": "AAE", "methods": ["tsne", "umap"]})


def test_a_path_cites_the_model_and_the_direction() -> None:
    assert [each.key for each in cited(PATH)][-1] == "wold2001"
    assert {"lafisca2023ner", "makhzani2015", "ronneberger2015"} < {each.key for each in cited(PATH)}


def test_every_attribution_method_has_its_citation() -> None:
    assert set(METHODS) <= set(_OF_METHOD)


def test_every_kind_of_model_that_has_a_source_is_cited() -> None:
    families = {"AutoencoderLatents", "SignalAutoencoderLatents"}  # their family says what they are
    assert set(KINDS) - families <= set(_OF_MODEL)
    told = Provenance(kind="path", settings={"model": "AutoencoderLatents", "family": "AdaGVAE"})
    assert [each.key for each in cited(told)] == ["kingma2014", "locatello2020"]


def test_the_direction_is_cited_whatever_its_method_says_further() -> None:
    for method in ("PLS, 1 component", "PLS of ranks, 2 components"):
        told = Provenance(kind="path", direction={"method": method, "p_value": 0.5})
        assert [each.key for each in cited(told)] == ["wold2001", "phipson2010"]
    axis = Provenance(kind="path", direction={"method": "one dimension of z, without labels", "dimension": 3})
    assert cited(axis) == ()


def test_accents_are_letters_outside_bibtex() -> None:
    assert publications()["crabbe2022"].short == "Crabbé & van der Schaar, 2022"
    assert publications()["policar2024"].reference.startswith("Pavlin G. Poličar, Martin Stražar, Blaž Zupan (2024).")
    assert not [each.reference for each in publications().values() if set("\\{}") & set(each.reference)]


def test_nothing_is_cited_that_is_not_known_and_nothing_is_known_that_is_never_cited() -> None:
    measured = {citations.SANITY, citations.SHUFFLES, citations.LIKENESS, citations.POINTING, citations.AREA}
    used = {key for keys in (*_OF_MODEL.values(), *_OF_METHOD.values()) for key in keys}
    used |= measured | {citations.RESAMPLES, *citations.FAITHFULNESS}
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
