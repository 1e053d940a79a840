"""NumPy files of signals: layouts, what stands beside them, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.signals import read_signal
from xaae_core.data.signals.signal_files import open_signal_file
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

X = np.random.default_rng(0).normal(size=(5, 2, 30)).astype(np.float32)
FORM = SignalForm(length=30, sampling_rate=10, channel_names=("a", "b"))
KNOWN = {"sampling_rate": 10.0, "channel_names": ["a", "b"]}


def saved(path: Path, **entries: object) -> Path:
    np.savez(path, **entries)  # type: ignore[arg-type]
    return path


def test_every_layout_gives_the_same_signal(tmp_path: Path) -> None:
    one = SignalForm(length=30, sampling_rate=10, channel_names=("a",))
    for name, values, form in (("nct", X, FORM), ("ct", X[2], FORM), ("nt", X[:, 0], one), ("t", X[2, 0], one)):
        path = tmp_path / f"{name}.npy"
        np.save(path, values)
        number = "#2" if name in ("nct", "nt") else ""
        read = read_signal(f"{path}{number}", form=form)
        assert np.array_equal(read.values, X[2, : form.n_channels])
        assert not read.values.flags.writeable


def test_an_archive_says_what_it_holds(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "all.npz", x=X, y=[0, 1, 0, 1, 1], label_names=["well", "ill"], split=["train"] * 5,
        units=["uV", "mV"], patient=list("pqpqr"), **KNOWN,
    )  # fmt: skip
    file = open_signal_file(path, "all.npz")
    assert (file.n_signals, file.channel_names, file.channels[0].sampling_rate) == (5, ("a", "b"), 10)
    assert [channel.unit for channel in file.channels] == ["uV", "mV"]
    assert (file.labels, file.label_names[:2]) == (("0", "1", "0", "1", "1"), ("well", "ill"))
    assert (file.splits, file.patients) == (("train",) * 5, tuple("pqpqr"))
    assert np.array_equal(read_signal(f"{path}#4").values, X[4])
    assert np.array_equal(read_signal(path.read_bytes(), form=FORM, name="up.npz").values, X[2])  # the middle one
    assert "middle one of 5 signals" in read_signal(path.read_bytes(), form=FORM, name="up.npz").notes[-1]


def test_rows_without_a_meaning_are_said_to_be_taken_for_one(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", X[0])
    np.save(tmp_path / "many.npy", np.zeros((300, 20)))
    few, many = (open_signal_file(tmp_path / f"{name}.npy", name) for name in ("few", "many"))
    assert (few.n_signals, len(few.channels), many.n_signals, len(many.channels)) == (1, 2, 300, 1)
    assert "taken for channels of one signal" in few.notes[0]
    assert "taken for signals of one channel" in many.notes[0]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"z": X}, r"no entry x; it has z: save it with numpy.savez"),
        ({"x": X, "y": [1, 2]}, "y has 2 entries, x has 5 signals"),
        ({"x": X, "channel_names": ["a"]}, "channel_names has 1 entries, x has 2 channels"),
        ({"x": X, "sampling_rate": -1.0}, "sampling_rate is -1.0; expected one number above 0"),
        ({"x": X.astype(str)}, "its values are <U"),
        ({"x": np.array([{"a": 1}], object)}, "holds Python objects, which are not opened"),
        ({"x": X[:, :, :0]}, "of shape"),
        ({"x": X, "y": [0, 1, 0, 1, 9], "label_names": ["well", "ill"]}, "label_names has 2 entries"),
    ],
)
def test_entries_that_do_not_fit_are_refused(tmp_path: Path, entries: dict[str, object], said: str) -> None:
    with pytest.raises(SignalError, match=said):
        open_signal_file(saved(tmp_path / "bad.npz", **entries), "bad.npz")


def test_nan_is_counted_and_placed(tmp_path: Path) -> None:
    holed = X.copy()
    holed[3, 1, 7:9] = np.nan
    path = saved(tmp_path / "holed.npz", x=holed, **KNOWN)
    assert np.array_equal(read_signal(f"{path}#2").values, X[2])
    with pytest.raises(
        SignalError, match=r'#3: 2 of 60 values are NaN, in "b", the first at sample 7; .*fill the gaps'
    ):
        read_signal(f"{path}#3")


def test_a_number_beyond_the_last_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "five.npz", x=X, **KNOWN)
    with pytest.raises(SignalError, match=r"#5 was asked for, but the file has 5 signals .* #0 to #4"):
        read_signal(f"{path}#5")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xaae_core.data.signals import numpy_files

    monkeypatch.setattr(numpy_files, "MAX_PARSED_BYTES", 2 * 1024**2)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((1, 1, 10**6), np.float32))
    assert path.stat().st_size < 10_000
    with pytest.raises(SignalError, match="4 MB of values; at most 2 MB are read"):
        read_signal(path)


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    for shape in ((2**40,), (2**62, 4), (-5,)):
        content = io.BytesIO()
        np.lib.format.write_array_header_1_0(content, {"descr": "<f4", "fortran_order": False, "shape": shape})
        (tmp_path / "more.npy").write_bytes(content.getvalue() + bytes(400))
        for source in (tmp_path / "more.npy", (tmp_path / "more.npy").read_bytes()):
            with pytest.raises(SignalError, match=r"more.npy"):
                read_signal(source, form=FORM, name="more.npy")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.edf", "a.csv"])
def test_empty_damaged_and_missing_files_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SignalError, match=f"{name}: there is no such file"):
        read_signal(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(SignalError, match=f"{name}: the file is empty"):
        read_signal(tmp_path / name)
    (tmp_path / name).write_bytes(b"\xffgarbage\x00" * 50)
    with pytest.raises(SignalError, match=name):
        read_signal(tmp_path / name)
    with pytest.raises(SignalError, match=r"scan.png is no kind of signal file .*CSV, TSV, NumPy"):
        read_signal(b"\x89PNG....", name="scan.png")


def test_converted_units_are_named_once_and_another_spelling_of_one_is_no_conversion(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(9)]
    form = SignalForm(length=30, sampling_rate=10, channel_names=tuple(names), units=("µV",) * 9)
    values = np.zeros((9, 30), np.float32)
    known = {"sampling_rate": 10.0, "channel_names": names}
    spelled = saved(tmp_path / "spelled.npz", x=values, units=["uV"] * 9, **known)
    assert read_signal(spelled, form=form).notes == ()
    converted = saved(tmp_path / "converted.npz", x=values, units=["uV"] * 1 + ["mV"] * 8, **known)
    (note,) = read_signal(converted, form=form).notes
    assert note.endswith("c1, c2, c3, c4, c5, c6 and 2 more channels were converted from mV to µV")
