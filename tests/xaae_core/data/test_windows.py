"""Windows against the worked values of DICOM PS3.3 C.11.2.1.2 and against pydicom's own."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing

from xaae_core.data.windows import WINDOW_FUNCTIONS, apply_window, check_window, is_window, scale_range


def test_worked_values_of_the_standard():
    # C.11.2.1.2.1, note 2: centre 2048, width 4096 maps 0 to 4095 onto the whole range, one to one.
    whole = np.arange(4096, dtype=np.int16)
    np.testing.assert_allclose(apply_window(whole, (2048, 4096), function="LINEAR"), whole / 4095, atol=1e-6)
    # centre 2048, width 1 is a threshold: below 2048 black, from there on white.
    np.testing.assert_array_equal(apply_window(np.array([2047, 2048]), (2048, 1), function="LINEAR"), [0, 1])
    # centre 0, width 100 maps −50 to 49 onto the whole range; centre 0, width 1 parts −1 from 0.
    np.testing.assert_array_equal(apply_window(np.array([-51, -50, 49, 50]), (0, 100), function="LINEAR"), [0, 0, 1, 1])
    np.testing.assert_array_equal(apply_window(np.array([-1, 0]), (0, 1), function="LINEAR"), [0, 1])


@pytest.mark.parametrize("function", WINDOW_FUNCTIONS)
@pytest.mark.parametrize("window", [(40, 400), (-600.5, 1500), (1024, 3)])
@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
def test_equals_pydicom(function: str, window: tuple[float, float], kind: type):
    values = np.linspace(-1500, 2500, 501).round().astype(kind)
    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 0
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = *window, function
    peer = apply_windowing(values, dataset) / 65535
    np.testing.assert_allclose(apply_window(values, window, function=function), peer, atol=2e-6)


@pytest.mark.parametrize("function", WINDOW_FUNCTIONS)
def test_the_centre_is_half_and_grey_never_falls(function: str):
    values = np.arange(-3000, 3000, 7, dtype=np.int16)
    grey = apply_window(values, (40, 400), function=function)
    assert grey.dtype == np.float32
    assert (np.diff(grey) >= 0).all()
    assert 0 <= grey.min() <= grey.max() <= 1
    assert apply_window(np.array([40]), (40, 400), function=function)[0] == pytest.approx(0.5, abs=0.5 / 399 + 1e-6)


def test_exact_windows_work_in_any_unit():
    values = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(apply_window(values, (0.2, 0.2)), [0, 0.5, 1], atol=1e-6)


def test_32_bits_and_nothing_to_scale():
    large = np.array([2**31 - 3, 2**31 - 2, 2**31 - 1], np.int32)
    np.testing.assert_allclose(scale_range(large, 2**31 - 3, 2**31 - 1), [0, 0.5, 1])
    np.testing.assert_array_equal(scale_range(np.array([3, 4, 5]), 4, 4), [0, 0, 1])
    untouched = np.array([1.0, 2.0])
    scale_range(untouched, 0, 4)
    np.testing.assert_array_equal(untouched, [1, 2])


@pytest.mark.parametrize(
    "window", [(1,), (1, 2, 3), (1, 0), (1, -2), ("1", 2), (float("nan"), 2), (1, float("inf")), (1, 10**400), "ab", 5]
)
def test_what_is_no_window(window: object):
    assert not is_window(window)
    with pytest.raises(ValueError, match="the width above 0"):
        check_window(window)  # type: ignore[arg-type]


def test_what_is_a_window():
    assert is_window((40, 400))
    assert is_window([-0.5, 1e-3])
    check_window(None)
