"""Captions and methods paragraphs: every topic of a provenance is told, every mark has an entry, and the reverse."""

import re

import numpy as np
import pytest

from analysis.figures.figure import Figure
from analysis.figures.panels import combine_figures
from analysis.provenance import Provenance
from analysis.provenance.citations import _OF_METHOD, _OF_MODEL, bibliography, labels, parts_of
from analysis.provenance.settings_words import KIND_NAMES, METHOD_NAMES, all_words, list_words, number_words
from analysis.provenance.wording import caption_of, cited_keys, methods_paragraph, references
from tests.analysis.figures.drawings import Wave

MODEL = {"model": "AAE", "latent_dims": 16}
DIRECTION = {
    "target": "effusion", "method": "PLS, 1 component", "n_cases": 1000, "quality_name": "AUROC", "quality": 0.9312,
    "quality_low": 0.9, "quality_high": 0.95, "cone_degrees": 12.2, "p_value": 0.001, "n_permutations": 999,
}  # fmt: skip
BASE = {"checkpoint_sha256": "ab" * 32, "checkpoint_name": "Chest phantoms", "data_fingerprint": "cd" * 32}
PATH = Provenance(
    kind="path", **BASE, data_name="phantoms", case_ids=("3fa9c1aabbcc",), direction=DIRECTION, seed=7,
    settings={**MODEL, "skip_dropout": 0.5, "span": 3.0, "n_steps": 21, "likeness": 0.9},
)  # fmt: skip
MAP = Provenance(
    kind="map", **BASE, seed=3,
    settings={**MODEL, "methods": ["tsne", "umap"], "parameters": {"perplexity": 30.0, "min_dist": 0.1}},
)  # fmt: skip
WHY = Provenance(
    kind="attribution", **BASE,
    settings={**MODEL, "methods": ["integrated_gradients", "latent_shift"], "target": "effusion", "baseline": "black",
              "evaluated": True},
)  # fmt: skip
LIKE = Provenance(kind="examples", settings={"methods": ["tracin", "simplex", "nearest"]})
GOOD = Provenance(kind="quality", settings={"model": "VAE", "intervals": "newcombe"})
NUMBERS = Provenance(kind="quality", settings={"model": "SimCLR", "classes": []})
INSIDE = Provenance(kind="localisation", settings={"method": "grad_cam"})
SANE = Provenance(kind="sanity", settings={"methods": ["saliency"]})
OTHERS = tuple(
    Provenance(kind=kind) for kind in ("samples", "labels", "training", "biplot", "change", "never heard of")
)
ALL = (PATH, MAP, WHY, LIKE, GOOD, NUMBERS, INSIDE, SANE, *OTHERS)


def keys_of(bibtex: str) -> set[str]:
    return set(re.findall(r"^@\w+\{(\w+),$", bibtex, re.MULTILINE))


@pytest.mark.parametrize("provenance", ALL, ids=lambda each: each.kind)
def test_each_mark_has_an_entry_and_each_entry_a_mark(provenance: Provenance) -> None:
    assert set(cited_keys([provenance])) == keys_of(bibliography([provenance]))


def test_together_they_have_the_same_and_nothing_needs_the_sentence_for_the_rest() -> None:
    assert set(cited_keys(ALL)) == keys_of(bibliography(ALL))
    assert "Further methods" not in methods_paragraph(ALL)
    assert len(references(ALL)) == len(cited_keys(ALL))


def test_what_no_topic_knows_is_cited_all_the_same() -> None:
    odd = Provenance(kind="never heard of", settings={"method": "umap"})
    assert cited_keys([odd]) == ("mcinnes2018",)


def test_every_known_method_and_model_has_a_name_in_words() -> None:
    assert set(_OF_METHOD) <= set(METHOD_NAMES)
    assert set(_OF_MODEL) <= set(KIND_NAMES)


@pytest.mark.parametrize("method", sorted(_OF_METHOD))
def test_a_method_is_named_where_it_is_cited(method: str) -> None:
    kind = "map" if method in ("pls", "pca", "tsne", "t-sne", "umap") else "attribution"
    told = methods_paragraph([Provenance(kind=kind, settings={"method": method})])
    assert METHOD_NAMES[method] in told


def test_the_paragraph_tells_what_the_provenance_holds() -> None:
    told = methods_paragraph([PATH, MAP, WHY])
    for words in (
        "“Chest phantoms”", "xAAEnet", "16 latent dimensions", "ababababab…", "“phantoms”", "cdcdcdcdcd…",
        "(PLS) (Wold et al., 2001) to 1,000 encoded cases", "AUROC 0.931 [0.900, 0.950]", "p = 0.001, 999 permutations",
        "up to ±3 SD, 21 steps, skip dropout 0.5", "2024), perplexity 30, seed 3.",
        "2018), minimal distance 0.1, seed 3.",
        "adds to “effusion”", "integrated gradients (Sundararajan et al., 2017)", "baseline black",
        "latent shift (Cohen et al., 2021)", "Adebayo et al., 2018",
    ):  # fmt: skip
        assert words in told, words


def test_it_says_a_thing_once_however_many_figures_share_it() -> None:
    assert methods_paragraph([PATH, PATH, PATH]) == methods_paragraph([PATH])
    assert methods_paragraph([PATH, MAP]).count("“Chest phantoms”") == 1


def test_a_direction_that_could_be_noise_is_called_so() -> None:
    def told(p: float | None) -> str:
        facts = {**DIRECTION, "p_value": p} if p is not None else {k: v for k, v in DIRECTION.items() if k != "p_value"}
        return caption_of(Figure(Wave(), Provenance(kind="path", direction=facts)))

    assert "it could be noise (p = 0.3" in told(0.3)
    assert "it is more than noise (p = 0.002" in told(0.002)
    assert "not tested" in told(None)


def test_versions_are_told_where_they_are_known() -> None:
    assert "torch 9.9" in methods_paragraph([Provenance(kind="map", versions={"torch": "9.9"})])


def test_nothing_is_said_of_nothing() -> None:
    assert methods_paragraph([]) == ""
    assert methods_paragraph([Provenance(kind="odd")]) == ""


def test_marks_for_other_writing_tools() -> None:
    assert "t-SNE [@maaten2008; @policar2024]" in methods_paragraph([MAP], marks="pandoc")
    assert r"t-SNE \cite{maaten2008,policar2024}" in methods_paragraph([MAP], marks="latex")
    assert "t-SNE (van der Maaten & Hinton, 2008; Poličar et al., 2024)" in methods_paragraph([MAP])


def test_works_of_the_same_authors_and_year_are_told_apart() -> None:
    assert len(set(labels().values())) == len(labels())
    assert labels()["lafisca2023ner"] == "La Fisca et al., 2023b"


def test_a_caption_says_what_is_seen_and_how_it_was_made() -> None:
    told = caption_of(Figure(Wave(), PATH))
    assert told.startswith(Wave().caption())
    for words in ("Chest phantoms (SHA-256 ababababab…)", "towards effusion", "0.931 [0.900, 0.950]",
                  "Case 3fa9c1aabbcc.", "skip dropout 0.5", "seed 7"):  # fmt: skip
        assert words in told, words


def test_many_cases_are_counted_not_listed() -> None:
    tokens = tuple(f"{number:012x}" for number in range(12))
    told = caption_of(Figure(Wave(), Provenance(kind="map", case_ids=tokens)))
    assert tokens[4] in told
    assert tokens[5] not in told
    assert "and 7 more" in told


def test_panels_share_what_they_have_in_common_and_letter_the_rest() -> None:
    panels = combine_figures([Figure(Wave(), PATH), Figure(Wave(), MAP)])
    assert [part.kind for part in parts_of(panels.provenance)] == ["path", "map"]
    told = caption_of(panels)
    assert told.count("Model: Chest phantoms") == 1
    assert re.search(r"\(a\) [^(]*Direction towards effusion|\(a\) .*Direction towards effusion", told)
    assert keys_of(bibliography([panels.provenance])) == keys_of(bibliography([PATH, MAP]))


def test_hostile_names_neither_break_the_line_nor_cite() -> None:
    name = "a\nb [@kingma2014] " + "x" * 500
    hostile = Provenance(kind="map", checkpoint_sha256="ab" * 32, checkpoint_name=name, settings={"model": "AAE"})
    told = methods_paragraph([hostile], marks="pandoc")
    assert "\n" not in told
    assert "kingma2014" not in cited_keys([hostile])
    assert len(told) < 600


def test_panels_that_cannot_be_read_are_passed_over() -> None:
    damaged = Provenance(kind="panels", settings={"panels": [3, {"kind": 4}, {}, PATH.to_table()]})
    assert [part.kind for part in parts_of(damaged)] == ["path"]


def test_the_pieces() -> None:
    assert list_words(["a", "b", "c"]) == "a, b and c"
    assert [number_words(value) for value in (1234, -0.5, np.pi, "x")] == ["1,234", "−0.5", "3.14", "x"]
    assert all_words({"k": 5, "flag": True, "off": False, "names": ["a", "b"], "model": "AAE", "none": None}) == (
        "5 nearest, flag, names a, b"
    )


def test_settings_of_each_method_stand_beside_it_and_once() -> None:
    settings = {"methods": ["saliency", "occlusion"], "window": 16,
                "method_settings": {"occlusion": {"window": 16}, "saliency": {}}}  # fmt: skip
    told = Provenance(kind="attribution", settings=settings)
    assert "occlusion (Zeiler & Fergus, 2014) with window 16, computed" in methods_paragraph([told])
    assert caption_of(Figure(Wave(), told)).endswith("Made with saliency, occlusion (window 16).")


def test_maps_beside_each_other_keep_their_own_parameters() -> None:
    maps = [
        {"method": "umap", "parameters": {"n_neighbors": 15}},
        {"method": "tsne", "parameters": {"perplexity": 9.0}},
    ]
    told = Provenance(kind="map", settings={"methods": ["umap", "tsne"], "maps": maps, "cases": 120, "placed": 0})
    assert caption_of(Figure(Wave(), told)).endswith("Made with UMAP (15 neighbours), t-SNE (perplexity 9), 120 cases.")
    assert "2024), perplexity 9." in methods_paragraph([told])


def test_of_one_model_the_part_that_tells_most_speaks() -> None:
    bare = Provenance(kind="map", checkpoint_sha256="ab" * 32)
    told = methods_paragraph([bare, PATH])
    assert told == methods_paragraph([PATH, bare])
    assert told.count("ababababab") == 1
