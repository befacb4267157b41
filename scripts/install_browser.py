"""Sees to a Chromium for the browser tests: an installed one, else apt's, else Playwright's own.

    python scripts/install_browser.py

Without any, says why and ends well (the tests then skip); with CI=true that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_browser() -> str | None:
    """The program file of a Chromium that runs, the system's before Playwright's."""
    installed = (path for name in NAMES if (path := shutil.which(name)))
    return next(filter(_runs, chain(installed, _playwrights_own())), None)


def install_browser() -> str | None:
    """The first Chromium that can be found or had; None where every way failed."""
    if found := find_browser():
        return found
    for commands in _ways():
        if all(_run(command) for command in commands) and (found := find_browser()):
            return found
    return None


def _ways() -> Iterator[list[list[str]]]:
    """Each way to install one, as the commands it takes."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"]
        yield [["apt-get", "update", "--quiet"], install]
    playwright = [sys.executable, "-P", "-m", "playwright", "install", "chromium"]
    yield [[*playwright, "--with-deps"] if root else playwright]


def _run(command: list[str]) -> bool:
    print("$", " ".join(command), flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode == 0


def _runs(path: str) -> bool:
    """Ubuntu's chromium-browser may be a stub that only asks for a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> Iterator[str]:
    """The one that `playwright install` puts in the user's cache, asked for in a process of its own."""
    found = subprocess.run([sys.executable, "-P", "-c", ASK_PLAYWRIGHT], capture_output=True, text=True)
    path = found.stdout.strip()
    if found.returncode == 0 and Path(path).is_file():
        yield path


def main() -> int:
    if found := install_browser():
        print(f"browser tests use {found}")
        return 0
    print(
        "No Chromium: none is installed, apt-get (as root) and `playwright install chromium` brought none; "
        "the browser tests will skip. Install Chromium or Chrome to run them."
    )
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
