"""The case to the left; to the right the training cases that stand behind it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis.figures.latent_map import truth_of
from app.examples_page.case_panel import show_case, show_likeness
from app.examples_page.controls import examples_controls
from app.examples_page.downloads import show_menu
from app.examples_page.helpful import show_helpful
from app.examples_page.pictures import drawn_words
from app.examples_page.rows import show_mixture, show_nearest
from app.examples_page.scene import ExampleScene
from app.examples_page.searched import searched_cases
from app.examples_page.subject import Subject
from app.failures import explained
from app.plain_text import plain
from app.workspace import Workspace
from xaae_core.errors import ExamplesError


def show_main(workspace: Workspace, subject: Subject) -> None:
    """Draw the tab."""
    left, right = st.columns([3, 7.4], gap="medium")
    with left:
        panel, about = st.container(), st.container(gap="small")
        choice = examples_controls()
    scene = None
    with right, explained("Finding the cases to search"):
        scene = scene_of(ExampleScene(workspace, subject, searched_cases(workspace, choice.scope)))
        about.caption(plain(f"{scene.searched.words}{drawn_words(workspace.signal_form)}"))
    with panel, explained("This case, drawn"):
        drawn = scene.subject if scene is not None else subject
        show_case(drawn, workspace.missing_picture(), form=workspace.signal_form)
    if scene is None:
        return
    is_placed = False
    with right:
        with explained("Finding similar cases"):
            show_nearest(scene, choice.count)
            is_placed = True
        if not is_placed:  # nothing else can be said either, for the same reason
            return
        with about:
            show_likeness(scene)
        with explained("Finding the mixture"):
            show_mixture(scene, choice.count, choice.mixture)
        importance = None
        with st.container(), explained("Finding helpful and harmful cases"):  # rows come and go in it
            importance = show_helpful(scene, choice.count)
        with explained("The files of these examples"):
            show_menu(scene, choice, importance)


def scene_of(scene: ExampleScene) -> ExampleScene:
    """The scene, with the label that a picture of the user's own has if it is one of the training cases."""
    try:
        copies = scene.copies
    except ExamplesError:
        return scene
    if scene.subject.label or not len(copies):
        return scene
    label = truth_of(scene.searched.table, int(copies[0]))
    return ExampleScene(scene.workspace, replace(scene.subject, label=label), scene.searched)
