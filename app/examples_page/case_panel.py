"""The open case, large, on a dark ground."""

from __future__ import annotations

import streamlit as st

from app.case_pictures import png_of
from app.examples_page.rows import likeness_words
from app.examples_page.scene import ExampleScene
from app.examples_page.subject import Subject
from app.plain_text import plain
from app.top_bar import choose_pictures
from xaae_core.signal_form import SignalForm, case_noun

_STYLE = """
<style>
  .st-key-examples_case { background: #0b0c0e; border-radius: 4px; padding: .8rem; }
  .st-key-examples_case [data-testid="stImage"], .st-key-examples_case [data-testid="stImage"] > * { width: 100%; }
  .st-key-examples_case img { width: 100%; max-height: 62vh; object-fit: contain; border-radius: 0; }
  .st-key-examples_case [data-testid="stMarkdown"] { display: grid; place-items: center; aspect-ratio: 1; }
  .st-key-examples_case p { color: #d5d9df; text-align: center; margin: 0; }
</style>
"""


def show_case(subject: Subject, whereabouts: str, *, form: SignalForm | None = None) -> None:
    """Its picture, its id, what is known of it and what the model says.

    Args:
        subject: the case.
        whereabouts: of a table of latents, where its picture was looked for, if it is not there; else "".
        form: what the signals look like; None of pictures.
    """
    st.html(_STYLE)
    with st.container(key="examples_case", gap="small"):
        if subject.pixels is not None:
            st.image(png_of(subject.pixels, form=form), width="stretch")
        else:
            st.markdown(f"{case_noun(form)} not found")
    said = f" · called {plain(subject.answer)}" if subject.answer else ""
    st.markdown(f"**{plain(subject.name)}**  \nlabel {_label(subject)}{said}")
    if subject.pixels is None:
        why = whereabouts or f"its {case_noun(form)} cannot be read"
        st.caption(f"{plain(why[:1].upper() + why[1:])}.")
        if whereabouts:
            choose_pictures("examples_case")


def show_likeness(scene: ExampleScene) -> None:
    """How well the model knows cases like it; that it is one of the searched cases, if so. Raises ExamplesError."""
    words = likeness_words(scene)
    table = scene.searched.table
    if len(scene.copies):
        own = table.ids[scene.copies[0]]
        words = f"It is itself among the searched cases ({plain(str(own))}), and left out of the rows. {words}"
    st.caption(words)


def _label(subject: Subject) -> str:
    return plain(subject.label) or "not known"
