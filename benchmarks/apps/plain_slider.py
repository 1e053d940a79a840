"""The page one would write first: a slider, a rerun, a picture. Model and encoding are cached, as one would."""

import streamlit as st

from analysis.traversals import encode_image, path_steps
from benchmarks.subject import Subject, demo_subject, single_step
from xaae_core.models.latent_model import Encoding


@st.cache_resource
def opened() -> tuple[Subject, Encoding]:
    """The model and its encoding of one picture."""
    subject = demo_subject()
    return subject, encode_image(subject.model, subject.image)


steps = path_steps()
step = st.slider("Standard deviations", float(steps[0]), float(steps[-1]), 0.0, float(steps[1] - steps[0]))
st.image(single_step(*opened(), step).frame.transpose(1, 2, 0).squeeze(), width=384)
