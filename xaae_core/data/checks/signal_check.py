"""The data check of signals: those checks that ask about cases, and those of amplitudes and recordings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.class_counts import check_class_counts
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.patients import check_patients
from xaae_core.data.checks.signal_facts import GatheredSignals, gather_signal_facts, signal_content
from xaae_core.data.checks.signal_values import check_amplitudes, check_recordings, check_signal_copies
from xaae_core.data.checks.sites import check_sites
from xaae_core.data.checks.split_design import check_split_design
from xaae_core.data.checks.target_values import check_target_values
from xaae_core.data.checks.unreadable_files import check_unreadable_files
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.signal_form import SignalForm

_PICTURE = re.compile(r"\b([Pp])icture(s?)\b")


def find_in_signals(
    dataset: ImageDataset, form: SignalForm, *, progress: Callable[[int, int], None] | None = None, seed: int = 0
) -> tuple[GatheredSignals, list[Finding]]:
    """Check a data set of signals; every signal is read once.

    Brightness, sizes, burned-in letters and masks are of pictures only and are not asked about.

    Args:
        dataset: as `read_dataset` gives it.
        form: what its signals look like.
        progress: called with (signals done, signals in all).
        seed: of folds, permutations and samples.

    Returns:
        The signals that can be read with their facts, and everything that was found.
    """
    gathered = gather_signal_facts(dataset, form, progress)
    given = CheckInput(gathered.dataset, gathered.facts, seed=seed)
    return gathered, [_in_words_of_signals(finding) for finding in _findings(given)]


def _findings(given: CheckInput) -> Iterator[Finding]:
    yield from check_class_counts(given)
    yield from check_target_values(given)
    yield from check_unreadable_files(given)
    yield from check_split_design(given)
    yield from check_patients(given)
    yield from check_signal_copies(given)
    yield from check_sites(given, content=signal_content)
    yield from check_amplitudes(given)
    yield from check_recordings(given)


def _in_words_of_signals(finding: Finding) -> Finding:
    """What the checks that are of any case say of pictures."""
    title, detail, remedy = (_PICTURE.sub(_word, text) for text in (finding.title, finding.detail, finding.remedy))
    return replace(finding, title=title, detail=detail, remedy=remedy)


def _word(match: re.Match[str]) -> str:
    return ("S" if match[1] == "P" else "s") + "ignal" + match[2]
