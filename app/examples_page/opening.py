"""Opening an example: on this page, or on the page where the model moves or explains it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import state
from app.case_pictures import case_file
from app.components.example_tiles import OpenedTile
from app.examples_page.pictures import ExamplePictures
from app.failures import explained
from app.maps_page.cases import MapCases
from app.page_entry import go_to
from app.without_decoder import page_of_cases


def open_example(opened: OpenedTile | None, cases: MapCases, pictures: ExamplePictures) -> None:
    """Open what was clicked; one that is not in the open folder opens as a picture of its own."""
    if opened is None:
        return
    with explained("Opening this case"):
        in_folder = cases.id_in_folder(opened.row)
        if in_folder is not None:
            state.open_case(in_folder)
        else:
            state.open_upload(_picture(cases, pictures, opened.row))
        if opened.where == "traverse":
            go_to(page_of_cases(cases.workspace.checkpoint.model))
        st.rerun()


def _picture(cases: MapCases, pictures: ExamplePictures, row: int) -> state.UploadedPicture:
    """The picture of a row as a file: its own file where it has one, so that it lies in z where it lay."""
    pixels = pictures.read(row)
    found = cases.data.files.find(row)
    if found is not None and Path(found).is_file():  # a frame of a file is none
        return state.UploadedPicture(found.name, found.read_bytes())
    return state.UploadedPicture(*case_file(cases.name(row), pixels, form=cases.workspace.signal_form))
