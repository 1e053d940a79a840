"""Take the README's pictures from the app as it is: `make pictures`.

Starts the app on the bundled demo, opens each page in headless Chromium and writes docs/pictures/*.png. LOOK at them
before committing.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"laptop": (1280, 800), "desktop": (1920, 1080)}
KEPT = {"traverse-dark-laptop", "start-light-laptop", "traverse-light-laptop"}


def main(folder: Path) -> None:
    """Take every picture into a folder; those the README shows also go to docs/pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "app.serve", "app/main.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            for scheme in ("light", "dark"):
                for size, (width, height) in SIZES.items():
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    for name, take in (("start", take_start), ("traverse", take_traverse)):
                        take(page, url)
                        file = folder / f"{name}-{scheme}-{size}.png"
                        page.screenshot(path=file)
                        if file.stem in KEPT:
                            shutil.copy(file, PICTURES / file.name)
                    page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=20)


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


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs" / "pictures")
