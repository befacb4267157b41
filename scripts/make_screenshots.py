"""Takes the README's screenshots of the explorer.

summit-graph demo --no-browser --port 8501
python -m scripts.make_screenshots http://127.0.0.1:8501
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from scripts.install_browser import find_browser
from summit_graph.images import decode_image
from summit_graph.workflows.demo import NETWORK

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1440, 900
#: Two image pixels per CSS pixel are sharp in print, and small enough as WebP.
SCALE, QUALITY = 2, 75
#: What must be on the page before the screenshot is taken.
NODE, DOT = "[data-channel]", "[data-class-dot]"
#: File -> URL, and what it shows.
PICTURES = {
    "overview": ("", DOT),
    "graph": ("graph?class=n02132136", NODE),
    "compare": ("compare?class=n02281406&class=n02279972", NODE),
    "motifs": ("motifs?", "img"),
}


def main(address: str) -> None:
    """Take all screenshots."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        for name, (path, shown) in PICTURES.items():
            take(page, f"{address}/{path}{'&' if '?' in path else '?'}network={NETWORK}", shown, name)
        browser.close()


def take(page: Page, url: str, shown: str, name: str) -> None:
    """Save the page as WebP when it no longer changes."""
    page.goto(url)
    page.locator(shown).first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_000)
    file = IMAGES / f"{name}.webp"
    decode_image(io.BytesIO(page.screenshot())).save(file, quality=QUALITY, method=6)
    print(file)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
