"""What the address says, and what a run takes it to say when the browser sends an older one."""

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from app.address import address_now, write_in_address

    for texts in st.session_state.pop("to_write", ()):
        write_in_address(texts)
    st.session_state["now"] = address_now(("step", "case"))


def test_what_was_written_counts_before_the_browser_has_heard_of_it() -> None:
    page = AppTest.from_function(_page)
    page.query_params["range"] = "± 2 SD"
    page.session_state["to_write"] = [{"step": "0.9", "run": "of another page"}]
    page.run()
    page.query_params.clear()  # sent when the button was pressed, a moment before
    page.query_params.update({"range": "± 2 SD", "case": "1234"})
    page.run()
    assert page.session_state["now"] == {"range": ("± 2 SD",), "case": ("1234",), "step": ("0.9",)}
    page.session_state["to_write"] = [{"step": ""}]
    page.run()
    page.query_params["step"] = "0.9"
    page.run()
    assert page.session_state["now"] == {"range": ("± 2 SD",), "case": ("1234",)}
    assert not page.exception
