"""The ways of `xaae examples` to rank training cases: each asks the analysis and gives one row of importances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from app.terminal import counted, remark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

    from analysis.examples import ExampleImportance
    from analysis.examples.influence import InfluenceMode
    from analysis.examples.mixture_choice import MuChoice
    from analysis.examples.parameter_choice import ParameterChoice
    from analysis.examples.samples import TensorSamples
    from app.case_files import CaseFiles
    from app.training_pictures import LossName
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseInput
    from xaae_core.latents import LatentTable

MethodName = Literal["nearest", "simplex", "simplex_entropy", "tracin", "influence", "influence_series"]
METHODS: tuple[MethodName, ...] = get_args(MethodName)
OF_LATENTS = ("nearest", "simplex", "simplex_entropy")
"""Methods that need no picture of a training case."""
SIGNED = ("tracin", "influence", "influence_series")
"""Methods whose scores have a sign: above 0 helpful, below 0 harmful."""
_LONG = 60.0
_MOST_VALID = 500
_REMEDY = "use --loss reconstruction, or --method nearest"


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a gradient method.

    Attributes:
        opened: the model.
        picture: the explained case.
        searched: the training cases' table.
        files: where their pictures lie.
        checkpoints: of the training, for TracIn.
        asked_loss: which loss is compared; None: what suits the model, see `loss`.
        limit: training cases at most; drawn where there are more.
        parameters: whose gradients are compared.
    """

    opened: Checkpoint
    picture: CaseInput
    searched: LatentTable
    files: CaseFiles
    checkpoints: Sequence[Path]
    asked_loss: LossName | None
    limit: int
    parameters: ParameterChoice

    @property
    def loss(self) -> LossName:
        """Which loss is compared; if nobody asked the reconstruction's, of a model that cannot draw the labels'."""
        from xaae_core.models.model_abilities import has_decoder

        return self.asked_loss or ("reconstruction" if has_decoder(self.opened.model) else "label")


def explain_by_mixture(
    z: NDArray[np.float32], searched: LatentTable, method: str, name: str, *, mu: MuChoice | None = None
) -> ExampleImportance:
    """SimplEx weights of one case's z [1, D] over the table's cases, along lfxai's path or by its declared relative.

    The latter's μ is 1, or what was chosen.

    Raises:
        ExamplesError: fewer than 2 training cases, or numbers that are not finite.
    """
    import numpy as np
    import torch

    from analysis.examples import ExampleImportance
    from analysis.examples.simplex import fit_max_entropy, fit_simplex
    from xaae_core.errors import ExamplesError

    if len(searched) < 2 or not (np.isfinite(searched.z).all() and np.isfinite(z).all()):
        raise ExamplesError(
            f"{len(searched)} training case{'' if len(searched) == 1 else 's'}; a mixture needs at least 2, and z "
            "finite for each: extract the latents of the training data"
        )
    h, corpus = torch.from_numpy(np.array(z, np.float32)), torch.from_numpy(np.array(searched.z, np.float32))
    is_path, size = method == "simplex", 1.0 if mu is None else mu.mu
    weights = fit_simplex(h, corpus) if is_path else fit_max_entropy(h, corpus, mu=size)
    left = left_over(weights.double().numpy(), z, searched)
    return ExampleImportance(
        scores=weights.double().numpy(),
        test_ids=np.array([name], dtype=np.str_),
        train_ids=searched.ids,
        method="SimplEx" if is_path else f"SimplEx, maximum entropy (μ = {size:.3g})",
        parameters={"n_epoch": 1000, "learning_rate": 1e-3} if is_path else {"mu": size},
        notes=(
            f"the mixture leaves {left:.0%} of the case's distance from the mean of the training cases",
            *(() if mu is None or is_path else (mu.sentence(),)),
        ),
    )


def chosen_mu(table: LatentTable, searched: LatentTable) -> MuChoice:
    """μ chosen on the table's validation split: by labels where both have them, else by reconstruction.

    Raises:
        ExamplesError: fewer than 2 validation cases that are not searched themselves.
    """
    import numpy as np
    import torch

    from analysis.examples.mixture_choice import choose_mu
    from xaae_core.errors import ExamplesError

    apart = (table.split == "valid") & ~np.isin(table.ids, searched.ids)
    valid = table.rows(np.flatnonzero(apart)[:_MOST_VALID])
    if len(valid) < 2:
        raise ExamplesError(
            f"{len(valid)} cases of the split valid are not searched themselves: choosing μ needs at least 2; leave "
            "--choose-mu out, or search --split train"
        )
    has_labels = (valid.labels >= 0).sum() >= 2 and (searched.labels >= 0).any()
    return choose_mu(
        *(torch.from_numpy(part.z.astype(np.float64)) for part in (valid, searched)),
        y_valid=torch.from_numpy(valid.labels.copy()) if has_labels else None,
        y_train=torch.from_numpy(searched.labels.copy()) if has_labels else None,
        criterion="labels" if has_labels else "reconstruction",
    )


def left_over(weights: NDArray[np.float64], z: NDArray[np.float32], searched: LatentTable) -> float:
    """What a mixture leaves of the case's distance from the mean of the training cases; 0: nothing.

    Args:
        weights: of the training cases [1, N].
        z: of the case [1, D].
        searched: the training cases.
    """
    import numpy as np

    corpus = searched.z.astype(np.float64)
    whole = float(np.linalg.norm(z - corpus.mean(axis=0)))
    return float(np.linalg.norm(weights @ corpus - z)) / max(whole, 1e-12)


def explain_by_gradients(question: Question, method: str) -> ExampleImportance:
    """TracIn or influence of training cases for one case; says how long it will take before it starts.

    Raises:
        ExamplesError: training pictures that are not there, or a loss that the model does not have.
        CheckpointError: a checkpoint that cannot be read, or is of another model.
    """
    from typing import cast

    from analysis.examples.influence import DampedInverse, TruncatedSeries, measure_influence
    from analysis.examples.time_estimate import estimate_seconds
    from analysis.examples.tracin import trace_training
    from app.training_pictures import explained_picture, loss_called

    model, loss = (
        cast("nn.Module", question.opened.model),
        loss_called(question.loss, question.opened.model, remedy=_REMEDY),
    )
    test = explained_picture(
        question.opened.model, question.picture.pixels, question.picture.name, question.loss, remedy=_REMEDY
    )
    train = _training_cases(question)
    modes: dict[str, InfluenceMode] = {"influence": DampedInverse(), "influence_series": TruncatedSeries()}
    mode = modes.get(method)
    whose = question.parameters
    estimate = estimate_seconds(
        *(model, train, test), loss=loss, mode=mode, n_checkpoints=len(question.checkpoints), parameters=whose
    )
    remark(f"  {method}: {estimate.sentence()}; {loss.name} of {len(train.ids)} training cases")
    if estimate.seconds > _LONG:
        remark("  note: --parameters last_block, or a smaller --limit, takes less time")
    with counted(f"{method}:") as progress:
        if mode is None:
            return trace_training(
                *(model, train, test),
                loss=loss,
                checkpoints=list(question.checkpoints),
                parameters=whose,
                progress=progress,
            )
        return measure_influence(model, train, test, loss=loss, mode=mode, parameters=whose, progress=progress)


def _training_cases(question: Question) -> TensorSamples:
    """The training cases whose pictures can be read; says how many were left out and why."""
    from app.training_pictures import read_training_pictures
    from xaae_core.data.recipes import recipe_for
    from xaae_core.errors import ImageError

    searched, recipe = question.searched, recipe_for(question.opened.model, question.opened.card)

    def read(row: int) -> NDArray[np.float32]:
        path = question.files.find(row)
        if path is None:
            raise ImageError(
                f"{searched.ids[row]} is no longer where the table says ({searched.paths[row] or 'no path'})"
            )
        return recipe.read(path).pixels

    found = read_training_pictures(
        *(searched, read),
        with_labels=question.loss == "label",
        limit=question.limit,
        remedy="give --data with the data folder as it lies now",
    )
    for note in found.notes():
        remark(f"  note: {note}{': raise --limit for more' if note.endswith('drawn at random') else ''}")
    return found.samples
