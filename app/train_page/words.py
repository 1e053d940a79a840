"""What the train page calls things."""

from __future__ import annotations

from app.training.files import State
from app.training.request import TrainingRequest
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.models.catalogue import MODELS
from xaae_core.training.presets import PRESETS

PHASES = {
    "adversarial": (
        "Arrange the codes",
        "The code of every case is pulled into one cloud, shaped like a bell curve, so that there is something "
        "sensible between any two of them. (Adversarial phase.)",
    ),
    "autoencoder": (
        "Learn to draw",
        "Each case is squeezed into its code, a short list of numbers, and drawn again from nothing else. "
        "(Autoencoder phase.)",
    ),
    "classifier": (
        "Learn the target",
        "The code learns to tell the cases apart. (Classifier phase.)",
    ),
    "contrastive": (
        "Learn to recognise",
        "Two changed views of a case must get codes that are more alike than those of any other two cases. "
        "(Contrastive phase.)",
    ),
    "consistency": (
        "Make moves show",
        "What is drawn after a move of the code must read back as that move. (Consistency phase.)",
    ),
    "sharpening": (
        "Sharpen",
        "Fine detail may be copied from the original past the code; what the code draws alone stays as it is. "
        "(Sharpening phase.)",
    ),
    "measuring": ("Measure", "Cases that were never trained on say how good the model is."),
}
"""Phase → its name for people, and what happens in it."""

PRESET_WORDS = {
    "quick": ("Quick look", "Minutes on an ordinary computer. Enough to see whether it works with your data."),
    "standard": (
        "Standard",
        "For real data on an ordinary computer. A richer code, and more weight on the target.",
    ),
    "reference": (
        "Published defaults",
        "xAAEnet as it was published: ResNet34 and 115 epochs. Meant for a graphics processor.",
    ),
}
"""Preset → its name for people, and what it is for."""

STATES: dict[State, str] = {
    "waiting": "Starting",
    "checking": "Reading the data",
    "training": "Training",
    "paused": "Paused",
    "measuring": "Measuring",
    "stopped": "Stopped",
    "failed": "Failed",
    "finished": "Finished",
    "pausing": "Pausing after this batch",
    "stopping": "Stopping after this batch",
    "lost": "Stopped unexpectedly",
}


def phase_name(phase: str) -> str:
    """A phase for people."""
    return PHASES[phase][0] if phase in PHASES else phase


def preset_name(preset: str) -> str:
    """A preset for people."""
    return PRESET_WORDS[preset][0] if preset in PRESET_WORDS else preset


def preset_purpose(preset: str) -> str:
    """What a preset is for."""
    return PRESET_WORDS[preset][1] if preset in PRESET_WORDS else PRESETS[preset].purpose


def case_word(dataset: ImageDataset) -> str:
    """What one case of the data is: a picture or a signal."""
    return "picture" if dataset.form is None else "signal"


def request_name(request: TrainingRequest) -> str:
    """What is trained, for people: a preset of xAAEnet, or the model."""
    return preset_name(request.preset) if request.is_xaaenet else MODELS[request.model].title


def duration(seconds: float) -> str:
    """A time as one would say it: 40 s, 12 min, 2 h 10 min, 3 days."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    if hours < 36:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(minutes / 60 / 24)} days"


def memory(n_bytes: float) -> str:
    """An amount of memory: 850 MB, 1.2 GB."""
    if n_bytes < 0.95e9:
        return f"{max(1, round(n_bytes / 1e6))} MB"
    return f"{n_bytes / 1e9:.1f} GB"
