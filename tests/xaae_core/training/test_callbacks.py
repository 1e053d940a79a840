"""Laws of the callbacks: corruption, loss parts, latent vectors, turns, gradient steps."""

import math

import pytest
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.optimizer import SGD, Adam
from torch import nn

from xaae_core.training import (
    CorruptionCallback,
    GetLatentSpace,
    LossAttrMetric,
    UnfreezeFcCritAdaptative,
    train_xaaenet,
)
from xaae_core.training.adversary import AlternatePlayers, is_discriminator
from xaae_core.training.gradient_steps import AccumulateGradients


class Seen(Callback):
    """Notes what a callback of this test is asked to note."""

    order = 58

    def __init__(self, note, event):
        self.notes = []
        self.note = note
        setattr(self, event, lambda: self.notes.append(self.note(self.learn)))


def make_learner(tiny, loss=None, **options):
    model = tiny.make_model(**options)
    learn = Learner(tiny.make_dls(), model, loss_func=loss or model.aae_loss_func, lr=1e-3, metrics=[])
    learn.logger = lambda row: None
    learn.remove_cbs([cb for cb in learn.cbs if cb.name == "progress"])
    return learn


def weights(model, is_wanted):
    return {name: p.detach().clone() for name, p in model.named_parameters() if is_wanted(name)}


def test_the_model_sees_the_corrupted_batch_and_the_loss_the_clean_one(tiny):
    corruption = CorruptionCallback([lambda x: x * 0, lambda x: x + 0.25])
    learn = make_learner(tiny)
    seen = Seen(
        lambda learn: (learn.training, learn.model.input_image.clone(), learn.corruption.clean_xb.clone()), "after_pred"
    )
    learn.fit(1, cbs=[corruption, seen])
    for training, shown, clean in seen.notes:
        assert bool((shown == 0.25).all()) == training
        assert float(clean.std()) > 0
        assert training or torch.equal(shown, clean)
    assert {training for training, _, _ in seen.notes} == {True, False}
    assert corruption.clean_xb is None


def test_loss_attr_metric_averages_over_images_not_batches(tiny):
    learn = make_learner(tiny)
    batches = Seen(lambda learn: (learn.training, float(learn.model.adv_loss), len(learn.y)), "after_loss")
    learn.metrics = [LossAttrMetric("adv_loss")]
    learn.fit(1, cbs=batches)
    valid = [(value, size) for training, value, size in batches.notes if not training]
    assert len({size for _, size in valid}) > 1
    expected = sum(value * size for value, size in valid) / sum(size for _, size in valid)
    assert learn.recorder.values[-1][-1] == pytest.approx(expected, rel=1e-6)
    assert learn.recorder.metric_names[-2] == "adv_loss"
    learn.metrics = [LossAttrMetric("no_such_loss")]
    with pytest.raises(AttributeError, match=r"no_such_loss.*adv_loss"):
        learn.validate()


def test_latent_vectors_of_the_validation_set_are_collected_in_order(tiny):
    learn = make_learner(tiny)
    learn.fit(1, cbs=GetLatentSpace())
    learn.model.eval()
    with torch.no_grad():
        expected = torch.cat([learn.model.encode(x.as_subclass(torch.Tensor)).z for x, _ in learn.dls.valid])
    assert learn.z_valid.shape == (tiny.N_VALID, 4)
    assert torch.allclose(learn.z_valid, expected, atol=1e-6)


class ScriptedLosses(Callback):
    """Puts given validation losses in the place of the measured ones."""

    order = 52  # between the recorder and the callback under test

    def __init__(self, losses):
        self.script = losses

    def after_epoch(self):
        self.learn.recorder.values[-1][1] = self.script[self.epoch]


def turns(tiny, losses, **settings):
    learn = make_learner(tiny)
    seen = Seen(lambda learn: learn.model.gen_train, "after_train")
    learn.fit(len(losses), cbs=[UnfreezeFcCritAdaptative(**settings), ScriptedLosses(losses), seen])
    return "".join("G" if turn else "D" for turn in seen.notes)


BAND = {"low_threshold": 0.65, "high_threshold": 0.8, "switch_every": 3, "window_size": 3}


def test_a_balanced_game_changes_turns_every_few_epochs(tiny):
    assert turns(tiny, [0.7] * 9, **BAND) == "GGGDDDGGG"
    assert turns(tiny, [0.7] * 4, **(BAND | {"switch_every": 1})) == "GDGD"


def test_the_encoder_hands_over_when_it_has_won_and_trains_while_it_loses(tiny):
    assert turns(tiny, [0.1, 0.1, 0.1, 0.1], **BAND) == "GDDD"
    assert turns(tiny, [2.0] * 6, **BAND) == "GGGGGG"
    assert turns(tiny, [0.1, 0.1, 3.0, 2.0, 2.0], **BAND) == "GDDGG"


def test_the_window_is_the_mean_of_the_last_epochs(tiny):
    losses = [0.9, 0.9, 0.1, 0.1, 0.1]  # means of three: .9 .9 .63 → the discriminator's turn after the third
    assert turns(tiny, losses, **BAND) == "GGGDD"
    assert turns(tiny, losses, **(BAND | {"window_size": 5, "high_threshold": 0.64, "low_threshold": 0.2})) == "GGGDD"


@pytest.mark.parametrize("freeze_encoder", [False, True])
def test_only_the_player_whose_turn_it_is_moves(tiny, freeze_encoder):
    learn = make_learner(tiny, freeze_encoder=freeze_encoder)
    model = learn.model
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    snapshots = []

    class Snapshot(Callback):
        def before_train(self):
            self.old = weights(model, lambda name: True)

        def after_train(self):
            moved = {name for name, p in model.named_parameters() if not torch.equal(p, self.old[name])}
            snapshots.append((model.gen_train, moved))

    learn.fit(4, cbs=[UnfreezeFcCritAdaptative(**(BAND | {"switch_every": 1})), ScriptedLosses([0.7] * 4), Snapshot()])
    assert [turn for turn, _ in snapshots] == [True, False, True, False]
    for gen_turn, moved in snapshots:
        assert moved
        assert all(is_discriminator(name) != gen_turn for name in moved)
        assert not freeze_encoder or not any(name.startswith("encoder.") for name in moved)
    assert {name: p.requires_grad for name, p in model.named_parameters()} == before


def test_validation_is_always_the_encoders(tiny):
    for callbacks in ([UnfreezeFcCritAdaptative(1, 0.0, 9.0)], [AlternatePlayers()]):
        learn = make_learner(tiny)
        seen = Seen(lambda learn: (learn.training, learn.model.gen_train), "after_pred")
        learn.fit(3, cbs=[*callbacks, seen])
        assert {turn for training, turn in seen.notes if not training} == {True}
        assert {turn for training, turn in seen.notes if training} == {True, False}


def test_trainability_is_restored_when_the_fit_is_cancelled(tiny):
    learn = make_learner(tiny)

    class Cancel(Callback):
        def before_validate(self):
            raise CancelFitException

    learn.fit(3, cbs=[UnfreezeFcCritAdaptative(), Cancel()])
    assert all(p.requires_grad for p in learn.model.parameters())


def test_a_validation_alone_decides_no_turn(tiny):
    learn = make_learner(tiny)
    turns = UnfreezeFcCritAdaptative(1, 0.0, 9.0)
    learn.add_cb(turns)
    learn.fit(1)
    assert turns.state() == {"gen_turn": False, "losses": [], "epochs_of_turn": 0}
    learn.validate()
    assert turns.state()["losses"] == []
    assert all(p.requires_grad for p in learn.model.parameters())


@pytest.mark.parametrize(
    "settings", [{"low_threshold": 0.7, "high_threshold": 0.6}, {"switch_every": 0}, {"window_size": 0}]
)
def test_turns_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=r"swap|at least 1"):
        UnfreezeFcCritAdaptative(**settings)


class Pictures:
    """15 vectors of 3 numbers with a class."""

    def __init__(self):
        self.x = torch.randn(15, 3, generator=torch.Generator().manual_seed(0))

    def __len__(self):
        return 15

    def __getitem__(self, index):
        return self.x[index], int(index % 2)


def fit_linear(batch_size, n_batches, opt_func=SGD):
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    dls = DataLoaders(DataLoader(Pictures(), bs=batch_size), DataLoader(Pictures(), bs=batch_size))
    steps = Seen(lambda learn: [p.detach().clone() for p in learn.model.parameters()], "after_step")
    learn = Learner(dls, model, loss_func=nn.CrossEntropyLoss(), opt_func=opt_func, lr=0.5)
    learn.remove_cbs([cb for cb in learn.cbs if cb.name == "progress"])
    learn.logger = lambda row: None
    learn.fit(2, cbs=[*([AccumulateGradients(n_batches)] if n_batches else []), steps])
    return steps.notes


@pytest.mark.parametrize("opt_func", [SGD, Adam])
def test_accumulated_small_batches_step_as_one_big_batch(opt_func):
    """15 images: batches of 2 in groups of 4 are batches of 8 and 7, the last one flushed at the epoch's end."""
    small, big = fit_linear(2, 4, opt_func), fit_linear(8, None, opt_func)
    assert len(small) == len(big) == 4
    for mine, theirs in zip(small, big, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert torch.allclose(a, b, atol=1e-5)


def test_no_gradient_is_left_at_an_epochs_end(tiny):
    learn = make_learner(tiny)
    seen = Seen(lambda learn: [p.grad for p in learn.model.parameters()], "after_train")
    learn.fit(2, cbs=[AccumulateGradients(4), seen])
    assert all(gradient is None for note in seen.notes for gradient in note)


def test_in_the_encoders_batches_the_discriminator_does_not_drift_on_momentum(tiny):
    learn = make_learner(tiny)
    model = learn.model
    moved = []

    class Drift(Callback):
        order = 70

        def before_batch(self):
            self.old = weights(model, is_discriminator)

        def after_batch(self):
            if self.training:
                moved.append(
                    (
                        model.gen_train,
                        any(not torch.equal(p, self.old[n]) for n, p in model.named_parameters() if n in self.old),
                    )
                )

    learn.fit(2, cbs=[AlternatePlayers(), AccumulateGradients(1), Drift()])
    assert {is_moved for turn, is_moved in moved if turn} == {False}
    assert {is_moved for turn, is_moved in moved if not turn} == {True}


def test_a_frozen_encoder_comes_through_a_whole_training_untouched(tiny, tmp_path):
    model = tiny.make_model(freeze_encoder=True)
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    rest = {name: value.clone() for name, value in model.to_latent.state_dict().items()}
    learn = train_xaaenet(
        model, tiny.make_dls(), 4, 1, 1, models_dir=tmp_path, save_tsne=False, save_pls=False, extract_latent=False
    )
    assert all(torch.equal(value, before[name]) for name, value in learn.model.encoder.state_dict().items())
    assert any(not torch.equal(value, rest[name]) for name, value in model.to_latent.state_dict().items())
    assert not any(p.requires_grad for p in model.encoder.parameters())
    assert all(p.requires_grad for p in model.decoder.parameters())
    assert math.isfinite(float(learn.recorder.values[-1][1]))
