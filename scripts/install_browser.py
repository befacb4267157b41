"""Finds or installs a Chromium for the browser tests: an installed one, otherwise from apt or Playwright.

    python scripts/install_browser.py

If there is none, prints the reason and exits with 0 (the tests are then skipped), or with 1 if CI=true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

#: The first ones are preferred. A Chromium that cannot open a window needs a third less processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_browser() -> str | None:
    """The path of a Chromium that runs; the system's is preferred to Playwright's."""
    installed = (path for name in NAMES if (path := shutil.which(name)))
    return next(filter(_runs, chain(installed, _playwrights_own())), None)


def install_browser() -> str | None:
    """The path of a Chromium, installed if necessary; None if every attempt failed."""
    if found := find_browser():
        return found
    for commands in _ways():
        if all(_run(command) for command in commands) and (found := find_browser()):
            return found
    return None


def _ways() -> Iterator[list[list[str]]]:
    """The ways to install one, each as a list of commands."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        for name in NAMES[:2]:  # Debian has both, Ubuntu has neither
            install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", name]
            yield [["apt-get", "update", "--quiet"], install]
    playwright = [sys.executable, "-P", "-m", "playwright", "install", "chromium"]
    yield [[*playwright, "--with-deps"] if root else playwright]


def _run(command: list[str]) -> bool:
    print("$", " ".join(command), flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode == 0


def _runs(path: str) -> bool:
    """Whether the program runs. Ubuntu's chromium-browser may be a stub that requires a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> Iterator[str]:
    """The path of the Chromium from `playwright install`, determined in a separate process."""
    found = subprocess.run([sys.executable, "-P", "-c", ASK_PLAYWRIGHT], capture_output=True, text=True)
    path = found.stdout.strip()
    if found.returncode == 0 and Path(path).is_file():
        yield path


def main() -> int:
    if found := install_browser():
        print(f"browser tests use {found}")
        return 0
    print(
        "No Chromium is installed, and apt-get (as root) and `playwright install chromium` failed; "
        "the browser tests are skipped. Install Chromium or Chrome to run them."
    )
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
