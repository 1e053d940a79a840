"""A path of 21 steps decoded in one batch with cached skips, against 21 full forward passes."""

from __future__ import annotations

import torch

from analysis.traversals import Traversal, encode_image, path_steps, traverse
from benchmarks.comparison import Comparison, take_turns, timed
from benchmarks.subject import Step, Subject, demo_subject, full_pass, reference_subject

N_STEPS = 21


def path_in_one_batch(subject: Subject, *, skip_dropout: float, n_steps: int = N_STEPS) -> Traversal:
    """Ours, the encoding of the picture included."""
    encoding = encode_image(subject.model, subject.image)
    steps = path_steps(n_steps=n_steps)
    return traverse(subject.model, encoding, subject.direction, steps=steps, skip_dropout=skip_dropout)


def path_step_by_step(subject: Subject, *, skip_dropout: float, n_steps: int = N_STEPS) -> list[Step]:
    """What a page would do that runs the model for every step."""
    return [full_pass(subject, float(step), skip_dropout=skip_dropout) for step in path_steps(n_steps=n_steps)]


def compare(subject: Subject, *, skip_dropout: float, repeats: int, n_steps: int = N_STEPS) -> Comparison:
    """One batch against full passes, for one model."""
    seconds = take_turns(
        timed(lambda: path_in_one_batch(subject, skip_dropout=skip_dropout, n_steps=n_steps)),
        timed(lambda: path_step_by_step(subject, skip_dropout=skip_dropout, n_steps=n_steps)),
        repeats=repeats,
    )
    kept = {1.0: "z only", 0.0: "every skip kept"}.get(skip_dropout, f"skip dropout {skip_dropout:g}")
    return Comparison(
        f"path, {subject.name}, {kept}",
        f"encode once, decode {n_steps} steps in one batch",
        f"{n_steps} full forward passes",
        *seconds,
        "one thread",
    )


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file, on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        runs = [(demo_subject(), 2 if is_quick else 15)]
        if not is_quick:
            runs.append((reference_subject(), 3))
        return [
            compare(subject, skip_dropout=share, repeats=repeats) for subject, repeats in runs for share in (1.0, 0.0)
        ]
    finally:
        torch.set_num_threads(n_threads)
