"""Every documented name, signature and default is the reference page's, to the letter."""

import inspect
import subprocess
import sys

import pytest

import xaae_core.training as training

NOTHING = inspect.Parameter.empty
EVENTS = [
    "after_create",
    "before_fit",
    "before_epoch",
    "before_train",
    "before_batch",
    "after_pred",
    "after_loss",
    "before_backward",
    "after_cancel_backward",
    "after_backward",
    "before_step",
    "after_cancel_step",
    "after_step",
    "after_cancel_batch",
    "after_batch",
    "after_cancel_train",
    "after_train",
    "before_validate",
    "after_cancel_validate",
    "after_validate",
    "after_cancel_epoch",
    "after_epoch",
    "after_cancel_fit",
    "after_fit",
]

DOCUMENTED = {
    "CorruptionCallback": {"corruption_tfms": NOTHING},
    "RandomMasking": {"mask_ratio": 0.3, "patch_size": 16},
    "AddGaussianNoise": {"mean": 0.0, "std": 0.05},
    "UnfreezeFcCritAdaptative": {
        "switch_every": 3,
        "low_threshold": 0.15,
        "high_threshold": 0.6,
        "window_size": 3,
    },
    "save_latent_pls_figure": {
        "z": NOTHING,
        "targets": NOTHING,
        "save_path": NOTHING,
        "class_names": None,
        "target_class": None,
        "phase": "",
        "encoding_dims": None,
        "max_points": 10000,
        "random_state": 42,
        "show": None,
    },
    "save_latent_tsne_figure": {
        "z": NOTHING,
        "save_path": NOTHING,
        "phase": NOTHING,
        "encoding_dims": None,
        "max_points": 5000,
        "perplexity": 30,
        "random_state": 42,
        "show": None,
    },
    "LossAttrMetric": {"attr": NOTHING},
    "GetLatentSpace": dict.fromkeys(EVENTS),
    "train_xaaenet": {
        "model": NOTHING,
        "dls": NOTHING,
        "epochs_adv": 35,
        "epochs_ae": 50,
        "epochs_classif": 30,
        "ae_recons_weight": 0.4,
        "ae_adv_weight": 0.6,
        "classif_recons_weight": 0.599,
        "classif_class_weight": 0.001,
        "classif_adv_weight": 0.4,
        "lr_max": 0.0001,
        "lr_max_factor": 3.0,
        "mask_ratio": 0.2,
        "patch_size": 16,
        "noise_std": 0.05,
        "adv_low_threshold": 0.65,
        "adv_high_threshold": 0.8,
        "grad_accum": 4,
        "patience": 10,
        "models_dir": "models",
        "adv_fname": "xaaenet_adv",
        "ae_fname": "xaaenet_ae",
        "classif_fname": "xaaenet_classif",
        "save_tsne": True,
        "tsne_max_points": 5000,
        "tsne_perplexity": 30,
        "save_pls": True,
        "pls_target_class": None,
        "pls_max_points": 10000,
        "extract_latent": True,
        "latent_path": None,
        "show_latent_figures": None,
    },
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_signature_is_the_references_with_our_options_keyword_only_behind(name):
    parameters = inspect.signature(getattr(training, name)).parameters
    documented = DOCUMENTED[name]
    assert list(parameters)[: len(documented)] == list(documented)
    for key, default in documented.items():
        assert parameters[key].default == default
        assert type(parameters[key].default) is type(default)
    for key in list(parameters)[len(documented) :]:
        assert parameters[key].kind is inspect.Parameter.KEYWORD_ONLY, key
        assert parameters[key].default is not NOTHING, key


def test_every_exported_name_exists_and_has_a_docstring():
    assert set(DOCUMENTED) <= set(training.__all__)
    for name in training.__all__:
        assert getattr(training, name).__doc__
    with pytest.raises(AttributeError, match="train_xaeenet"):
        _ = training.train_xaeenet


def test_importing_the_package_is_cheap():
    code = "import sys, xaae_core.training; print(sorted({'torch', 'fastai', 'matplotlib'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
