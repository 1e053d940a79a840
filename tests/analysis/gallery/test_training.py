"""Pairs that differ in one factor, and models that are trained, measured, kept and gone on with."""

import math
import shutil
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.gallery import making
from analysis.gallery.cards import GalleryCard, read_gallery_card
from analysis.gallery.cases import GalleryCases, read_cases
from analysis.gallery.columns import columns_of, told_apart
from analysis.gallery.findings import findings_of, known_factor
from analysis.gallery.making import GalleryRun, finished_card, finished_gallery, make_gallery
from analysis.gallery.measuring import YARDSTICK
from analysis.gallery.page import gallery_page, numbers_table
from analysis.gallery.settings import GallerySettings
from analysis.gallery.training import build_for, cases_for, pairs_of_one_factor
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.beats import draw_beats
from xaae_core.data.sprites import sprite_grid
from xaae_core.errors import DatasetError, TrainingError
from xaae_core.models.catalogue import MODELS, find_model

SETTINGS = GallerySettings(dims=3, epochs=1, n_train=160, n_test=60)
_PAUSE = 0.3
PICTURES = ("vae", "classifier_mnist", "simclr", "adagvae")


@pytest.fixture(scope="module")
def sprites():
    return read_cases("factors", n_train=160, n_test=60)


@pytest.fixture(scope="module")
def made(sprites, tmp_path_factory):
    """A gallery with a model that cannot take the data; the folder, the run and what was watched."""
    folder, told = tmp_path_factory.mktemp("gallery"), []

    @contextmanager
    def watch(title, number, n_all):
        yield lambda done, n: told.append((number, n_all, done / n))

    return folder, make_gallery([find_model(name) for name in PICTURES], sprites, SETTINGS, folder, watch=watch), told


def test_pairs_differ_in_one_factor_and_are_of_these_cases_alone():
    factors = sprite_grid()[np.random.default_rng(0).permutation(4800)[:2000]]
    x = torch.arange(2000).float()[:, None]
    pairs, y = pairs_of_one_factor(x, factors[:, 0], factors, seed=1)
    rows = pairs[:, :, 0].long().numpy()
    changed = factors[rows[:, 0]] != factors[rows[:, 1]]
    assert (changed.sum(axis=1) == 1).all()
    assert (y == factors[rows[:, 0], 0]).all()
    assert len(pairs) > 1900
    assert changed.mean(axis=0) == pytest.approx(0.2, abs=0.08)
    again, _ = pairs_of_one_factor(x, factors[:, 0], factors, seed=1)
    assert torch.equal(pairs, again)


def test_a_case_without_a_partner_makes_no_pair():
    factors = np.array([[0, 0], [0, 1], [5, 5]])
    pairs, _ = pairs_of_one_factor(torch.arange(3.0)[:, None], factors[:, 0], factors, seed=0)
    assert sorted(map(tuple, pairs[:, :, 0].long().tolist())) == [(0, 1), (1, 0)]


def test_cases_are_in_three_parts_of_which_none_shares_one(sprites):
    assert [len(sprites.rows(part)) for part in ("train", "valid", "test")] == [144, 16, 60]
    assert len(np.unique(sprites.factors, axis=0)) == 220
    assert "220 pictures of 32 × 32" in sprites.describe()


def test_models_get_the_size_that_they_take(sprites):
    assert cases_for(find_model("vae"), sprites) is sprites
    small = cases_for(find_model("beta_vae_mnist"), sprites)
    assert small.size == (28, 28)
    assert float(small.x.mean()) == pytest.approx(float(sprites.x.mean()), rel=0.02)
    assert cases_for(find_model("simclr"), sprites) is None


def test_digits_are_of_every_class_in_every_part():
    digits = read_cases("digits", n_train=200, n_test=50)
    assert all(len(np.unique(digits.of(part)[1])) == 10 for part in ("train", "valid", "test"))
    with pytest.raises(DatasetError, match="expected at least one of each"):
        read_cases("digits", n_train=5, n_test=50)


def test_the_same_seed_builds_the_same_weights(sprites):
    same, again = (build_for(MODELS["vae"], sprites, SETTINGS).state_dict() for _ in range(2))
    other = build_for(MODELS["vae"], sprites, replace(SETTINGS, seed=1)).state_dict()
    assert all(torch.equal(same[name], again[name]) for name in same)
    assert not all(torch.equal(same[name], other[name]) for name in same)


def test_every_model_leaves_a_card_a_checkpoint_and_pictures(made, sprites):
    folder, run, _ = made
    assert [card.name for card in run.cards] == [YARDSTICK, "vae", "classifier_mnist", "adagvae"]
    assert set(run.left_out) == {"simclr"}
    assert not run.failed
    for card in run.cards[1:]:
        opened = load_checkpoint(folder / card.name / "model.safetensors")
        assert opened.card.data_fingerprint == sprites.sha256
        assert opened.card.metrics["probe_accuracy"] == card.probe.accuracy
        assert (folder / card.name / "card.md").read_text().startswith(f"# {card.title}")
        assert (folder / card.name / "history.csv").read_text().count("\n") == 2
        assert not list((folder / card.name).glob("training*"))
        kept = read_gallery_card(folder / card.name / "card.json")
        assert kept.figures() == card.figures()
        assert kept.latents == card.latents
    assert [card.has_seen_labels for card in run.cards] == [
        False,
        False,
        True,
        False,
    ]  # pairs of factors, not of classes
    assert "differ in one factor" in run.cards[-1].note
    vae = run.cards[1]
    assert {"elbo", "kl", "mse", "n_active", "mig", "sap", "factor_vae", "disentanglement"} <= vae.figures().keys()
    assert len(list((folder / "vae" / "pictures").glob("z*.png"))) == 3
    assert (folder / "vae" / "pictures" / "samples.png").is_file()
    assert not (folder / "classifier_mnist" / "pictures").exists()


def test_the_checkpoint_is_the_model_that_was_measured(made, sprites):
    from analysis.gallery.latent_figures import measure_latents

    folder, run, _ = made
    opened = load_checkpoint(folder / "vae" / "model.safetensors").model
    assert measure_latents(opened, sprites.of("test")[0]).elbo == run.cards[1].latents.elbo


def test_progress_goes_from_nothing_to_all_for_each_model(made):
    _, _, told = made
    for number in (1, 2, 3):
        shares = [share for which, n_all, share in told if which == number and n_all == 3]
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_a_finished_model_is_not_trained_again_and_another_setting_trains_it(made, sprites, tmp_path, monkeypatch):
    folder, run, _ = made
    trained = []
    monkeypatch.setattr(making, "_make_one", lambda entry, *rest: trained.append(entry.name) or run.cards[1])
    entries = [find_model(name) for name in PICTURES]
    again = make_gallery(entries, sprites, SETTINGS, folder)
    assert not trained
    assert again.n_before == 3
    assert [card.figures() for card in again.cards] == [card.figures() for card in run.cards]
    shutil.copytree(folder / "vae", tmp_path / "vae")
    make_gallery(entries[:1], sprites, replace(SETTINGS, seed=1), tmp_path)
    assert trained == ["vae"]
    (tmp_path / "vae" / "model.safetensors").unlink()
    assert finished_card(tmp_path / "vae", run.cards[1].settings) is None


def test_one_that_fails_does_not_stop_the_others_and_ctrl_c_leaves_what_is_finished(sprites, tmp_path, monkeypatch):
    real = making.train_entry

    def broken(entry, *rest, **options):
        if entry.name == "ae":
            raise TrainingError("no memory: take less")
        if entry.name == "adagvae":
            raise KeyboardInterrupt
        return real(entry, *rest, **options)

    monkeypatch.setattr(making, "train_entry", broken)
    entries = [find_model(name) for name in ("ae", "classifier_mnist", "adagvae")]
    run = make_gallery(entries[:2], sprites, SETTINGS, tmp_path)
    assert run.failed == {"ae": "TrainingError: no memory: take less"}
    assert [card.name for card in run.cards] == [YARDSTICK, "classifier_mnist"]
    with pytest.raises(KeyboardInterrupt):
        make_gallery(entries[1:], sprites, SETTINGS, tmp_path)
    kept = finished_gallery(entries, sprites, SETTINGS, tmp_path)
    assert [card.name for card in kept.cards] == [YARDSTICK, "classifier_mnist"]
    assert kept.n_before == 1


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(sprites, tmp_path):
    settings = replace(SETTINGS, epochs=3)
    entry = find_model("vae")
    whole = make_gallery([entry], sprites, settings, tmp_path / "whole").cards[1]

    class Stop(KeyboardInterrupt):
        pass

    @contextmanager
    def stopping(title, number, n_all):
        def tell(done, n):
            time.sleep(_PAUSE)
            if done / n > 0.5:
                raise Stop("enough")

        yield tell

    with pytest.raises(Stop):
        make_gallery([entry], sprites, settings, tmp_path / "cut", watch=stopping)
    assert list((tmp_path / "cut" / "vae").glob("training-*/training_state.pth"))
    resumed = make_gallery([entry], sprites, settings, tmp_path / "cut").cards[1]
    assert resumed.figures() == whole.figures()
    assert resumed.n_epochs == whole.n_epochs == 3
    assert resumed.seconds > 3 * _PAUSE  # that before the stop counts, too


def test_the_page_needs_nothing_else_and_says_every_number(made):
    folder, run, _ = made
    text = gallery_page(run, folder, title="A <gallery>", data="sprites")
    assert "A &lt;gallery&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
    assert 'src="data:image/png' in text
    assert "simclr was left out" in text
    assert text.index("Principal components</a></th>") > text.index("(VAE)</a></th>")  # the yardstick last
    assert text.count("at 28 × 28 px</span>") == 2  # the classifier in both tables; the others took 32 × 32
    for card in run.cards:
        assert f'id="{card.name}"' in text
    assert f"{run.cards[1].latents.kl.mean:.1f} ±" in text


def test_the_yardstick_is_never_the_best_of_a_column(made):
    _, run, _ = made
    vae = run.cards[1]
    alike = [replace(run.cards[0], latents=vae.latents, probe=vae.probe), vae, replace(vae, name="twin")]
    table = numbers_table(alike, columns_of(alike, is_general=True), "Alike.")
    rows = {row.split(">")[0]: row.count('"number best"') for row in table.split("<tr")[2:]}
    assert rows[' class="yardstick"'] == 0
    assert rows[""] > 0


def test_findings_name_the_best_and_what_has_collapsed(made):
    _, run, _ = made
    vae = run.cards[1]
    gone = replace(vae, latents=replace(vae.latents, kl=replace(vae.latents.kl, mean=0.01)))
    said = " ".join(findings_of([run.cards[0], gone]))
    assert "has collapsed" in said
    assert "draws less closely than 3 principal components" in said
    assert "Of the models that never saw the classes" in said
    assert "Of those that were shown" not in said
    assert "Of those that were shown the classes, not even the z of Classifier of digits" in " ".join(
        findings_of(run.cards)
    )
    assert findings_of(run.cards[:1]) == ["No model is finished yet."]


def test_findings_do_not_praise_what_is_no_better_than_guessing(made):
    _, run, _ = made
    vae = run.cards[1]
    told = replace(vae.probe, accuracy=0.9, accuracy_interval=(0.85, 0.94), chance=0.35)
    plain = replace(run.cards[0], probe=replace(told, accuracy_interval=(0.8, 0.86)))
    as_well = "Principal components tell them as well"
    assert as_well in " ".join(findings_of([plain, replace(vae, probe=told)]))
    worse = replace(plain, probe=replace(told, accuracy_interval=(0.6, 0.7)))
    assert as_well not in " ".join(findings_of([worse, replace(vae, probe=told)]))
    lost = replace(vae.probe, accuracy=0.38, accuracy_interval=(0.34, 0.42), chance=0.35)
    assert "tells them best" in " ".join(findings_of([replace(vae, probe=told)]))
    said = " ".join(findings_of([replace(vae, probe=lost)]))
    assert "tells them best" not in said
    assert "better than guessing does: accuracy 0.380 [0.340, 0.420], against 0.35" in said


def test_findings_name_a_classifier_that_reads_less_than_a_line(made):
    _, run, _ = made
    found = run.cards[2]
    assert found.classifier is not None
    good = replace(found.probe, accuracy=0.9, accuracy_interval=(0.85, 0.94))
    bad = replace(found.classifier, accuracy=0.1, accuracy_interval=(0.05, 0.2))
    told = "The classifier of Classifier of digits (lfxai) has learned too little: accuracy 0.100"
    assert told in " ".join(findings_of([replace(found, probe=good, classifier=bad)]))
    assert "too little" not in " ".join(findings_of([replace(found, probe=good, classifier=good)]))


def test_findings_say_why_it_collapsed_and_who_scores_below_the_yardstick(made):
    _, run, _ = made
    yardstick, vae = run.cards[0], run.cards[1]
    gone = replace(vae, latents=replace(vae.latents, kl=replace(vae.latents.kl, mean=0.01)), kl_weight=78_400.0)
    assert "KL weighs 78,400 to 1 against log p(x|z)." in " ".join(findings_of([gone]))
    assert "KL weighs" not in " ".join(findings_of([replace(gone, kl_weight=1.0)]))
    better = replace(yardstick, scores=yardstick.scores | {"disentanglement": 0.99})
    assert "By DCI disentanglement Variational autoencoder (VAE) scores below principal components." in " ".join(
        findings_of([better, vae])
    )


def test_what_cannot_be_read_is_not_told_apart(made):
    _, run, _ = made
    vae = run.cards[1]
    read = replace(vae, scores=vae.scores | {"informativeness": 0.5, "disentanglement": 0.3, "completeness": 0.2})
    lost = replace(read, scores=read.scores | {"informativeness": 0.01})
    assert [told_apart(read, name) for name in ("disentanglement", "completeness", "mig")] == [
        0.3, 0.2, vae.scores["mig"]
    ]  # fmt: skip
    assert [told_apart(lost, name) for name in ("disentanglement", "completeness", "mig")] == [
        None, None, vae.scores["mig"]
    ]  # fmt: skip
    assert "stand for single factors" not in " ".join(findings_of([lost]))


def test_a_card_of_before_there_were_classifiers_still_opens(made, tmp_path):
    folder, run, _ = made
    values = run.cards[2].to_json()
    for name in ("classes", "classifier", "kl_weight"):
        del values[name]
    old = GalleryCard.from_json(values)
    assert old.probe == run.cards[2].probe or math.isnan(old.probe.auroc)
    assert "accuracy" in gallery_page(GalleryRun((old,), 0), folder, title="Old", data="sprites")


def test_a_dimension_is_told_by_the_factor_that_it_knows():
    scores = {"factors": ["size", "x"], "mutual_information": [[0.0, 1.0], [0.01, 0.02]], "entropies": [1.0, 2.0]}
    assert known_factor(scores, 0) == "x best (50% of it)"
    assert known_factor(scores, 1) == ""
    assert known_factor({}, 0) == ""


def test_signals_train_and_are_drawn_as_lines(tmp_path):
    beats = draw_beats(90, channels=1, length=64)
    part = np.array(["train"] * 60 + ["valid"] * 10 + ["test"] * 20)
    cases = GalleryCases(
        "beats", ("flat", "raised"), torch.from_numpy(beats.scaled().clip(0, 1)), beats.labels.astype(np.int64), part,
        "0" * 64, form=beats.form,
    )  # fmt: skip
    entries = [entry for entry in MODELS.values() if entry.takes(cases.size, cases.channels) and entry.name == "vae"]
    run = make_gallery(entries, cases, SETTINGS, tmp_path)
    assert not run.failed
    assert all((tmp_path / card.name / "pictures" / "z0.png").is_file() for card in run.cards)
    text = gallery_page(run, tmp_path, title="Beats", data=cases.describe())
    assert "from blue to orange" in text
    assert "AUROC of raised against flat (guessing gives 0.50)" in text
    for card in run.cards:
        said = (tmp_path / card.name / "card.md").read_text()
        low, high = card.probe.auroc_interval
        assert f"AUROC of raised against flat {card.probe.auroc:.3f} [{low:.3f}, {high:.3f}]" in said


@pytest.mark.parametrize("wrong", [{"dims": 0}, {"epochs": -1}, {"lr_max": 0.0}, {"n_test": 0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(TrainingError, match="at least 1"):
        GallerySettings(**wrong)


def test_epochs_follow_from_the_steps():
    assert GallerySettings().n_epochs(10_000) == 10
    assert GallerySettings().n_epochs(320) == 100
    assert GallerySettings(is_quick=True).n_epochs(540) == 4
    assert GallerySettings(epochs=7).n_epochs(10) == 7


def test_the_classifier_of_xaaenet_reads_its_z_after_little_training(tmp_path):
    beats = draw_beats(240, channels=1, length=64)
    part = np.array(["train"] * 160 + ["valid"] * 20 + ["test"] * 60)
    cases = GalleryCases(
        "beats", ("flat", "raised"), torch.from_numpy(beats.scaled().clip(0, 1)), beats.labels.astype(np.int64), part,
        "0" * 64, form=beats.form,
    )  # fmt: skip
    told = []

    @contextmanager
    def watch(title, number, n_all):
        yield lambda done, n: told.append(done / n)

    run = make_gallery([find_model("xaaenet")], cases, GallerySettings(dims=4, epochs=34), tmp_path, watch=watch)
    assert not run.failed
    assert told == sorted(told)
    assert told[-1] == 1
    classifier = run.cards[1].classifier
    assert classifier is not None
    assert classifier.auroc_interval[0] > 0.5
