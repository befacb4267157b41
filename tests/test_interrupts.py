"""Ctrl-C while a command is imported. Kind: a signal before the code that handles it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Starts a command line, and raises SIGINT in the import of a module.
INTERRUPTED_IMPORT = """
import os, signal, sys
from importlib.metadata import EntryPoint
_, module, start, *words = sys.argv
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["summit-graph", *words]
if ":" in start:
    EntryPoint("summit-graph", start, "console_scripts").load()()
else:
    import runpy
    runpy.run_module(start, run_name="__main__", alter_sys=True)
"""
SCRIPT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["summit-graph"]


@pytest.mark.parametrize("start", [SCRIPT, "summit_graph"], ids=["script", "-m"])
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("summit_graph.cli", ["--help"]),
        ("typer", ["graph", "lion"]),
        ("rich.progress", ["--version"]),
        ("summit_graph.cli.server", ["load", "counts"]),
        ("neo4j", ["graph", "lion"]),
        ("numpy", ["load", "counts"]),
    ],
)
def test_ctrl_c_during_an_import_ends_the_command(
    start: str, module: str, words: list[str], tmp_path: Path
) -> None:
    """With 130 and one line, in every part of the start: the commands' imports, and those in a command."""
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, module, start, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")
