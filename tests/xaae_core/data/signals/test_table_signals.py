"""CSV and TSV files of signals: samples or signals a row, times, units, separators, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.signals import read_signal
from xaae_core.data.signals.signal_files import open_signal_file
from xaae_core.errors import SignalError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("has_decimal_comma", [False, True])
def test_a_time_column_tells_the_rate_and_brackets_the_unit(
    tmp_path: Path, separator: str, has_decimal_comma: bool
) -> None:
    if separator == "," and has_decimal_comma:
        pytest.skip("a comma cannot be both")
    rows = [separator.join(["time [s]", "EEG Fpz-Cz [uV]", "EOG (mV)"])]
    rows += [separator.join([f"{n / 360:.3f}", f"{n / 4}", f"{-n / 2}"]) for n in range(2000)]
    text = lines(rows[0], *(row.replace(".", ",") if has_decimal_comma else row for row in rows[1:]))
    read = read_signal(write(tmp_path / ("s.tsv" if separator == "\t" else "s.csv"), text))
    assert read.form.channel_names == ("EEG Fpz-Cz", "EOG")
    assert read.form.units == ("µV", "mV")
    assert read.form.sampling_rate == 360  # from times of three decimals
    assert np.array_equal(read.values, np.stack([np.arange(2000) / 4, -np.arange(2000) / 2]).astype(np.float32))


def test_milliseconds_a_line_of_units_and_a_counting_column(tmp_path: Path) -> None:
    text = lines(",time,MLII", ",ms,mV", *(f"{n},{n * 8},{n}" for n in range(10)))
    read = read_signal(write(tmp_path / "s.csv", text.replace(",ms,mV\n", "-,ms,mV\n")))
    assert (read.form.channel_names, read.form.units, read.form.sampling_rate) == (("MLII",), ("mV",), 125)
    assert any("counts the rows" in note for note in read.notes)


def test_one_signal_a_row_with_its_label(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values, labels = rng.normal(size=(6, 40)).round(4), [1, 2, 1, 3, 2, 1]
    for place in (0, 40):
        rows = [",".join(map(str, np.insert(row, place, label))) for row, label in zip(values, labels, strict=True)]
        file = open_signal_file(write(tmp_path / f"{place}.csv", lines(*rows)), "wide.csv")
        assert (file.n_signals, file.labels) == (6, ("1", "2", "1", "3", "2", "1"))
        assert np.allclose(file.read(3, 0, 0, 40), values[3])
    header = ",".join([*map(str, range(40)), "target"])
    rows = [",".join(map(str, [*row, label])) for row, label in zip(values, labels, strict=True)]
    file = open_signal_file(write(tmp_path / "named.csv", lines(header, *rows)), "named.csv")
    assert (file.n_signals, file.labels[:2], file.channels[0].n_samples) == (6, ("1", "2"), 40)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines("time,a", "0,1", "0.1,x", "0.2,3"), r"line 3, column 2 is 'x'; expected a number"),
        (lines("time,a", "0,1", "0.1,", "0.2,3"), r"line 3, column 2 is empty"),
        (lines("time,a", "0,1", "0.1,2,5", "0.2,3"), r"line 3 has 3 cells, those before 2"),
        (lines("time,a", "0,1", "0.1,nan", "0.2,3"), r'1 of 3 values are NaN, in "a", the first at sample 1'),
        (lines("time,a", "0,1", "0.1,1e300", "0.2,3"), r'not finite.*in "a"'),
        (lines("time,a", "0,1", "0.1,2", "0.2,3", "0.9,4"), r"not evenly spaced: 0.2 s is followed by 0.9 s"),
        (lines("time,a", "0,1", "0,2", "0,3"), "not evenly spaced"),
        (lines("time [h],a", "0,1", "1,2"), r'the time is in "h"; expected seconds'),
        (lines("a,b", "0,1", "1,2"), "the sampling rate is not known; .*--sampling-rate"),
        (lines("time,a,a", "0,1,1", "1,2,2"), 'has the channel "a" twice'),
        (lines("time,a"), "no line of numbers"),
        ("a\x00b", "it holds zero bytes"),
    ],
)
def test_what_is_refused_names_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SignalError, match=said):
        read_signal(write(tmp_path / "bad.csv", text))


def test_a_table_of_very_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match="200,001 columns; at most 100,000"):
        read_signal(write(tmp_path / "bomb.csv", "," * 200_000 + "\n"))
