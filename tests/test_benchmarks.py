"""The benchmarks compare ways to the same result; how long either takes is not tested."""

import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from analysis.traversals import encode_image, path_steps
from benchmarks import __main__ as command_line
from benchmarks import browser, decoding, servers, similarity, slider
from benchmarks.comparison import Comparison, take_turns, timed
from benchmarks.subject import Subject, demo_subject, single_step, small_subject
from benchmarks.table import format_table


@pytest.fixture(scope="module")
def subject() -> Subject:
    small = small_subject(side=64)
    with torch.no_grad():
        for name, parameter in small.model.decoder.named_parameters():
            if "conv_skip" in name:  # starts at zero, and the skips would not be seen
                parameter.normal_(std=0.3)
    return small


@pytest.mark.parametrize("skip_dropout", [0.0, 1.0])
def test_one_batch_and_full_passes_draw_the_same_path(subject: Subject, skip_dropout: float) -> None:
    path = decoding.path_in_one_batch(subject, skip_dropout=skip_dropout, n_steps=5)
    steps = decoding.path_step_by_step(subject, skip_dropout=skip_dropout, n_steps=5)
    np.testing.assert_allclose(path.frames, [step.frame for step in steps], atol=1e-5)
    assert path.probabilities is not None
    np.testing.assert_allclose(path.probabilities, [step.probabilities for step in steps], atol=1e-5)
    assert np.abs(path.frames[0] - path.frames[-1]).max() > 1e-3  # a path on which nothing moves proves nothing


def test_the_two_paths_depend_on_the_skips(subject: Subject) -> None:
    kept, dropped = (decoding.path_in_one_batch(subject, skip_dropout=share, n_steps=3).frames for share in (0.0, 1.0))
    assert np.abs(kept - dropped).max() > 1e-2


@pytest.mark.parametrize("shape", [(2, 1, 161, 176), (1, 3, 192, 165)])
def test_both_similarities_and_their_gradients_are_equal(shape: tuple[int, ...]) -> None:
    apart = similarity.differences(shape)
    assert apart.value < 1e-6
    assert apart.gradient < 1e-3
    noisy, clean = similarity.pair_of_batches(shape)
    values, gradient = similarity.with_gradient(similarity.peer_ms_ssim, noisy, clean)
    assert bool(((values > 0.05) & (values < 0.95)).all())  # neither the same picture nor another one
    assert float(gradient.abs().max()) > 0


def test_the_plain_page_draws_the_steps_of_the_path() -> None:
    page = AppTest.from_file(str(servers.APPS / "plain_slider.py"), default_timeout=60).run()
    assert not page.exception
    (knob,) = page.slider
    assert (knob.min, knob.max, knob.value) == (-3.0, 3.0, 0.0)
    np.testing.assert_allclose(np.arange(21) * knob.step + knob.min, path_steps(), atol=1e-9)
    subject = demo_subject()
    path = decoding.path_in_one_batch(subject, skip_dropout=1.0)
    encoding = encode_image(subject.model, subject.image)
    for k in (0, 12):
        frame = single_step(subject, encoding, float(path.steps[k])).frame
        np.testing.assert_allclose(frame, path.frames[k], atol=1e-5)


def test_the_empty_page_opens() -> None:
    page = AppTest.from_file(str(servers.APPS / "empty_page.py")).run()
    assert not page.exception
    assert page.title[0].value == "Empty"


def test_every_key_moves_the_slider() -> None:
    pressed = slider.keys(60)
    assert len(pressed) == 60
    places = list(itertools.accumulate({"ArrowRight": 1, "ArrowLeft": -1}[key] for key in pressed))
    assert max(map(abs, places)) < 10  # steps from the middle to an end
    assert {"ArrowRight", "ArrowLeft"} == set(slider.keys(slider.BLOCK * 4))


def test_two_ways_take_turns_and_the_warm_up_does_not_count() -> None:
    calls: list[str] = []
    counter = itertools.count()

    def way(name: str) -> float:
        calls.append(name)
        return float(next(counter))

    ours, other = take_turns(lambda: way("ours"), lambda: way("other"), repeats=2, warm_up=1)
    assert calls == ["ours", "other", "other", "ours", "ours", "other"]
    assert ours.tolist() == [3.0, 4.0]
    assert other.tolist() == [2.0, 5.0]


def test_a_timed_way_is_called_and_gives_seconds() -> None:
    calls: list[int] = []
    assert 0 <= timed(lambda: calls.append(1))() < 10
    assert calls == [1]


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    comparison = a_comparison([1.0, 2.0, 30.0], [2.0, 8.0, 40.0])
    np.testing.assert_allclose(comparison.ratios, [0.5, 0.25, 0.75])
    assert comparison.ratio == 0.5
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        a_comparison([1.0, 2.0], [1.0, 2.0, 3.0])


def test_the_table_has_a_row_and_a_note_for_each() -> None:
    lines = format_table([a_comparison([1.0, 2.0, 3.0], [0.002, 0.004, 0.006])]).splitlines()
    assert lines[0].split()[:4] == ["comparison", "ours", "otherwise", "ratio"]
    assert "2 s (2.9)" in lines[2]
    assert "4 ms (5.8)" in lines[2]
    assert " 500 " in lines[2]
    assert lines[-1] == "moving: fast | against: slow | on paper"


def a_comparison(ours: list[float], others: list[float]) -> Comparison:
    return Comparison("moving", "fast", "slow", np.array(ours), np.array(others), "on paper")


def test_every_benchmark_can_be_run_and_named() -> None:
    files = {path.stem for path in Path(command_line.__file__).parent.glob("*.py")}
    has_run = {name for name in files if callable(getattr(importlib.import_module(f"benchmarks.{name}"), "run", None))}
    assert has_run == set(command_line.NAMES)


def test_without_chromium_the_browser_s_benchmarks_are_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setattr("sys.argv", ["benchmarks", "slider", "start", "--quick"])
    command_line.main()
    printed = capsys.readouterr().out
    assert "left out: slider: no chromium" in printed
    assert "left out: start: no chromium" in printed


def test_an_unknown_benchmark_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "speed"])
    with pytest.raises(SystemExit):
        command_line.main()
    assert f"there is no benchmark speed; expected {', '.join(command_line.NAMES)}" in capsys.readouterr().err
