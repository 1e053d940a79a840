"""The controls of the attributions page show what is done, also when a target takes methods away."""

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from app import attributions_state
from tests.app.session import Session


def test_methods_that_a_target_takes_away_are_taken_from_the_control_too(
    open_session: Any, tiny_model: Path, tiny_pictures: Path
) -> None:
    session: Session = open_session(checkpoint=tiny_model, data=tiny_pictures)
    session.app.session_state[attributions_state.METHODS] = ["saliency", "latent_shift"]
    session.app.session_state[attributions_state.CHECKED] = False
    session.go("attributions.py")
    session.app.selectbox(key=attributions_state.EXPLAINED).set_value("error").run()
    shown = session.app.multiselect(key=attributions_state.METHODS)
    assert shown.value == ["saliency"]
    assert shown.proto.set_value, "else the browser goes on showing both"
    assert not session.app.warning


def test_a_cancel_is_answered_before_the_step_has_ended() -> None:
    def page() -> None:
        import threading

        import streamlit as st

        from app.attributions_page.progress import show_progress
        from app.background import Background

        if "job" not in st.session_state:
            end = st.session_state.end = threading.Event()
            st.session_state.job = Background(lambda report: end.wait(60), "slow")
        show_progress("case", st.session_state.job, words="Occlusion", cancelled="Cancelled.")

    app = AppTest.from_function(page).run()
    assert not app.button(key="cancel_case").disabled
    app.button(key="cancel_case").click().run()
    assert app.button(key="cancel_case").disabled
    assert "Cancelling" in app.get("progress")[0].proto.text
    app.session_state.end.set()
