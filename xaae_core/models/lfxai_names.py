"""The models, losses and pretext tasks of lfxai under lfxai's names.

Arguments and defaults are those of lfxai's page, and weights of lfxai 0.1.1 load into the models. What differs is right
here where it was wrong there, and said in the docstrings. `VAE` is this tool's `BurgessVAE`, `Encoder` and `Decoder`
its `RecurrentEncoder` and `RecurrentDecoder`.
"""

from xaae_core.gaussian_densities import log_density_gaussian
from xaae_core.models.burgess_networks import DecoderBurgess, EncoderBurgess
from xaae_core.models.burgess_vae import BurgessVAE, init_vae
from xaae_core.models.cnn_autoencoder import AutoencoderCNN, DecoderCNN, EncoderCNN
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist
from xaae_core.models.mnist_classifiers import ClassifierLatent, ClassifierMnist
from xaae_core.models.mnist_vae import VarDecoderMnist, VarEncoderMnist
from xaae_core.models.recurrent_autoencoder import RecurrentAutoencoder, RecurrentDecoder, RecurrentEncoder
from xaae_core.models.simclr import SimCLR
from xaae_core.pretext import Identity, InputPerturbation, Mask, RandomNoise
from xaae_core.vae_losses import BaseVAELoss, BetaHLoss, BtcvaeLoss, get_loss_f, linear_annealing

VAE = BurgessVAE
Encoder = RecurrentEncoder
Decoder = RecurrentDecoder

__all__ = [
    "VAE",
    "AutoEncoderMnist",
    "AutoencoderCNN",
    "BaseVAELoss",
    "BetaHLoss",
    "BetaTcVaeMnist",
    "BetaVaeMnist",
    "BtcvaeLoss",
    "BurgessVAE",
    "ClassifierLatent",
    "ClassifierMnist",
    "Decoder",
    "DecoderBurgess",
    "DecoderCNN",
    "DecoderMnist",
    "Encoder",
    "EncoderBurgess",
    "EncoderCNN",
    "EncoderMnist",
    "Identity",
    "InputPerturbation",
    "Mask",
    "RandomNoise",
    "RecurrentAutoencoder",
    "SimCLR",
    "VarDecoderMnist",
    "VarEncoderMnist",
    "get_loss_f",
    "init_vae",
    "linear_annealing",
    "log_density_gaussian",
]
