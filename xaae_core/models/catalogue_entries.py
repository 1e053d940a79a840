"""The entries of the catalogue: what each model is called, what it is good for, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaae_core.models.model_entry import ModelEntry, ModelOption, catalogue_of

_BETA_ABOUT = (
    "How strongly z is held to the bell curve: more tells the factors of the data apart better, less draws sharper."
)
SIGNAL_BETA = 0.002
"""β where signals are taken for Gaussian: noise of a standard deviation of 4.5 % of their range. With β = 1 the noise
would be as large as the range, nothing in a signal would be worth a nat of z, and z would say nothing of it."""
_BETA = ModelOption(
    name="beta", title="β, weight of the bell curve", about=_BETA_ABOUT, default=1.0, signal_default=SIGNAL_BETA
)
_BETA_4, _BETA_6 = (
    ModelOption(name="beta", title=_BETA.title, about=_BETA_ABOUT, default=default) for default in (4.0, 6.0)
)
_LIKELIHOOD = ModelOption(
    name="likelihood",
    title="What a value is taken for",
    about="bernoulli: a share between 0 and 1, for pictures that are mostly black and white; gaussian: a measurement "
    "with noise.",
    default="bernoulli",
    signal_default="gaussian",
    choices=("bernoulli", "gaussian"),
)
_LIKELIHOOD_BURGESS = ModelOption(
    name="likelihood",
    title=_LIKELIHOOD.title,
    about="bernoulli: a share between 0 and 1; gaussian, laplace: a measurement with noise, of which laplace forgives "
    "large errors.",
    default="bernoulli",
    choices=("bernoulli", "gaussian", "laplace"),
)
_PRETEXT = ModelOption(
    name="pretext",
    title="What it has to undo",
    about="nothing: it gives back what it gets; noise: it has to take noise away; mask: it has to fill in values that "
    "were taken out.",
    default="nothing",
    choices=("nothing", "noise", "mask"),
)
_BASE = ModelOption(
    name="base_encoder",
    title="Network",
    about="The ResNet that looks at the picture; it starts from nothing.",
    default="resnet18",
    choices=("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
)
_PROJECTION = ModelOption(
    name="projection_dim", title="Size of the projection", about="Numbers that two views are compared by.", default=128,
    low=1, high=65_536,
)  # fmt: skip
_DIGITS: dict[str, Any] = {"sizes": ((28, 28),), "side": 28, "channels": (1,)}
_BURGESS: dict[str, Any] = {"sizes": ((32, 32), (64, 64)), "is_variational": True, "kind": "BurgessVAE"}

MODELS: Mapping[str, ModelEntry] = catalogue_of(
    ModelEntry(
        name="xaaenet",
        title="xAAEnet",
        purpose="Learns the target and an even latent space together: what changes with the target can be drawn, "
        "measured and explained.",
        mediums=("picture", "signal"),
        kind="EncoderWithAAEBlocks",
        learns_labels=True,
        dims=128,
        side=192,
    ),
    ModelEntry(
        name="ae",
        title="Autoencoder (AE)",
        purpose="The plainest, without labels: squeezes each case into a few numbers and draws it again from them; "
        "what lies between two cases may look like neither.",
        mediums=("picture", "signal"),
        kind="AutoencoderLatents",
        dims=16,
        options=(_LIKELIHOOD,),
    ),
    ModelEntry(
        name="vae",
        title="Variational autoencoder (VAE)",
        purpose="Without labels: the cases' numbers fill a bell curve, so that whatever lies between two cases can be "
        "drawn as well.",
        mediums=("picture", "signal"),
        kind="AutoencoderLatents",
        is_variational=True,
        dims=16,
        options=(_BETA, _LIKELIHOOD),
    ),
    ModelEntry(
        name="adagvae",
        title="VAE of pairs (AdaGVAE)",
        purpose="Learns from pairs of cases that have something in common, and so tells the factors of the data apart; "
        "where no pairs are given, two cases of one class make one.",
        mediums=("picture", "signal"),
        kind="AutoencoderLatents",
        is_variational=True,
        feed="pairs",
        options=(_BETA, _LIKELIHOOD),
    ),
    ModelEntry(
        name="recurrent_autoencoder",
        title="Recurrent autoencoder of signals (lfxai)",
        purpose="lfxai's autoencoder of signals with LSTMs, which reads sample by sample: slow, for short ones.",
        mediums=("signal",),
        kind="SignalsInUnits",
        dims=64,
    ),
    ModelEntry(
        name="autoencoder_cnn",
        title="Convolutional autoencoder of signals (lfxai)",
        purpose="lfxai's small autoencoder of ECG beats with three convolutions, here for signals of any length from 9 "
        "samples.",
        mediums=("signal",),
        kind="SignalsInUnits",
        dims=64,
    ),
    ModelEntry(
        name="autoencoder_mnist",
        title="Autoencoder of digits (lfxai)",
        purpose="lfxai's small autoencoder of MNIST digits, which can also learn to take noise away or to fill in.",
        kind="AutoEncoderMnist",
        dims=4,
        options=(_PRETEXT,),
        **_DIGITS,
    ),
    ModelEntry(
        name="beta_vae_mnist",
        title="β-VAE of digits (lfxai)",
        purpose="lfxai's β-VAE of MNIST digits, whose experiments ask whether one number of z stands for one factor.",
        kind="BetaVaeMnist",
        is_variational=True,
        options=(_BETA,),
        **_DIGITS,
    ),
    ModelEntry(
        name="beta_tcvae_mnist",
        title="β-TCVAE of digits (lfxai)",
        purpose="The same with a loss that only punishes numbers of z for saying the same thing.",
        kind="BetaTcVaeMnist",
        is_variational=True,
        options=(_BETA,),
        **_DIGITS,
    ),
    ModelEntry(
        name="burgess_vae",
        title="β-VAE of Burgess et al.",
        purpose="The usual network of studies on telling factors apart, for pictures of 32 or 64 pixels.",
        options=(_BETA_4, _LIKELIHOOD_BURGESS),
        **_BURGESS,
    ),
    ModelEntry(
        name="burgess_tcvae",
        title="β-TCVAE of Burgess et al.",
        purpose="The same network with the loss that only punishes numbers of z for saying the same thing.",
        options=(_BETA_6, _LIKELIHOOD_BURGESS),
        **_BURGESS,
    ),
    ModelEntry(
        name="classifier_mnist",
        title="Classifier of digits (lfxai)",
        purpose="Learns the classes alone; cannot draw. For attributions and examples of a plain classifier.",
        kind="ClassifierMnist",
        learns_labels=True,
        has_decoder=False,
        dims=4,
        **_DIGITS,
    ),
    ModelEntry(
        name="classifier_latent",
        title="Classifier of digits without a latent space (lfxai)",
        purpose="Learns the classes alone, and its z are the scores of the classes; cannot draw.",
        kind="ClassifierLatent",
        learns_labels=True,
        has_decoder=False,
        dims=0,
        **_DIGITS,
    ),
    ModelEntry(
        name="simclr",
        title="SimCLR",
        purpose="Learns without labels to recognise a picture from two changed views of it; a good z to tell cases "
        "apart by, but it cannot draw.",
        kind="SimCLR",
        has_decoder=False,
        feed="views",
        dims=0,
        side=32,
        channels=(3,),
        options=(_BASE, _PROJECTION),
    ),
)
"""All models by name, the default first."""
