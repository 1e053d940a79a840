"""Every page opens on the bundled demo, without an error, and its settings work."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "app" / "pages").glob("*.py") if path.name != "__init__.py")


@pytest.fixture
def app(tmp_path, monkeypatch):
    for name in ("XAAE_CHECKPOINT", "XAAE_DATA", "XAAE_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XAAE_CACHE", str(tmp_path / "cache"))
    return AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)


def open_page(app, name):
    app.run()
    return app.switch_page(f"pages/{name}").run()


def assert_clean(app):
    assert not app.exception
    assert [error.value for error in app.error] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(app, name):
    assert_clean(open_page(app, name))


def test_the_start_page_says_what_is_open_in_words(app):
    open_page(app, "start.py")
    said = " ".join(text.value for text in app.markdown)
    assert "separates its classes well" in said
    assert {metric.label for metric in app.metric} >= {"AUROC"}


@pytest.mark.parametrize(("key", "value"), [("skips", 0.0), ("skips", 0.5), ("range", 2.0), ("steps", 11)])
def test_a_setting_of_the_path_can_be_changed(app, key, value):
    open_page(app, "traverse.py")
    widget = next(w for w in [*app.select_slider, *app.selectbox] if w.key == key)
    widget.set_value(value).run()
    assert_clean(app)
    assert app.session_state[key] == value


def test_a_measured_quantity_can_be_the_target(app):
    open_page(app, "traverse.py")
    next(w for w in app.selectbox if w.key == "target").set_value("severity").run()
    assert_clean(app)
    assert any("severity" in caption.value for caption in app.caption)


def test_a_data_folder_that_is_not_there_is_explained_and_the_session_stays(app):
    app.run()
    app.session_state["data_folder"] = "/nowhere/at/all"
    app.switch_page("pages/traverse.py").run()
    assert not app.exception
    assert any("/nowhere/at/all" in error.value for error in app.error)


def test_a_checkpoint_that_is_a_pickle_is_refused_with_the_way_out(app, tmp_path):
    bad = tmp_path / "learner.pkl"
    bad.write_bytes(b"\x80\x04\x95payload")
    app.run()
    app.session_state["checkpoint_path"] = str(bad)
    app.run()
    assert not app.exception
    assert any("pickle" in error.value for error in app.error)
