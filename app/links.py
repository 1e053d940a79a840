"""Following a link: what the address asks for becomes the session's state; what cannot be used is named."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from app import cached, maps_state, state
from app.address import asked_in_address, forget_address, take_from_address, write_in_address
from app.kept_selections import read_selection
from app.known_models import SHORT, find_data, find_model, is_hash, remember_data, remember_model
from app.link_state import (
    Link,
    enter_page,
    expect_link,
    leave_first_file,
    link,
    open_path_at,
    page_to_go_to,
    path_left_at,
    view_to_restore,
)
from app.link_words import said, says
from app.page_entry import file_of, go_to, page_files
from app.settings import read_settings
from app.views import CASE, CHOSEN, COHORT, COMMON, DATA, KEYS, LONGEST, MODEL, STEP, View
from app.workspace import Workspace
from xaae_core.case_tokens import case_token, is_case_token
from xaae_core.errors import ViewError, XaaeError

WITHOUT_MODEL = ("train",)
"""Pages that need no model: a link to them opens whatever model it names."""
_FARTHEST_SD = 100.0
_NEAR_SD = 0.5
_MOST_NAMED = 8
_OWN = (STEP, state.AXIS, maps_state.CASES)
"""Keys of single pages that the app writes itself."""
_READ = (STEP, maps_state.CASES, state.RUN)
"""Keys that say themselves what they cannot be."""
_CASES = ("folder", "training", "placed")
_WHOLE = re.compile(r"\s*(\d{1,6})(?!\d)")


def follow_address(page: str) -> bool:
    """Bring the session in line with the address, before the page is drawn.

    Args:
        page: its name, as in `app.views.PAGES`.

    Returns:
        Whether the page can be drawn; False where the address names a model that is not known here.
    """
    if page_to_go_to():
        return True  # about to leave: the address is that of the page before
    now = link()
    is_entered = now.page != page
    if is_entered and not now.is_new:
        _restore(page)
        now = enter_page(page)
    if now.is_new:
        _expect_widgets(now, page)
    now.page, now.is_new = page, False
    wishes = {key: now.held.get(key) or asked_in_address(key) for key in (*COMMON, *_OWN)}
    was_held = bool(now.held)
    if page not in WITHOUT_MODEL and not _follow_model(now, wishes):
        return False
    now.held = {}
    _follow_data(now, wishes[DATA])
    if wishes[CASE]:
        state.ask_for_case(wishes[CASE])
    state.follow_cohort(wishes[COHORT])
    _follow_selection(now, wishes[CHOSEN])
    if is_entered or was_held:
        _follow_page(now, page, wishes)
    for key in COMMON:
        take_from_address(key)
    return True


def open_view(
    view: View, *, source: str, notes: Sequence[str] = (), cohort: str = "", selection: Sequence[str] = ()
) -> NoReturn:
    """Leave for a view; what it does not say is as in a new session.

    Args:
        view: the page with its settings.
        source: the file that it comes from, for the note at the top.
        notes: what a reader should know of it, a sentence each.
        cohort: which cases are looked at, where the view does not say it.
        selection: ids or tokens of the cases chosen on the maps, where the view does not name a kept selection.

    Raises:
        ViewError: there is no such page.
    """
    if file_of(view.page) not in page_files():
        raise ViewError(f"{source} was made on a page called “{view.page}”, which this version does not have")
    query = {key: list(values) for key, values in view.query.items()}
    if cohort:
        query.setdefault(COHORT, [cohort])
    state.forget_view()
    state.set_selection(selection)
    if selection:
        query[CHOSEN] = [state.selection_id()]
    state.forget_widgets(KEYS[view.page])
    forget_address()
    expect_link(source, notes)
    leave_first_file()
    go_to(file_of(view.page), query)


def show_open(workspace: Workspace) -> None:
    """Bring the address in line with what is open; and say what the link asked for in vain."""
    _name_cases(workspace)
    now, row, folder = link(), workspace.open_row(), state.data_folder()
    sha256, latents = workspace.checkpoint.sha256, workspace.latents
    fingerprint = latents.data_fingerprint if latents is not None else ""
    case = case_token(str(latents.ids[row])) if latents is not None and row is not None else state.case_in_address()
    write_in_address({MODEL: sha256[:SHORT], DATA: fingerprint[:SHORT], CASE: case, CHOSEN: state.selection_id()})
    cache = read_settings().cache
    remember_model(sha256, state.checkpoint_path(), cache)
    if folder is not None:
        remember_data(fingerprint, folder, cache)
    if now.data and not fingerprint.startswith(now.data):
        remedy = "open the data it was made with" if fingerprint else "none are open; open those"
        now.notes.append(f"It was made with other data ({now.data[:12]}…) than are open: {remedy}.")
    now.data = ""
    missing = workspace.missing_case()
    now.missing_case = f"There is no case “{said(missing)}” here; another one is open." if missing else ""


def judge_widgets() -> None:
    """After the page was drawn: name what its controls could not take from the link."""
    now = link()
    for key, values in list(now.waited_for.items()):
        if key not in st.session_state:
            continue  # not drawn (yet), for what another control says
        kept, value = st.query_params.get_all(key), st.session_state[key]
        refused = [each for each in values if each not in kept and not says(each, value)]
        if refused:
            words = ", ".join(f"“{said(each)}”" for each in refused[:_MOST_NAMED])
            now.notes.append(f"The setting {key} cannot be {words} here.")
        del now.waited_for[key]

    asked = now.asked_step
    if asked is not None and state.VIEWER in st.session_state:
        if abs(asked - path_left_at()) > _NEAR_SD:
            now.notes.append(f"The path does not reach “{asked:g}” SD.")
        now.asked_step = None


def go_on_without_model() -> None:
    """Use the model that is open for a link to another one."""
    now = link()
    now.notes.append(f"It was made with another model ({now.missing_model[:12]}…), which is not open.")
    now.missing_model = ""
    now.held.pop(MODEL, None)
    take_from_address(MODEL)


def _name_cases(workspace: Workspace) -> None:
    """What was asked for by token is called by its id from now on, where the open data have it."""
    if workspace.data is None:
        return
    ids, chosen = workspace.data.latents.ids, state.selection()
    row = workspace.data.row_of(state.case_id()) if is_case_token(state.case_id()) else None
    if row is not None:
        state.name_case(str(ids[row]))
    rows = workspace.selected_rows if chosen and is_case_token(chosen[0]) else ()
    if len(rows) and len(rows) == len(chosen):
        state.set_selection(ids[rows].tolist())


def _restore(page: str) -> None:
    """Leave for the view that a restored session had on this page, if it has not been shown yet."""
    view = view_to_restore(page)
    if view is not None and view.query:
        state.forget_widgets(KEYS[page])
        st.switch_page(file_of(page), query_params={key: list(values) for key, values in view.query.items()})


def _expect_widgets(now: Link, page: str) -> None:
    """Take out of a link what no page knows; remember what its controls are to say."""
    query = {key: tuple(st.query_params.get_all(key)) for key in st.query_params}
    known = {
        key: values for key, values in query.items() if key in COMMON or any(key in keys for keys in KEYS.values())
    }
    kept = {key: values for key, values in known.items() if sum(map(len, values)) <= LONGEST}
    unknown = [f"“{said(key)}”" for key in query if key not in known]
    if unknown:
        more = f" and {len(unknown) - _MOST_NAMED:,} more" if len(unknown) > _MOST_NAMED else ""
        now.notes.append(f"There is no setting called {', '.join(unknown[:_MOST_NAMED])}{more}.")
    now.notes += [f"What it says of {key} is too long." for key in known if key not in kept]
    if len(kept) < len(query):
        st.query_params.from_dict({key: list(values) for key, values in kept.items()})
    now.waited_for = {key: values for key, values in kept.items() if key in KEYS[page] and key not in _READ}


def _follow_model(now: Link, wishes: dict[str, str]) -> bool:
    """Open the model that is asked for; whether there is one to go on with."""
    wished, open_one = wishes[MODEL], _open_sha256()
    if not wished or (open_one and open_one.startswith(wished)):
        now.missing_model = ""
        return True
    if not is_hash(wished):
        now.notes.append(f"“{said(wished)}” is no hash of a model.")
        return True
    found = find_model(wished, read_settings())
    if found is None:
        now.missing_model, now.held = wished, {key: text for key, text in wishes.items() if text}
        return False
    now.missing_model = ""
    state.open_checkpoint_at(found)
    return True


def _follow_data(now: Link, wished: str) -> None:
    if not wished:
        return
    if not is_hash(wished):
        now.notes.append(f"“{said(wished)}” is no fingerprint of data.")
        return
    now.data = wished
    found = find_data(wished, read_settings())
    if found is not None and found != state.data_folder():
        state.open_data_at(found)


def _follow_selection(now: Link, wished: str) -> None:
    if not wished or wished == state.selection_id():
        return
    try:
        state.set_selection(read_selection(wished, read_settings().cache))
    except ViewError as error:
        message = str(error)
        now.notes.append(f"{message[:1].upper()}{said(message[1:], 200)}.")


def _follow_page(now: Link, page: str, wishes: dict[str, str]) -> None:
    """What only this page's address holds; what others' hold is taken out of it."""
    write_in_address({key: "" for key in _OWN if key not in KEYS[page]})
    if page == "traverse":
        open_path_at(_step(now, wishes[STEP]))
        _follow_axis(now, wishes[state.AXIS])
    if page == "maps" and wishes[maps_state.CASES]:
        if wishes[maps_state.CASES] in _CASES:
            maps_state.look_at_cases(wishes[maps_state.CASES])
        else:
            now.notes.append(f"There are no cases called “{said(wishes[maps_state.CASES])}” to map.")


def _step(now: Link, wished: str) -> float:
    """Where the path opens; where nothing is asked for, as it was left."""
    if not wished:
        return path_left_at()
    try:
        sd = float(wished)
    except ValueError:
        sd = math.nan
    if math.isfinite(sd) and abs(sd) <= _FARTHEST_SD:
        now.asked_step = sd
        return sd
    now.notes.append(f"“{said(wished)}” is no place on a path.")
    return 0.0


def _follow_axis(now: Link, wished: str) -> None:
    """The dimension of z; older links hold it with words behind it."""
    found = _WHOLE.match(wished)
    if found is not None:
        st.session_state[state.AXIS] = int(found[1])
    elif wished:
        now.waited_for.pop(state.AXIS, None)
        now.notes.append(f"“{said(wished)}” is no dimension of z.")


def _open_sha256() -> str:
    """The hash of the open checkpoint; "" where it cannot be opened: the page says why."""
    try:
        return cached.checkpoint_at(cached.stamp(state.checkpoint_path())).sha256
    except XaaeError:
        return ""
