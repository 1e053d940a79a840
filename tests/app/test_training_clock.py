"""What is said to be left of a training comes true where its epochs take what they took."""

import pytest

from app.train_page.words import duration, memory
from app.training.clock import TrainingClock
from xaae_core.training.progress import BatchProgress

PHASES = {"adversarial": 2, "autoencoder": 3}
N_BATCHES = 5


class Hand:
    """A clock's hand that is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def run(clock: TrainingClock, hand: Hand, took: dict[str, float]) -> list[tuple[float, float]]:
    """Time and what was said to be left, after each epoch."""
    said = []
    for phase, n_epochs in PHASES.items():
        for epoch in range(1, n_epochs + 1):
            for batch in range(1, N_BATCHES + 1):
                hand.seconds += took[phase] / N_BATCHES
                clock.tell_batch(BatchProgress(phase, epoch, n_epochs, batch, N_BATCHES))
            clock.tell_epoch(epoch)
            said.append((clock.seconds, clock.left() or 0.0))
    return said


def test_with_even_epochs_time_spent_and_left_make_the_whole() -> None:
    hand = Hand()
    clock = TrainingClock(PHASES, {}, now=hand)
    assert clock.left() is None
    for spent, left in run(clock, hand, {"adversarial": 10.0, "autoencoder": 10.0}):
        assert spent + left == pytest.approx(50)


def test_an_estimate_that_is_off_by_a_factor_is_corrected() -> None:
    hand = Hand()
    clock = TrainingClock(PHASES, {"adversarial": 1.0, "autoencoder": 4.0, "measuring": 2.0}, now=hand)
    for spent, left in run(clock, hand, {"adversarial": 3.0, "autoencoder": 12.0}):
        assert spent + left == pytest.approx(2 * 3 + 3 * 12 + 6)


def test_pauses_are_not_counted_and_earlier_starts_are() -> None:
    hand = Hand()
    clock = TrainingClock(PHASES, {}, spent=40, now=hand)
    hand.seconds += 5
    clock.leave_out(5)
    assert clock.seconds == pytest.approx(40)
    assert run(clock, hand, {"adversarial": 10.0, "autoencoder": 10.0})[0] == (pytest.approx(50), pytest.approx(40))


def test_a_phase_taken_up_in_its_middle_knows_what_is_behind_it() -> None:
    hand = Hand()
    clock = TrainingClock(PHASES, {}, now=hand)
    hand.seconds += 7
    clock.tell_batch(BatchProgress("autoencoder", 3, 3, N_BATCHES, N_BATCHES))
    assert clock.left() == pytest.approx(0)


def test_times_and_sizes_as_one_would_say_them() -> None:
    assert [duration(seconds) for seconds in (0.2, 40, 89, 720, 7800, 200_000)] == [
        *("1 s", "40 s", "89 s", "12 min", "2 h 10 min", "2 days")
    ]
    assert [memory(n_bytes) for n_bytes in (3e5, 8.5e8, 1.24e9)] == ["1 MB", "850 MB", "1.2 GB"]
