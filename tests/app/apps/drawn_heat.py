"""Maps with known numbers at known pixels: what the demo page shows and what the tests compare it with."""

import numpy as np

from app.components.heat_grid import HeatGridPayload, HeatRow, HeatTile

HEIGHT, WIDTH = 48, 64
UGLY = '<img src=x onerror="window.hacked = 1">'


def draw_picture(*, is_colour: bool = False) -> np.ndarray:
    """A ramp from black to white [C, H, W]; the colour channels run in different ways."""
    row = np.linspace(0, 1, WIDTH, dtype=np.float32)
    ramp = np.tile(row, (HEIGHT, 1))
    return np.stack([ramp, ramp[:, ::-1], np.full_like(ramp, 0.2)]) if is_colour else ramp[None]


def draw_heat(seed: int) -> np.ndarray:
    """A map whose sizes all differ, of both signs [H, W]."""
    random = np.random.default_rng(seed)
    sizes = np.linspace(0.001, 1, HEIGHT * WIDTH)
    return (random.permutation(sizes) * random.choice([-1, 1], sizes.size)).reshape(HEIGHT, WIDTH).astype(np.float32)


def draw_mask() -> np.ndarray:
    """A rectangle with a hole that touches the picture's lower edge."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[20:, 10:40] = True
    mask[26:32, 18:25] = False
    return mask


def draw_rows() -> tuple[HeatRow, ...]:
    """Every kind of row and tile: signed, positive, stale, without a map, judged and not."""
    first = HeatRow(
        "signed", f"Integrated {UGLY}", f"A sentence {UGLY}", "good", "Believable",
        HeatTile("this model", draw_heat(0)),
        (
            HeatTile("destroyed model", 10 * draw_heat(1)),
            HeatTile("shuffled labels", None, note=f"none {UGLY}"),
            HeatTile("random map", draw_heat(2) / 8, has_own_scale=True),
        ),
        (("deletion", "+0.21", f"help {UGLY}"), ("entropy", "7.1", "")),
        "logits",
    )  # fmt: skip
    second = HeatRow(
        "positive", "Saliency", "Only sizes.", "doubtful", "Doubtful",
        HeatTile("this model", np.abs(draw_heat(3)), kind="positive", is_stale=True),
        (HeatTile("random map", np.abs(draw_heat(4)), kind="positive"),),
    )  # fmt: skip
    third = HeatRow("waiting", "Occlusion", "", "", "", HeatTile("this model", None, note="being computed"))
    return first, second, third


def draw_payload(*, n_rows: int = 2, is_colour: bool = False) -> HeatGridPayload:
    """What the demo page shows."""
    rows = draw_rows()
    more = tuple(HeatRow(f"more{k}", f"Row {k}", "", "bad", "Fails", rows[0].main) for k in range(3, n_rows))
    return HeatGridPayload(
        draw_picture(is_colour=is_colour), (*rows[:n_rows], *more), mask=draw_mask(), mask_name="finding",
        unit="points", caption="a drawn case",
    )  # fmt: skip
