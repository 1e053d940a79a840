"""What the reader asks of the examples page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import examples_state, state
from app.example_words import (
    COUNTS,
    LIMITS,
    LOSSES,
    METHODS,
    MIXTURES,
    PARAMETERS,
    SCOPES,
    MethodName,
    MixtureName,
    ParametersName,
    Scope,
)
from app.training_pictures import LossName


@dataclass(frozen=True)
class ExamplesChoice:
    """What is shown at once.

    Attributes:
        scope: which training cases are searched.
        count: cases a row.
        mixture: the estimator of the mixture.
    """

    scope: Scope
    count: int
    mixture: MixtureName


@dataclass(frozen=True)
class GradientChoice:
    """What is computed when asked.

    Attributes:
        method: how training cases are weighed.
        loss: whose gradients.
        parameters: of which part of the model.
        limit: training cases at most.
    """

    method: MethodName
    loss: LossName
    parameters: ParametersName
    limit: int

    @property
    def words(self) -> str:
        """What is compared, before it has been."""
        loss = "reconstruction error" if self.loss == "reconstruction" else "loss of the model's own answer"
        part = {"auto": "the part of the model that its size allows"}.get(self.parameters, PARAMETERS[self.parameters])
        return f"{METHODS[self.method]}; {loss}; gradients of {part}; at most {self.limit:,} training cases"


def examples_controls() -> ExamplesChoice:
    """Draw the settings of what is shown at once."""
    with st.popover("Settings", help="Which cases are searched, and how many are shown."):
        scopes: list[Scope] = list(SCOPES)
        examples_state.offer(examples_state.SEARCHED, list(scopes))
        scope = st.selectbox(
            "Search", scopes, format_func=SCOPES.__getitem__, key=examples_state.SEARCHED, bind="query-params",
            help="The cohort says which cases you look at; the examples come from all training cases unless you "
            f"choose otherwise. The cohort now: {state.cohort().words}.",
        )  # fmt: skip
        count = st.selectbox(
            "Cases a row", COUNTS, key=examples_state.COUNT, bind="query-params",
            help="More cases are smaller ones, or a second line of them. The files hold all cases.",
        )  # fmt: skip
        mixture = st.selectbox(
            "Mixture by", list(MIXTURES), format_func=MIXTURES.__getitem__, key=examples_state.MIXTURE,
            bind="query-params",
            help="Maximum entropy has one best answer and is there at once. lfxai's path stops a gradient descent "
            "after 1,000 steps, as SimplEx was published; its weights are others, and it takes longer.",
        )  # fmt: skip
    return ExamplesChoice(scope, int(count), mixture)


def gradient_controls(*, label_problem: str, reconstruction_problem: str = "", has_trace: bool) -> GradientChoice:
    """Draw the settings of what is computed when asked; at least one loss must be there.

    Args:
        label_problem: why there is no loss of labels; "" where there is one.
        reconstruction_problem: why there is no reconstruction; "" where there is one.
        has_trace: whether states of the model along its training are there.
    """
    with st.popover("How", width="stretch", help="What is compared, and of how many training cases."):
        problems = {"reconstruction": reconstruction_problem, "label": label_problem}
        losses = [name for name in LOSSES if not problems[name]]
        examples_state.offer(examples_state.LOSS, losses)
        loss = st.selectbox(
            "Helpful for", losses, format_func=lambda name: LOSSES[name], key=examples_state.LOSS, bind="query-params",
            help="How well the model draws the case again (needs no label), or its classification; there the model's "
            f"own answer counts as this case's label. {reconstruction_problem} {label_problem}".rstrip(),
        )  # fmt: skip
        methods = [name for name in METHODS if name != "traced" or (has_trace and loss == "reconstruction")]
        examples_state.offer(examples_state.METHOD, list(methods))
        method = st.selectbox(
            "Weigh cases by", methods, format_func=METHODS.__getitem__, key=examples_state.METHOD, bind="query-params",
            help="Influence asks what the model would lose without a training case, through the curvature of the "
            "training loss: minutes to an hour. TracIn asks whether steps on it lower this case's loss: quicker, and "
            "cruder. Along the training: at the ends of its phases too, whose classifiers had not learned yet, so for "
            "the reconstruction alone.",
        )  # fmt: skip
        parts = [name for name in PARAMETERS if name != "classifier" or loss == "label"]
        examples_state.offer(examples_state.PARAMETERS, list(parts))
        parameters = st.selectbox(
            "Gradients of", parts, format_func=PARAMETERS.__getitem__, key=examples_state.PARAMETERS,
            bind="query-params",
            help="Fewer parameters take less time and memory. As the size allows: the whole encoder up to 2 million "
            "parameters, above that its last block.",
        )  # fmt: skip
        limit = st.selectbox(
            "Training cases at most", LIMITS, key=examples_state.LIMIT, bind="query-params",
            format_func=lambda n: f"{n:,}",
            help="Of more cases, so many are drawn at random, the same every time. Time grows with them.",
        )  # fmt: skip
    return GradientChoice(method, loss, parameters, int(limit))
