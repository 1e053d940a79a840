"""Whose turn it is in the game between the encoder (generator) and the discriminator."""

from __future__ import annotations

from typing import Any

from fastai.callback.core import Callback

from xaae_core.training.phase import RememberingCallback

DISCRIMINATOR = "fc_crit"


class AlternatePlayers(Callback):
    """Give every second training batch to the discriminator; validation is always the encoder's.

    For the phases whose loss has other terms as well: the encoder's share of the adversarial term
    would be worthless if nobody trained its judge.
    """

    order = 15

    def before_batch(self) -> None:
        """The encoder's turn in even batches, the discriminator's in odd ones."""
        self.model.gen_train = not self.training or self.iter % 2 == 0


class UnfreezeFcCritAdaptative(RememberingCallback):
    """Alternate generator / discriminator training during the adversarial phase.

    The validation loss is always computed with `gen_train=True`, so it is the encoder's: −log of the
    discriminator's score of encoded images, ln 2 ≈ 0.69 when nobody can tell. After each epoch, m is the
    mean of the validation losses since the last hand-over, of at most `window_size` epochs:

    - m ≤ `low_threshold`: the encoder has won; the discriminator trains.
    - m > `high_threshold`: the encoder is losing; the encoder trains.
    - between: the turn changes every `switch_every` epochs.

    The player that does not train is frozen; parameters that were frozen before the fit stay frozen, and
    the fit ends with every parameter as it began. The first turn is the one that `model.gen_train` says.

    Args:
        switch_every: epochs of a turn while the game is balanced, at least 1.
        low_threshold: see above.
        high_threshold: see above; not below `low_threshold`.
        window_size: epochs that the mean looks back on, at least 1.

    Raises:
        ValueError: thresholds reversed, or a number of epochs below 1.

    Source: the adversarial callback of the xAAEnet training page.
    """

    order = 55  # after the recorder has the epoch's validation loss

    def __init__(
        self,
        switch_every: int = 3,
        low_threshold: float = 0.15,
        high_threshold: float = 0.6,
        window_size: int = 3,
    ) -> None:
        if low_threshold > high_threshold:
            raise ValueError(
                f"low_threshold {low_threshold} is above high_threshold {high_threshold}; expected the lower end of "
                "the band first: swap them"
            )
        if switch_every < 1 or window_size < 1:
            raise ValueError(f"switch_every={switch_every}, window_size={window_size}; each must be at least 1 epoch")
        self.switch_every = switch_every
        self.low_threshold = low_threshold
        self.high_threshold = high_threshold
        self.window_size = window_size
        self._resumed: dict[str, Any] | None = None

    def before_fit(self) -> None:
        """Remember what was frozen; the first turn is the model's."""
        self._was_trainable = {name: p.requires_grad for name, p in self.model.named_parameters()}
        state = self._resumed or {"gen_turn": bool(self.model.gen_train), "losses": [], "epochs_of_turn": 0}
        self._resumed = None
        self.gen_turn: bool = state["gen_turn"]
        self.window: list[float] = list(state["losses"])
        self.epochs_of_turn: int = state["epochs_of_turn"]

    def before_epoch(self) -> None:
        """Nothing is trained yet: `learn.validate` has epochs without training, which decide nothing."""
        self._has_trained = False

    def before_train(self) -> None:
        """Freeze the player whose turn it is not."""
        self._has_trained = True
        self.model.gen_train = self.gen_turn
        for name, parameter in self.model.named_parameters():
            has_turn = is_discriminator(name) != self.gen_turn
            parameter.requires_grad_(self._was_trainable[name] and has_turn)
            if not has_turn:
                parameter.grad = None  # a gradient of zeros would let the optimizer's momentum move it

    def before_validate(self) -> None:
        """The validation loss is the encoder's, or two epochs could not be compared."""
        self.model.gen_train = True

    def after_epoch(self) -> None:
        """Decide on the next turn."""
        if not self._has_trained:
            return
        index = list(self.recorder.metric_names[1:]).index("valid_loss")
        self.window = [*self.window, float(self.recorder.values[-1][index])][-self.window_size :]
        self.epochs_of_turn += 1
        turn = self.next_turn()
        if turn != self.gen_turn:
            self.gen_turn, self.window, self.epochs_of_turn = turn, [], 0

    def next_turn(self) -> bool:
        """Whether the encoder trains next, by the rule above."""
        mean = sum(self.window) / len(self.window)
        if mean <= self.low_threshold:
            return False
        if mean > self.high_threshold:
            return True
        return not self.gen_turn if self.epochs_of_turn >= self.switch_every else self.gen_turn

    def after_fit(self) -> None:
        """Everything as trainable as before the fit."""
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(self._was_trainable[name])

    def state(self) -> dict[str, Any]:
        """What a resumed fit needs to go on; plain values."""
        return {"gen_turn": self.gen_turn, "losses": list(self.window), "epochs_of_turn": self.epochs_of_turn}

    def resume_from(self, state: dict[str, Any]) -> None:
        """Begin the next fit with this state."""
        self._resumed = state


def is_discriminator(name: str) -> bool:
    """Whether a parameter's name is one of the discriminator (`fc_crit*`)."""
    return any(part.startswith(DISCRIMINATOR) for part in name.split("."))
