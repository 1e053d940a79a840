"""Take the README's pictures from the app as it is: `make pictures`.

Trains a small model on phantoms for the train page and one on heartbeats (some minutes), starts the app on the bundled
demo and on the heartbeats, opens each page in headless Chromium and writes docs/pictures/*.png. LOOK at them before
committing.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from app.training.job import find_jobs, start_job
from app.training.request import TrainingRequest
from xaae_core.data.beats_folder import write_beats
from xaae_core.data.phantom_folder import write_phantoms

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"laptop": (1280, 800), "desktop": (1920, 1080)}
SHOWN = ("start", "traverse", "maps", "attributions", "examples", "report", "train", "signals")
KEPT = {"traverse-dark-laptop", *(f"{page}-light-laptop" for page in SHOWN)}
PHANTOMS = TrainingRequest(preset="quick", size=(128, 128), recons_metric="ssim", training={"epochs_ae": 6})
BEATS = TrainingRequest(target="raised ST")


def main(folder: Path) -> None:
    """Take every picture into a folder; those the README shows also go to docs/pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    runs = folder.resolve() / "runs"
    train_example(runs, "phantoms", PHANTOMS)
    beats = train_example(runs, "beats", BEATS)
    with serving({"XAAE_RUNS": str(runs)}) as url:
        take_all(PAGES, url, folder)
    opened = {"XAAE_CHECKPOINT": str(beats / "model.safetensors"), "XAAE_DATA": str(folder.resolve() / "beats")}
    with serving(opened) as url:
        take_all((("signals", take_traverse),), url, folder)


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[str]:
    """The address of the app, while it is served with some environment variables."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "app.serve", "app/main.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def take_all(pages: Sequence[tuple[str, Callable[[Page, str], None]]], url: str, folder: Path) -> None:
    """Each page in both themes and sizes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                for name, take in pages:
                    take(page, url)
                    file = folder / f"{name}-{scheme}-{size}.png"
                    page.screenshot(path=file)
                    if file.stem in KEPT:
                        shutil.copy(file, PICTURES / file.name)
                page.close()
        browser.close()


def train_example(runs: Path, name: str, request: TrainingRequest) -> Path:
    """The folder of a finished training in a folder of runs; kept for the next time."""
    data = runs.parent / name
    if not data.exists():
        write_phantoms(data, n_train=320, n_valid=60, n_test=100) if name == "phantoms" else write_beats(data)
    job = next((job for job in find_jobs(runs) if job.folder.name == name), None)
    job = job or start_job(data, runs / name, request)
    while job.status().state != "finished":
        if job.status().state in ("failed", "lost", "stopped"):
            raise SystemExit(f"the training for the picture ended: {job.status().message}")
        time.sleep(2)
    return runs / name


def wait_until_healthy(url: str) -> None:
    """Wait for the server, two minutes at most."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the app did not start")


def take_start(page: Page, url: str) -> None:
    """The start page with its thumbnails."""
    page.goto(url)
    page.get_by_text("Cases", exact=True).wait_for(timeout=120_000)
    page.locator("canvas, .cs-root img").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)


def take_traverse(page: Page, url: str) -> None:
    """The traverse page, six steps towards the target."""
    page.goto(f"{url}/traverse")
    page.locator("input[type=range]").first.wait_for(timeout=120_000)
    page.locator(".pv-root canvas").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.locator(".pv-root input[type=range]").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)


def take_maps(page: Page, url: str) -> None:
    """The maps page, both maps laid out, some cases of the left map chosen with the lasso."""
    page.goto(f"{url}/maps")
    page.locator(".lm-stage").first.wait_for(timeout=120_000)
    page.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=240_000)
    page.get_by_text("of the neighbours on this map").nth(1).wait_for(timeout=60_000)
    page.wait_for_timeout(2500)
    box = page.locator(".lm-stage").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for x, y in ((0.62, 0.28), (0.66, 0.6), (0.34, 0.64), (0.3, 0.3)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
    page.mouse.up()
    page.get_by_text("chosen").first.wait_for(timeout=30_000)
    page.wait_for_timeout(2500)


def take_attributions(page: Page, url: str) -> None:
    """The attributions page with every map checked."""
    page.goto(f"{url}/attributions")
    page.locator(".hg-root canvas").first.wait_for(timeout=120_000)
    page.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=600_000)
    page.wait_for_timeout(2500)


def take_examples(page: Page, url: str) -> None:
    """The examples page of the case that opens first."""
    page.goto(f"{url}/examples")
    page.get_by_text("Most similar").first.wait_for(timeout=120_000)
    page.wait_for_timeout(4000)


def take_report(page: Page, url: str) -> None:
    """The report page with a path and the change at one of its steps."""
    page.goto(f"{url}/traverse?step=1.5")
    page.get_by_role("button", name="Cancel").first.wait_for(state="detached", timeout=240_000)
    for label in ("This path", "Change at this step"):
        page.get_by_role("button", name=label).click(timeout=120_000)
        page.get_by_role("button", name="Add to report").click()
        page.get_by_text("Added.").wait_for(timeout=60_000)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Add to report").wait_for(state="detached")
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_text("This is the PNG that is saved").wait_for(timeout=120_000)
    page.mouse.move(5, 700)
    page.wait_for_timeout(1500)


def take_train(page: Page, url: str) -> None:
    """The train page, watching the finished training."""
    page.goto(f"{url}/train")
    page.get_by_role("button", name="3 · Training").click(timeout=120_000)
    page.get_by_text("Explore this model").first.wait_for(timeout=60_000)
    page.mouse.move(5, 700)  # off the button, whose help would lie over the page
    page.wait_for_timeout(4000)


PAGES = (
    *(("start", take_start), ("traverse", take_traverse), ("maps", take_maps)),
    *(("attributions", take_attributions), ("examples", take_examples), ("report", take_report), ("train", take_train)),
)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs" / "pictures")
