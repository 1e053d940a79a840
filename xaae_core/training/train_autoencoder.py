"""`train_autoencoder`: any model of the family in one phase, with the files, callbacks and resuming of xAAEnet's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import Adam

from xaae_core.errors import TrainingError
from xaae_core.models.epoch_training import EpochTraining
from xaae_core.training.autoencoder_checks import check_autoencoder, phase_name_of
from xaae_core.training.autoencoder_phase import one_phase
from xaae_core.training.autoencoder_settings import AutoencoderSettings
from xaae_core.training.history import history_columns
from xaae_core.training.phase_files import FigureSettings
from xaae_core.training.phased_training import is_watched, known_class, train_phases, training_held
from xaae_core.training.progress import OnBatch, TrainingProgress
from xaae_core.training.run import Run


def train_autoencoder(
    model: EpochTraining,
    dls: DataLoaders,
    epochs: int = 30,
    lr_max: float = 1e-3,
    grad_accum: int = 1,
    patience: int = 10,
    models_dir: str | Path = "models",
    fname: str | None = None,
    save_tsne: bool = True,
    tsne_max_points: int = 5000,
    tsne_perplexity: float = 30,
    save_pls: bool = True,
    pls_target_class: str | None = None,
    pls_max_points: int = 10000,
    extract_latent: bool = True,
    latent_path: str | Path | None = None,
    show_latent_figures: bool | None = None,
    *,
    seed: int = 0,
    resume: bool = True,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_batch: OnBatch | None = None,
    progress_bar: bool | None = None,
    opt_func: Callable[..., Any] | None = None,
    device: str | torch.device | None = None,
) -> Learner:
    """Train a model of the family by its own loss, through the machinery of `train_xaaenet`.

    The best weights, those of lowest validation loss, are in `models_dir` as `<fname>.pth` with a card `<fname>.json`,
    and at the end as `<fname>.safetensors`. All epochs are in `history.csv`: the losses, and whatever parts of them the
    model tells (likelihood, KL divergence, accuracy). Killed at any moment, the same call goes on after the last
    finished epoch, on the CPU to the very same weights; a finished one starts anew. The random generators of the caller
    are left as they were, except those that were given to the model.

    An `AdaGVAE` trains on pairs. Batches of pairs [B, 2, …] are taken as they are. Of labelled single cases, each is
    paired with a drawn one of its class: two cases of a class have that class in common, and nobody knows what else, so
    that such pairs are a weaker hint than the method's own, which differ in few factors
    (`xaae_core.data.sprites.draw_pairs` draws those where factors are known). SimCLR trains on two random views of each
    case.

    All cases are looked at before the first step, but for those that this tool reads from files, which it has checked.

    Args:
        model: an `AutoencoderLatents` (`AE`, `VAE`, `AdaGVAE`), or any other model with `batch_losses`; trained in
            place. Frozen parameters stay frozen.
        dls: fastai `DataLoaders` of (cases [B, …], labels [B]); values in [0, 1], no `Normalize`.
        epochs: epochs at most.
        lr_max: peak of the one-cycle schedule.
        grad_accum: batches per optimizer step.
        patience: epochs without better weights after which the training ends.
        models_dir: folder of all files; one training at a time.
        fname: stem of the files; the model's `name` if None.
        save_tsne: at the end, `tsne_<fname>.png` of the validation z.
        tsne_max_points: most points in it.
        tsne_perplexity: its perplexity; lowered to a third of the points where there are few.
        save_pls: at the end, `pls_<fname>.png` of the validation z and their labels.
        pls_target_class: name of the class in `dls.vocab` that its axis means; the second class if None.
        pls_max_points: most points in it.
        extract_latent: save the z of train and valid as a `LatentTable` in Parquet at the end.
        latent_path: its file; `<fname>_latents.parquet` in `models_dir` if None.
        show_latent_figures: display the figures inline; None: when running under IPython.
        seed: of everything random in the training.
        resume: go on with an unfinished training of this folder; False starts over and removes it.
        on_progress: called after each epoch with a `TrainingProgress`; an exception it raises ends the training, which
            can be resumed.
        on_batch: called after each training batch with a `BatchProgress`; see `OnBatch`.
        progress_bar: fastai's bars and table; None: in a notebook or a terminal.
        opt_func: makes the optimizer; fastai's `Adam` (decoupled weight decay 0.01) if None.
        device: where to train; the loaders' device, or the best there is, if None. In single precision.

    Returns:
        The learner; `learn.model` holds the best weights, in eval mode.

    Raises:
        TrainingError: a model, settings or data that cannot be trained with, another training in the folder, an
            unfinished run with other settings, several processes, or a loss that is no longer finite. Says what to do.
    """
    if not isinstance(model, EpochTraining):
        raise TrainingError(
            f"model is a {type(model).__name__}; expected a model that trains by its own losses, such as "
            "build_catalogued('vae', …), or for an AE, VAE or AdaGVAE of your own model.as_latent_model()"
        )
    settings = AutoencoderSettings(
        epochs=epochs, lr_max=lr_max, grad_accum=grad_accum, patience=patience, fname=fname or model.name, seed=seed
    )
    figures = FigureSettings(
        save_tsne, tsne_max_points, tsne_perplexity, save_pls, pls_target_class, pls_max_points, show_latent_figures
    )
    folder = Path(models_dir)
    with training_held(model, dls, folder, device) as processes:
        if processes.n > 1:
            raise TrainingError(
                f"{processes.n} processes were started; a {type(model).__name__} trains in one, as its loss looks at "
                "the whole batch: start it without accelerate launch or torchrun"
            )
        checked = check_autoencoder(model.to(dls.device), dls, seed=seed)
        phase = one_phase(model, settings, name=phase_name_of(model), parts=checked.parts, feed=checked.feed)
        run = Run(
            model=model,
            dls=dls,
            settings=settings,
            data=checked.data,
            folder=folder,
            target=known_class(pls_target_class, checked.data.classes),
            has_bar=is_watched() if progress_bar is None else progress_bar,
            opt_func=opt_func or Adam,
            on_progress=on_progress,
            on_batch=on_batch,
            columns=history_columns([metric.name for metric in phase.metrics]),
        )
        path = Path(latent_path or folder / f"{settings.fname}_latents.parquet") if extract_latent else None
        return train_phases(run, (phase,), figures, resume=resume, latents=path)
