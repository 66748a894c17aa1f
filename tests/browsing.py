"""What browser tests share: Chromium, and where screenshots go."""

import os
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from support import program

# no sandbox of its own (CI runs as root), and no calls home
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
SHOTS = Path(os.environ.get("VAE_COURSE_SHOTS", ".cache/shots"))  # kept by CI; looked at by people


@contextmanager
def chromium():
    """A browser without a window. Skipped with a sentence where there is none."""
    path = program("chromium", "google-chrome", "chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


def shot(page, name):
    """Keep a picture of the page."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
