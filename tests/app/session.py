"""One session of the app without a browser, and what its path viewer was sent."""

import json
import struct
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import case_choice, path_section, state

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted(path.name for path in (ROOT / "app" / "pages").glob("*.py") if path.name[0] != "_"))
MODEL_PAGES = tuple(page for page in PAGES if page not in ("train.py", "report.py"))
"""Pages that show cases of the open model; trainings are of one that is not there yet, the report is of figures."""


@dataclass(frozen=True)
class SentPath:
    """The words and checksums of the path in the viewer."""

    header: dict[str, Any]

    @property
    def steps(self) -> list[float]:
        return list(self.header["steps"])

    def checksums(self, kind: str) -> dict[int, int]:
        """Checksum of each picture of a kind ("decoded", "edit", "original") by its step."""
        return {entry["step"]: entry["crc"] for entry in self.header["images"] if entry["kind"] == kind}


_make_manager = PagesManager.__init__


def _make_manager_as_served(manager: PagesManager, *arguments: Any, **options: Any) -> None:
    """AppTest takes a folder named pages for Streamlit's older kind of app, and runs the pages without frame.py."""
    _make_manager(manager, *arguments, **options)
    PagesManager.uses_pages_directory = False


PagesManager.__init__ = _make_manager_as_served  # type: ignore[method-assign, assignment]
# every run of an AppTest starts a runtime, which reads the metadata of all installed packages in search of components:
# half of the time of a run, and the same answer in one process
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


class Session:
    """A browser's session as the server sees it, at an address below a page ("" for the start page)."""

    def __init__(self, page: str = "", **address: str) -> None:
        self.app = AppTest.from_file(str(ROOT / "app" / "frame.py"), default_timeout=120)
        self.app.query_params.update(address)
        self.app._page_hash = calc_hash(page)

    def run(self) -> "Session":
        self.app.run()
        return self

    def go(self, page: str) -> "Session":
        name = page.removesuffix(".py")
        self.app._page_hash = calc_hash("" if name == "start" else name)
        return self.run()

    @property
    def path(self) -> SentPath:
        blob = self.app.session_state[f"_encoded_{state.VIEWER}"].blob
        (length,) = struct.unpack_from("<I", blob, 4)
        return SentPath(json.loads(blob[8 : 8 + length]))

    @property
    def shown_case(self) -> str:
        return str(self.path.header["caption"]).partition(" · ")[0]

    def press_key(self, which: str) -> None:
        """What ] ("next") and [ ("previous") do."""
        self._run_answering(path_section, "path_viewer", case_move=which)

    def pick(self, name: str) -> None:
        """A click on a thumbnail."""
        self._run_answering(case_choice, "case_strip", selected=name, is_new=True)

    def _run_answering(self, module: Any, component: str, **answer: object) -> None:
        """Run with the component answering so in one run, as a trigger does; AppTest knows no triggers."""
        draw, waiting = getattr(module, component), [answer]

        def answer_once(*arguments: Any, **options: Any) -> Any:
            drawn = draw(*arguments, **options)
            return replace(drawn, **waiting.pop()) if waiting else drawn

        with patch.object(module, component, answer_once):
            self.run()
        assert not waiting, f"{component} was not drawn"

    def upload_picture(self, name: str, content: bytes) -> None:
        self.app.file_uploader(key="bar_picture").upload(name, content).run()
        self.app.button(key="bar_picture_open").click().run()

    def upload_model(self, name: str, content: bytes) -> None:
        self.app.file_uploader(key="bar_model_upload").upload(name, content).run()
        self.app.button(key="bar_model_open").click().run()

    def open_folder(self, folder: Path | str) -> None:
        box = next(box for box in self.app.text_input if str(box.key).startswith("bar_data"))
        box.set_value(str(folder)).run()
        self.app.button(key="bar_data_open").click().run()

    @property
    def bar(self) -> list[str]:
        """What the bar says of model, data and case, as it is read."""
        labels = (block.proto.popover.label for block in self.app.get("popover"))
        return [label.replace("*", "").replace("\\", "") for label in labels][:3]

    @property
    def errors(self) -> list[str]:
        """What went wrong, as it is read: without the marks that keep Markdown away."""
        return [error.value.replace("\\", "") for error in self.app.error]

    def words(self, kind: str) -> str:
        """All text of a kind of element ("caption", "info", "markdown", …), as it is read."""
        return "\n".join(str(element.value).replace("\\", "") for element in self.app.get(kind))

    def assert_well(self) -> None:
        assert not self.app.exception, [element.value for element in self.app.exception]
        assert self.errors == []

    def assert_page_drawn(self) -> None:
        """The bar, the controls, the downloads and the cases of the traverse page are all there."""
        assert not self.app.exception
        assert [slider.key for slider in self.app.select_slider] == [state.SKIP_DROPOUT]
        assert {box.key for box in self.app.selectbox} >= {state.TARGET, state.SPAN, state.N_STEPS}
        assert self.app.get("download_button")
        assert len(self.app.get("bidi_component")) >= 2, "the viewer and the cases"
