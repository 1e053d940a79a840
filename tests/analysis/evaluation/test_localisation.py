"""Maps with a known place get what they deserve, those that know nothing get chance, and Quantus agrees."""

import numpy as np
import pytest

from analysis.evaluation.localisation import MEASURES, centred_disc, measure_localisation
from analysis.evaluation.reference_maps import centred_bar, smooth_random_maps, usual_place
from xaae_core.errors import MaskError

SHAPE = (24, 32)


def box(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros(SHAPE, np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


MASK = box(4, 6, 8, 10)


def values(found) -> list[float]:
    return [measure.value for measure in found.measures()]


def test_the_mask_itself_is_a_perfect_map():
    found = measure_localisation(MASK.astype(np.float32), MASK)
    assert values(found) == [1, 1, 1, 1]
    assert found.threshold_best == 1
    assert found.mask_share == found.fixed_share == MASK.mean()


@pytest.mark.parametrize("level", [0.0, 3.0, -2.0])
def test_a_flat_map_gets_exactly_chance(level: float):
    share = MASK.mean()
    found = measure_localisation(np.full(SHAPE, level), MASK)
    assert (found.iou_best, found.pointing, found.energy_inside) == pytest.approx((share, share, share))
    hit = share * MASK.sum()  # of a mask-sized part drawn without looking
    assert found.iou_fixed == pytest.approx(hit / (2 * MASK.sum() - hit))


def test_a_map_that_is_wrong_everywhere_is_below_chance():
    found = measure_localisation((~MASK).astype(float), MASK)
    assert values(found)[1:] == [0, 0, 0]
    assert found.iou_best == pytest.approx(MASK.mean())


def test_a_shifted_box_has_the_overlap_that_counting_gives():
    shifted = box(4, 11, 8, 10)  # 5 of 10 columns in common
    found = measure_localisation(shifted.astype(float), MASK)
    assert found.iou_best == found.iou_fixed == pytest.approx(40 / 120)
    assert found.pointing == found.energy_inside == pytest.approx(0.5)


def test_the_best_threshold_is_the_best_of_all():
    heat = np.random.default_rng(0).standard_normal(SHAPE).round(1) + MASK  # with many equal numbers
    size = np.abs(heat)
    ious = [(MASK & (size >= cut)).sum() / (MASK | (size >= cut)).sum() for cut in np.unique(size)]
    found = measure_localisation(heat, MASK)
    assert found.iou_best == pytest.approx(max(ious))
    marked = size >= found.threshold_best
    assert (MASK & marked).sum() / (MASK | marked).sum() == pytest.approx(found.iou_best)
    assert found.iou_best >= found.iou_fixed


def test_only_what_adds_counts_where_only_that_is_asked_for():
    heat = np.where(MASK, 1.0, -2.0)
    assert values(measure_localisation(heat, MASK, sign="positive")) == [1, 1, 1, 1]
    assert measure_localisation(heat, MASK).pointing == 0


def test_scale_does_not_matter_and_the_order_alone_decides_overlap_and_pointing():
    heat = np.random.default_rng(1).random(SHAPE) + 0.3 * MASK
    first, scaled = (measure_localisation(each, MASK) for each in (heat, 7 * heat))
    assert values(scaled) == pytest.approx(values(first))
    bent = measure_localisation(heat**3, MASK)
    assert values(bent)[:3] == pytest.approx(values(first)[:3])
    assert bent.energy_inside > first.energy_inside


def test_mirroring_both_changes_nothing_even_with_equal_numbers():
    heat = np.random.default_rng(2).integers(0, 4, SHAPE).astype(float)
    for turn in (np.fliplr, np.flipud):
        mirrored = measure_localisation(turn(heat), turn(MASK), fixed_share=0.1)
        assert values(mirrored) == pytest.approx(values(measure_localisation(heat, MASK, fixed_share=0.1)))


def test_the_tolerance_is_a_distance_in_pixels():
    heat = np.zeros(SHAPE)
    heat[2, 6] = 1  # two rows above the mask
    assert [measure_localisation(heat, MASK, tolerance=px).pointing for px in (0, 1.9, 2)] == [0, 0, 1]
    assert "within 2 px" in measure_localisation(heat, MASK, tolerance=2).measures()[2].meaning


def test_the_tolerance_of_a_signal_stays_in_its_channel():
    mask = np.zeros((3, 40), np.bool_)
    mask[1, 10:20] = True
    beside, above = np.zeros((2, 3, 40))
    beside[1, 8] = 1
    above[0, 15] = 1

    def pointing(heat, tolerance):
        return measure_localisation(heat, mask, tolerance=tolerance, along_time=True).pointing

    assert [pointing(beside, samples) for samples in (0, 1.9, 2)] == [0, 0, 1]
    assert [pointing(above, samples) for samples in (0, 1, 39)] == [0, 0, 0]


@pytest.mark.parametrize("shape", [(1, 10), (2, 128), (5, 33)])
def test_the_middle_of_the_time_is_the_same_in_all_channels(shape: tuple[int, int]):
    bar = centred_bar(shape, 0.3)
    assert np.array_equal(bar, np.broadcast_to(bar[0], shape))
    assert np.array_equal(bar, bar[:, ::-1])
    assert bar.sum() == pytest.approx(0.3 * bar.size)
    assert bar[0, shape[1] // 2] == 1
    assert bar[0, 0] == 0


def test_what_does_not_fit_is_refused():
    heat = np.ones(SHAPE)
    with pytest.raises(MaskError, match=r"\(5, 5\).*expected bool \[H, W\] of the map's size"):
        measure_localisation(heat, np.ones((5, 5), np.bool_))
    with pytest.raises(MaskError, match="float64"):
        measure_localisation(heat, MASK.astype(float))
    with pytest.raises(MaskError, match="empty"):
        measure_localisation(heat, np.zeros(SHAPE, np.bool_))
    with pytest.raises(MaskError, match="whole picture"):
        measure_localisation(heat, np.ones(SHAPE, np.bool_))
    with pytest.raises(ValueError, match="fixed_share is 0"):
        measure_localisation(heat, MASK, fixed_share=0)
    with pytest.raises(ValueError, match="tolerance is -1"):
        measure_localisation(heat, MASK, tolerance=-1)
    with pytest.raises(ValueError, match='sign is "negative"'):
        measure_localisation(heat, MASK, sign="negative")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not finite"):
        measure_localisation(heat * np.nan, MASK)


@pytest.mark.filterwarnings("ignore")
def test_quantus_says_the_same_where_it_measures_the_same():
    """Without ties the definitions are the same; both count in float64, so 1e-6 leaves room for Quantus's + 1e-9."""
    quantus = pytest.importorskip("quantus")
    rng = np.random.default_rng(3)
    heats = rng.standard_normal((6, 1, *SHAPE)) + 0.5 * MASK
    masks = np.stack([np.roll(MASK, shift, axis=1) for shift in (0, 2, 4, 6, 9, 12)])[:, None]
    x, y = np.zeros((6, 1, *SHAPE)), np.zeros(6, int)
    k = 60

    def theirs(metric, *, absolute: bool = True, **options):
        made = metric(abs=absolute, normalise=False, disable_warnings=True, **options)
        return made(model=None, x_batch=x, y_batch=y, a_batch=heats.copy(), s_batch=masks, channel_first=True)

    pairs = [(heat[0], mask[0]) for heat, mask in zip(heats, masks, strict=True)]
    ours = [measure_localisation(*pair, fixed_share=k / MASK.size) for pair in pairs]
    assert [found.pointing for found in ours] == pytest.approx([float(hit) for hit in theirs(quantus.PointingGame)])
    energy = [found.energy_inside for found in ours]
    assert energy == pytest.approx(theirs(quantus.AttributionLocalisation), abs=1e-6)
    assert energy == pytest.approx(theirs(quantus.RelevanceMassAccuracy), abs=1e-6)
    hits = np.array(theirs(quantus.TopKIntersection, k=k)) * k
    assert [found.iou_fixed for found in ours] == pytest.approx(hits / (k + MASK.sum() - hits), abs=1e-6)
    own = [measure_localisation(*pair) for pair in pairs]
    ranks = np.array(theirs(quantus.RelevanceRankAccuracy))
    assert [found.iou_fixed for found in own] == pytest.approx(ranks / (2 - ranks), abs=1e-6)
    positive = [measure_localisation(*pair, sign="positive").energy_inside for pair in pairs]
    clipped = theirs(quantus.AttributionLocalisation, absolute=False, positive_attributions=True)
    assert positive == pytest.approx(clipped, abs=1e-6)


@pytest.mark.parametrize("shape", [(32, 32), (33, 33), (24, 40)])
@pytest.mark.parametrize("share", [0.01, 0.21, 0.7, 1.0])
def test_the_disc_covers_its_share_around_the_middle(shape, share: float):
    disc = centred_disc(shape, share)
    assert disc.sum() == pytest.approx(share * disc.size, rel=1e-5)
    assert np.array_equal(disc, disc[::-1])
    assert np.array_equal(disc, disc[:, ::-1])
    rows, columns = np.indices(shape)
    distance = np.hypot(rows - (shape[0] - 1) / 2, columns - (shape[1] - 1) / 2)
    if share < 1:
        assert distance[disc == 1].max(initial=0) <= distance[disc == 0].min()
    if shape == (32, 32) and share == 0.21:
        assert distance[disc > 0].max() == pytest.approx(np.sqrt(share * disc.size / np.pi), abs=1)


def test_the_disc_of_a_discs_size_finds_it():
    disc = centred_disc((64, 64), 0.2) == 1
    assert measure_localisation(centred_disc((64, 64), 0.2), disc, fixed_share=0.2).iou_fixed > 0.95


def test_the_usual_place_is_the_mean_of_masks():
    place = usual_place(iter([MASK, MASK, box(4, 11, 8, 10), MASK]))
    assert place.max() == 1
    assert place.sum() == pytest.approx(MASK.sum())
    assert measure_localisation(place, MASK).iou_best == 1
    with pytest.raises(MaskError, match="no mask"):
        usual_place([])
    with pytest.raises(MaskError, match="mask 2 has the shape"):
        usual_place([MASK, np.ones((3, 3), np.bool_)])
    for share in (0.0, 1.1):
        with pytest.raises(ValueError, match="share is"):
            centred_disc((8, 8), share)


def test_random_maps_point_anywhere():
    maps = smooth_random_maps(SHAPE, 800, rng=np.random.default_rng(0))
    assert np.abs(maps.mean(axis=(1, 2))).max() < 1e-6
    neighbours = np.corrcoef(maps[:, :, 1:].ravel(), maps[:, :, :-1].ravel())[0, 1]
    assert neighbours > 0.8  # smooth
    corner = box(0, 0, 8, 10)
    found = [measure_localisation(heat, corner) for heat in maps]
    share = corner.mean()
    spread = np.sqrt(share * (1 - share) / len(maps))
    assert np.mean([each.pointing for each in found]) == pytest.approx(share, abs=4 * spread)
    assert np.mean([each.energy_inside for each in found]) == pytest.approx(share, abs=0.02)
    again = smooth_random_maps(SHAPE, 800, rng=np.random.default_rng(0))
    assert np.array_equal(maps, again)


def test_every_measure_says_what_it_is_and_what_chance_gives():
    found = measure_localisation(np.eye(*SHAPE), MASK, fixed_share=0.1)
    assert tuple(measure.name for measure in found.measures()) == MEASURES
    words = [measure.meaning for measure in found.measures()]
    assert "upper bound" in words[0]
    assert "10%" in words[1]
    assert all("by chance 10%" in text for text in words[2:])
