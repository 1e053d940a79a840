"""The data check as a whole: one pass over the pictures, then every check on what it learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xaae_core.data.checks.check_input import CheckInput, Normalisation
from xaae_core.data.checks.class_counts import check_class_counts, count_classes
from xaae_core.data.checks.duplicates import check_duplicates
from xaae_core.data.checks.findings import CheckReport, Finding, worst_first
from xaae_core.data.checks.intensities import check_intensities
from xaae_core.data.checks.masks import check_masks
from xaae_core.data.checks.patients import check_patients
from xaae_core.data.checks.picture_facts import gather_facts
from xaae_core.data.checks.picture_sizes import check_picture_sizes
from xaae_core.data.checks.signal_check import find_in_signals
from xaae_core.data.checks.sites import check_sites
from xaae_core.data.checks.split_design import check_split_design
from xaae_core.data.checks.target_values import check_target_values, describe_values
from xaae_core.data.checks.text_marks import check_text_marks
from xaae_core.data.checks.unreadable_files import check_unreadable_files
from xaae_core.data.checks.value_range import check_value_range
from xaae_core.data.dataset import ImageDataset
from xaae_core.data.windows import Window

Check = Callable[[CheckInput], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_class_counts,
    check_target_values,
    check_unreadable_files,
    check_split_design,
    check_patients,
    check_duplicates,
    check_sites,
    check_text_marks,
    check_intensities,
    check_value_range,
    check_picture_sizes,
    check_masks,
)
"""Every check, in the order in which findings of one level are told."""


def check_dataset(
    dataset: ImageDataset,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    normalisation: Normalisation | None = None,
    window: Window | None = None,
    progress: Callable[[int, int], None] | None = None,
    seed: int = 0,
) -> CheckReport:
    """Check a data set before anything is trained on it; every picture is decoded, or every signal read, once.

    Some 10 ms of CPU time a picture of 256 × 256 px, and 3 KB of memory; then time that grows with the square of the
    number of pictures to find copies (20,000: some 5 s).

    Args:
        dataset: as `read_dataset` gives it (with `min_classes=1`, one class is a finding instead of an error).
        size: (height, width) in pixels of the model it is meant for.
        channels: of that model, 1 or 3.
        normalisation: of that model: (means, standard deviations) for pixels in [0, 1].
        window: (centre, width) that DICOM and NIfTI pictures are read with, see `read_image`.
        progress: called with (pictures done, pictures in all); what it raises stops the check at once.
        seed: of folds, permutations and samples.

    Returns:
        The pictures that can be decoded and everything that was found; nothing in the data raises.
    """
    if dataset.form is not None:
        of_signals, findings = find_in_signals(dataset, dataset.form, progress=progress, seed=seed)
        sound = of_signals.dataset
    else:
        gathered = gather_facts(dataset, progress, window=window)
        given = CheckInput(gathered.dataset, gathered.facts, size, channels, normalisation, seed)
        findings = [finding for check in CHECKS for finding in check(given)]
        sound = gathered.dataset
    counts = describe_values(sound) if sound.is_numeric else count_classes(sound)
    return CheckReport(sound, worst_first(findings), counts)
