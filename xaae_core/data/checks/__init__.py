"""The data check: what is wrong with a set of pictures before anything is trained on it."""

from xaae_core.data.checks.data_check import check_dataset
from xaae_core.data.checks.findings import LEVELS, CheckReport, Finding, Level

__all__ = ["LEVELS", "CheckReport", "Finding", "Level", "check_dataset"]
