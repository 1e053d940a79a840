"""EDF, EDF+ and BDF: windows with their stages, units, gaps, privacy, and what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from tests.xaae_core.data.signals.night_files import PATIENT, STAGES, sine, with_gaps, write_night
from xaae_core.data.signals import read_signal
from xaae_core.data.signals.signal_files import open_signal_file
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

FORM = SignalForm(length=3000, sampling_rate=100, channel_names=("EEG 2", "EEG 1"), units=("µV", "mV"))


@pytest.mark.parametrize("is_bdf", [False, True])
def test_a_window_is_the_samples_of_its_time_in_the_forms_units(tmp_path: Path, is_bdf: bool) -> None:
    path = write_night(tmp_path / f"night.{'bdf' if is_bdf else 'edf'}", is_bdf=is_bdf)
    read = read_signal(f"{path}#4", form=FORM)
    whole = [sine(3, 100, 180), sine(2, 100, 180) / 1000]
    expected = np.stack(whole)[:, 4 * 3000 : 5 * 3000]
    assert np.abs(read.values - expected).max(axis=1) == pytest.approx([0, 0], abs=0.002)
    assert any("another order" in note for note in read.notes)
    assert any("EEG 1 was converted from µV to mV" in note for note in read.notes)
    uploaded = read_signal(path.read_bytes(), form=FORM, name=path.name)
    assert np.array_equal(uploaded.values, read_signal(f"{path}#3", form=FORM).values)
    assert "the middle one of 6 windows is used, #3" in uploaded.notes[-1]


def test_windows_of_whole_seconds_and_one_sample_begin_every_whole_seconds(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf", rates=[100.0] * 23)
    names = tuple(f"EEG {number}" for number in range(1, 24))
    closed = SignalForm(length=3001, sampling_rate=100, channel_names=names)
    first, second = (read_signal(f"{path}#{number}", form=closed).values for number in (0, 1))
    assert first.shape == (23, 3001)
    assert np.array_equal(first[:, -1], second[:, 0])
    with pytest.raises(SignalError, match="#5 was asked for, but the file has 5 window"):
        read_signal(f"{path}#5", form=closed)  # the sixth lacks a sample


def test_who_the_patient_is_is_nowhere(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf")
    assert PATIENT.encode() in path.read_bytes()
    file = open_signal_file(path, "night.edf")
    assert PATIENT not in repr(file)
    held = [cell.cell_contents for cell in file.read.__closure__ or ()]
    assert all(PATIENT not in repr(vars(signal)) for signals in held for signal in signals)
    assert [note.text for note in file.annotations] == [STAGES[i % 3] for i in range(6)]


def test_channels_of_another_rate_are_resampled_as_a_whole_recording_would_be(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf", rates=(100.0, 256.0, 10.0))
    names = ("EEG 1", "EEG 2", "EEG 3")
    whole = read_signal(path, form=SignalForm(length=18000, sampling_rate=100, channel_names=names))
    assert any("resampled to 100 Hz: EEG 2 (256 Hz), EEG 3 (10 Hz)" in note for note in whole.notes)
    form = SignalForm(length=700, sampling_rate=100, channel_names=names)
    for number in (0, 7, 24):
        window = read_signal(f"{path}#{number}", form=form).values
        assert np.allclose(window, whole.values[:, number * 700 : (number + 1) * 700], atol=1e-4)
    assert np.abs(whole.values[1, 500:-500] - sine(3, 100, 180)[500:-500]).max() < 0.5  # of 50 µV


def test_no_window_crosses_a_gap_and_stages_stay_with_their_samples(tmp_path: Path) -> None:
    stages = ["Sleep stage W"] * 2 + ["Sleep stage R"] * 2
    path = write_night(tmp_path / "night.edf", n_epochs=4, seconds=10, stages=stages, annotations=[
        (0.0, 20.0, "Sleep stage W"), (60.0, 20.0, "Sleep stage R")])  # fmt: skip
    with_gaps(path, [*range(17), *range(57, 80)])
    file = open_signal_file(path, "night.edf")
    assert file.stretches == ((0, 17), (17, 40))
    form = SignalForm(length=1000, sampling_rate=100, channel_names=("EEG 1",))
    starts = [np.round(read_signal(f"{path}#{number}", form=form).values[0], 1) for number in range(3)]
    for number, second in enumerate((0, 17, 27)):
        assert np.abs(starts[number] - sine(2, 100, 40)[second * 100 : second * 100 + 1000]).max() < 0.1
    with pytest.raises(SignalError, match="#3 was asked for"):
        read_signal(f"{path}#3", form=form)
    assert [(note.onset, note.text) for note in file.annotations] == [(0, STAGES[0]), (20, STAGES[2])]


def patched(path: Path, at: int, text: bytes) -> bytes:
    data = bytearray(path.read_bytes())
    data[at : at + len(text)] = text
    return bytes(data)


def test_what_a_header_must_not_say(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf", n_epochs=2)
    n_header = 256 * 4
    cases = {
        r"'9999' as channels; expected a number from 1 to 4,?096|'9999' as channels": patched(path, 252, b"9999"),
        "header of 3 channels is said to have 512 bytes; expected 1,024": patched(path, 184, b"512     "),
        "its data records last 0 seconds": patched(path, 244, b"0       "),
        "gives 'x' as seconds of a data record": patched(path, 244, b"x       "),
        "header says 99,999 data records, the file holds 60: it is truncated": patched(path, 236, b"99999   "),
        "header says 60 data records, the file holds 30": path.read_bytes()[: (n_header + path.stat().st_size) // 2],
        "no EDF file; expected a header": path.read_bytes()[:100],
        "it ends within its header": path.read_bytes()[:600],
        "as samples of the channel": patched(path, 256 + 3 * (256 - 40), b"-5      "),
    }  # fmt: skip
    for said, data in cases.items():
        with pytest.raises(SignalError, match=said):
            open_signal_file(data, "bad.edf")


def test_a_recorder_that_was_not_closed_is_read_with_a_note(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf", n_epochs=2)
    file = open_signal_file(patched(path, 236, b"-1      "), "open.edf")
    assert file.channels[0].n_samples == 6000
    assert "was not closed" in file.notes[0]


def test_random_damage_is_refused_or_read_but_nothing_else(tmp_path: Path) -> None:
    data = write_night(tmp_path / "night.edf", n_epochs=2, seconds=2).read_bytes()
    form = SignalForm(length=200, sampling_rate=100, channel_names=("EEG 1", "EEG 2"))
    rng = random.Random(0)
    n_refused = 0
    for _ in range(150):
        damaged = bytearray(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randrange(1, 9)):
            damaged[rng.randrange(min(len(damaged) or 1, 1100)) : 1] = bytes([rng.randrange(256)])
        try:
            read_signal(bytes(damaged), form=form, name="fuzz.edf")
        except SignalError as error:
            n_refused += "fuzz.edf" in str(error)
    assert n_refused > 30


def test_missing_channels_and_other_units_are_refused_by_name(tmp_path: Path) -> None:
    path = write_night(tmp_path / "night.edf", n_epochs=1)
    wanted = SignalForm(length=100, sampling_rate=100, channel_names=("EEG 1", "EMG"))
    with pytest.raises(SignalError, match=r'no channel "EMG"; it has 2: EEG 1, EEG 2: .*--signal-channels'):
        read_signal(path, form=wanted)
    degrees = SignalForm(length=100, sampling_rate=100, channel_names=("EEG 1",), units=("degC",))
    with pytest.raises(SignalError, match='the channel "EEG 1" is in µV; expected degC: convert it'):
        read_signal(path, form=degrees)
    long = SignalForm(length=9000, sampling_rate=100, channel_names=("EEG 1",))
    with pytest.raises(
        SignalError, match=r"3,000 samples at 100 Hz \(30 s\); expected at least 9,000 \(90 s\).*--length"
    ):
        read_signal(path, form=long)
