"""The grid with four methods' maps of a phantom by the bundled demo model: what the screenshots are taken of."""

import numpy as np
import streamlit as st
from PIL import Image

from analysis.attributions import Attribution, ClassLogit, attribute
from app.components.heat_grid import HeatGridPayload, HeatRow, HeatTile, heat_grid
from app.look import apply_look
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint, demo_images

CASE = "phantom-000960"
METHODS = ("integrated_gradients", "saliency", "occlusion", "grad_cam")
JUDGED = (
    ("good", "Believable", "The map changes when the model is destroyed, and lies on the finding more than chance."),
    ("doubtful", "Doubtful", "The map changes with the model, but half of its weight lies outside the finding."),
    ("good", "Believable", "Covering the right lower field lowers the logit; the rest of the picture hardly matters."),
    ("bad", "Fails a check", "A destroyed model gives nearly the same map: it shows the picture, not the model."),
)


def pixels_of(folder: str) -> np.ndarray:
    path = demo_images() / folder / f"{CASE}.png"
    return np.asarray(Image.open(path).convert("L"), dtype=np.float32)[None] / 255


@st.cache_resource
def explain() -> tuple[dict[str, Attribution], dict[str, np.ndarray]]:
    checkpoint = load_checkpoint(demo_checkpoint())
    image = pixels_of("images")
    target = ClassLogit(1, checkpoint.card.classes[1])
    found = {name: attribute(checkpoint.model, image, target, method=name) for name in METHODS}
    destroyed = {
        name: np.random.default_rng(1).permutation(a.map.ravel()).reshape(a.map.shape) for name, a in found.items()
    }
    return found, destroyed


def row_of(name: str, found: Attribution, destroyed: np.ndarray, judged: tuple[str, str, str]) -> HeatRow:
    kind = "positive" if float(found.map.min()) >= 0 else "signed"
    noise = np.random.default_rng(0).normal(size=found.map.shape).astype(np.float32)
    strip = (
        HeatTile("destroyed model", destroyed, kind=kind),
        HeatTile("shuffled labels", None, note="no direction: the target is a class"),
        HeatTile("random map", noise, has_own_scale=True),
    )
    scores = (
        ("deletion", "+0.21 [0.15, 0.26]", "Area between the curve of random maps and this one; above 0 is better."),
        ("insertion", "+0.18 [0.11, 0.24]", "The same when pixels are added instead of removed."),
        ("inside the finding", "64 %", "Share of the map's size inside the mask; the mask covers 6 %."),
        ("half of the map", f"{found.area_of_half():.0%} of the picture", "Small is concentrated."),
    )
    verdict, words, sentence = judged
    main = HeatTile("this model", found.map, kind=kind)
    unit = "logits" if found.baseline_score is not None else ""
    return HeatRow(name, name.replace("_", " ").capitalize(), sentence, verdict, words, main, strip, scores, unit)


st.set_page_config(page_title="Attribution maps", layout="wide")
apply_look()
st.sidebar.caption("Start, Traverse, Maps, Attributions")
st.title("Attributions")
if st.query_params.get("bar"):
    with st.container(height=60, border=True):
        st.caption("phantoms.safetensors, accuracy 0.95   |   chest phantoms, 20 of 22   |   case phantom-000960")
found, destroyed = explain()
rows = tuple(row_of(name, found[name], destroyed[name], judged) for name, judged in zip(METHODS, JUDGED, strict=True))
mask = pixels_of("masks")[0] > 0.5
heat_grid(
    HeatGridPayload(pixels_of("images"), rows, mask=mask, mask_name="finding",
                    caption=f"{CASE}: pixels that made the logit of effusion"),
    key="grid",
)  # fmt: skip
