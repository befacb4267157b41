"""The house's order: an import that points back up the list is a mistake."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from summit_graph.settings import PACKAGE, package_folder

#: From the ground up; a room may use what stands before it.
ROOMS = [
    "__init__",
    "errors",
    "names",
    "system",
    "settings",
    "records",
    "input_rule",
    "analysis",
    "pictures",
    "images",
    "counts",
    "formats",
    "model",
    "aggregate",
    "rendering",
    "store",
    "views",
    "ranking",
    "workflows",
    "api",
    "launch_explorer",
    "cli",
    "__main__",
]
#: Rooms that may use torch; nothing else does, so the store, the ranking, the views and the app start fast.
COMPUTE = {"model", "aggregate", "rendering"}
HEAVY = ["torch", "pandas", "numba", "umap", "streamlit", "pyarrow", "neo4j"]


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_import_points_up(file: Path) -> None:
    """A room imports only rooms that stand before it; the package's door opens ``api`` when it is asked."""
    room = room_of(file)
    for name in imports_of(file):
        parts = name.split(".")
        if (room, parts[1:]) == ("__init__", ["api"]):
            continue
        if parts[0] == "summit_graph" and len(parts) > 1 and parts[1] != room:
            assert ROOMS.index(parts[1]) < ROOMS.index(room), f"{room} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_torch_stays_in_the_compute_arm(file: Path) -> None:
    """Only the model, the aggregation and the rendering use torch.

    Two exceptions: doctor looks at the device, and datasets are fetched by torchvision.
    """
    if room_of(file) not in COMPUTE and file.name not in ("doctor.py", "downloads.py"):
        assert not [name for name in imports_of(file) if name.split(".")[0] in ("torch", "torchvision")]


@pytest.mark.parametrize("file", sorted(package_folder("app").rglob("*.py")), ids=lambda file: file.name)
def test_pages_use_no_torch_and_no_driver(file: Path) -> None:
    """Pages ask the views; they know neither torch nor the driver."""
    assert not [name for name in imports_of(file) if name.split(".")[0] in ("torch", "neo4j")]


def test_the_command_starts_without_heavy_packages() -> None:
    """``summit-graph --help`` loads none of the large packages."""
    code = f"import summit_graph.cli, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
