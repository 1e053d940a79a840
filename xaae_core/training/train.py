"""`train_xaaenet`: adversarial, then autoencoder, then classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import Adam

from xaae_core.errors import TrainingError
from xaae_core.models.aae import XaaeBlocks
from xaae_core.training.data_checks import check_data, class_weight_tensor
from xaae_core.training.phase_files import FigureSettings
from xaae_core.training.phased_training import is_watched, known_class, train_phases, training_held
from xaae_core.training.phases import adversarial_phase, autoencoder_phase, classifier_phase
from xaae_core.training.progress import OnBatch, TrainingProgress
from xaae_core.training.run import Run
from xaae_core.training.settings import ClassWeights, TrainingSettings


def train_xaaenet(
    model: XaaeBlocks,
    dls: DataLoaders,
    epochs_adv: int = 35,
    epochs_ae: int = 50,
    epochs_classif: int = 30,
    ae_recons_weight: float = 0.4,
    ae_adv_weight: float = 0.6,
    classif_recons_weight: float = 0.599,
    classif_class_weight: float = 0.001,
    classif_adv_weight: float = 0.4,
    lr_max: float = 0.0001,
    lr_max_factor: float = 3.0,
    mask_ratio: float = 0.2,
    patch_size: int = 16,
    noise_std: float = 0.05,
    adv_low_threshold: float = 0.65,
    adv_high_threshold: float = 0.8,
    grad_accum: int = 4,
    patience: int = 10,
    models_dir: str | Path = "models",
    adv_fname: str = "xaaenet_adv",
    ae_fname: str = "xaaenet_ae",
    classif_fname: str = "xaaenet_classif",
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
    class_weights: ClassWeights = None,
    recons_metric: Literal["ms_ssim", "ssim"] | None = None,
    cycle_weight: float = 0.0,
    early_stopping: Literal["loss", "target"] = "loss",
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_batch: OnBatch | None = None,
    progress_bar: bool | None = None,
    opt_func: Callable[..., Any] | None = None,
    device: str | torch.device | None = None,
) -> Learner:
    """Train an explainable xAAEnet model: adversarial, then autoencoder, then classifier.

    Each phase saves its best weights (see `xaae_core.training.phases.Phase`) in `models_dir` as `<fname>.pth` with
    a card `<fname>.json`, and at its end `<fname>.safetensors`; it hands them on to the next phase. All epochs
    are in `history.csv`. Killed at any moment, the same call goes on after the last finished epoch
    (`training_state.pth`), on the CPU to the very same weights; a finished one starts anew. The random generators
    of the caller are left as they were.

    Args:
        model: `AAE` or `EncoderWithAAEBlocks`; trained in place. A frozen encoder stays frozen.
        dls: fastai `DataLoaders` with `(ImageBlock, CategoryBlock)`, or `RegressionBlock` for a model of classes=1;
            pixels in [0, 1], no `Normalize`.
        epochs_adv: epochs of the adversarial phase at most; 0 skips a phase.
        epochs_ae: epochs of the autoencoder phase at most.
        epochs_classif: epochs of the classifier phase at most.
        ae_recons_weight: weight of the reconstruction in the autoencoder phase.
        ae_adv_weight: weight of the adversarial term there.
        classif_recons_weight: weight of the reconstruction in the classifier phase.
        classif_class_weight: weight of the cross-entropy there.
        classif_adv_weight: weight of the adversarial term there.
        lr_max: peak of the one-cycle schedule in the adversarial and autoencoder phases.
        lr_max_factor: the classifier phase peaks at `lr_max / lr_max_factor`: smaller steps, as it refines
            what the autoencoder has learned. (The reference names the argument and does not explain it.)
        mask_ratio: share of patches masked in the autoencoder phase.
        patch_size: side of a patch in pixels.
        noise_std: standard deviation of the noise there, pixels being in [0, 1].
        adv_low_threshold: see `UnfreezeFcCritAdaptative`.
        adv_high_threshold: see `UnfreezeFcCritAdaptative`.
        grad_accum: batches per optimizer step.
        patience: epochs without better weights after which a phase ends.
        models_dir: folder of all files; one training at a time.
        adv_fname: stem of the adversarial phase's files.
        ae_fname: stem of the autoencoder phase's files.
        classif_fname: stem of the classifier phase's files.
        save_tsne: after the adversarial and autoencoder phases, `tsne_<fname>.png` of the validation z.
        tsne_max_points: most points in it.
        tsne_perplexity: its perplexity; lowered to a third of the points where there are few.
        save_pls: after the classifier phase, `pls_<fname>.png` of the validation z.
        pls_target_class: name of the class in `dls.vocab` that the PLS axis and the card's "+" mean; the
            second class if None.
        pls_max_points: most points in it.
        extract_latent: save the z of train and valid as a `LatentTable` in Parquet at the end.
        latent_path: its file; `<classif_fname>_latents.parquet` in `models_dir` if None.
        show_latent_figures: display the figures inline; None: when running under IPython.
        seed: of everything random in the training.
        resume: go on with an unfinished training of this folder; False starts over and removes it.
        class_weights: of the cross-entropy: None, "balanced", or one number per class.
        recons_metric: "ms_ssim" or "ssim" instead of the model's own.
        cycle_weight: weight, in the last two phases, of `xaae_core.training.cycle.cycle_loss`: moves
            in z must survive being decoded and encoded again.
        early_stopping: what the classifier phase's best weights, and its patience, go by: "loss" (see `Phase`) or
            "target", the validation AUROC (of numbers Spearman), for targets that the loss hardly weighs.
        on_progress: called after each epoch with a `TrainingProgress`; an exception it raises ends the
            training, which can be resumed.
        on_batch: called after each training batch with a `BatchProgress`; see `OnBatch`.
        progress_bar: fastai's bars and table; None: in a notebook or a terminal.
        opt_func: makes the optimizer; fastai's `Adam` (decoupled weight decay 0.01) if None.
        device: where to train; the loaders' device, or the best there is, if None. On CUDA in mixed precision.

    Returns:
        The learner of the last phase; `learn.model` holds its best weights, in eval mode.

    Raises:
        TrainingError: settings or data that cannot be trained with, another training in the folder, an
            unfinished run with other settings, or a loss that is no longer finite. Says what to do.

    Source: the xAAEnet training page.
    """
    if not isinstance(model, XaaeBlocks):
        raise TrainingError(
            f"model is a {type(model).__name__}; expected AAE() or add_xaae_blocks(encoder): wrap the encoder first"
        )
    settings = TrainingSettings(
        epochs_adv=epochs_adv,
        epochs_ae=epochs_ae,
        epochs_classif=epochs_classif,
        ae_recons_weight=ae_recons_weight,
        ae_adv_weight=ae_adv_weight,
        classif_recons_weight=classif_recons_weight,
        classif_class_weight=classif_class_weight,
        classif_adv_weight=classif_adv_weight,
        lr_max=lr_max,
        lr_max_factor=lr_max_factor,
        mask_ratio=mask_ratio,
        patch_size=patch_size,
        noise_std=noise_std,
        adv_low_threshold=adv_low_threshold,
        adv_high_threshold=adv_high_threshold,
        grad_accum=grad_accum,
        patience=patience,
        adv_fname=adv_fname,
        ae_fname=ae_fname,
        classif_fname=classif_fname,
        seed=seed,
        class_weights=class_weights,
        recons_metric=recons_metric or model.recons_metric,
        cycle_weight=cycle_weight,
        early_stopping=early_stopping,
    )
    figures = FigureSettings(
        save_tsne, tsne_max_points, tsne_perplexity, save_pls, pls_target_class, pls_max_points, show_latent_figures
    )
    folder = Path(models_dir)
    with training_held(model, dls, folder, device) as processes, _turns_kept(model):
        model.recons_metric = settings.recons_metric
        data = check_data(model, dls, settings)
        if model.is_regressor:
            model.set_target_scale(float(data.targets.mean()), float(data.targets.std()))
        run = Run(
            model=model,
            dls=dls,
            settings=settings,
            data=data,
            folder=folder,
            target=known_class(pls_target_class, data.classes),
            has_bar=processes.is_main and (is_watched() if progress_bar is None else progress_bar),
            opt_func=opt_func or Adam,
            on_progress=processes.listener(on_progress),
            on_batch=processes.listener(on_batch),
            processes=processes,
        )
        weights = class_weight_tensor(settings, data)
        phases = (
            adversarial_phase(model, settings),
            autoencoder_phase(model, settings),
            classifier_phase(model, settings, weights),
        )
        path = Path(latent_path or folder / f"{classif_fname}_latents.parquet") if extract_latent else None
        return train_phases(run, phases, figures, resume=resume, latents=path)


@contextmanager
def _turns_kept(model: XaaeBlocks) -> Iterator[None]:
    """Whose turn it is and the metric are as before when the training ends, however it ends."""
    gen_train, recons_metric = model.gen_train, model.recons_metric
    try:
        yield
    finally:
        model.gen_train, model.recons_metric = gen_train, recons_metric
