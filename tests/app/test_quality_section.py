"""The held-out figures on the start page: the same cases, words and colours as the figure that can be taken."""

import json
from typing import Any

import pytest

from analysis.figures.quality_panels import CALLED, OBSERVED, PREDICTED, SAID, TRUTH
from xaae_core.checkpoints import file_sha256
from xaae_core.demo import demo_checkpoint


def test_what_is_on_the_screen_is_what_is_taken(open_session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    menus: dict[str, Any] = {}
    monkeypatch.setattr("app.quality_section.figure_menu", lambda make, *, key, **_: menus.update({key: make}))
    session = open_session("start.py")
    session.assert_well()
    figure = menus["start_quality"]()
    told = figure.provenance
    assert (told.kind, told.view["page"]) == ("quality", "start")
    assert told.checkpoint_sha256 == file_sha256(demo_checkpoint())
    assert told.view["query"]["model"] == [told.checkpoint_sha256[:16]]
    assert told.data_fingerprint
    assert told.settings["split"] == "test"
    charts = [json.loads(chart.proto.spec) for chart in session.app.get("vega_lite_chart")]
    words = json.dumps(charts)
    assert all(word in words for word in (CALLED, TRUTH, PREDICTED, OBSERVED, SAID))
    assert f"{figure.drawing.curves[0].held_out.auroc:.3f}" in session.words("caption")
