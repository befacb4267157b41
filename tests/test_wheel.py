"""Installation with pip: a wheel in a clean virtual environment works like the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from summit_graph.counts.folder import CountFolder
from summit_graph.errors import INSTALL_COMPUTE
from summit_graph.pictures.index import find_pictures
from summit_graph.settings import PACKAGE
from summit_graph.store.queries import list_queries
from summit_graph.workflows.demo import atlas_counts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment with only the wheel and its requirements."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(PACKAGE.parent))
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    run(str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", str(wheel))
    return folder / "venv" / "bin"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(command[0]).parent, env=bare())
    assert done.returncode == 0, done.stderr
    return done.stdout


def bare() -> dict[str, str]:
    """Environment variables without paths to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_the_wheel_lists_all_queries(installed: Path) -> None:
    """``cypher/`` is part of it."""
    listed = json.loads(run(str(installed / "summit-graph"), "query", "--json"))
    assert [one["name"] for one in listed] == [query.name for query in list_queries()]


def test_the_wheel_has_app_and_atlas_inside_the_package(installed: Path) -> None:
    """``app/``, ``atlas/`` and ``world/`` are in ``summit_graph/``; no top-level ``app`` is installed."""
    (packages,) = installed.parent.glob("lib/python*/site-packages")
    inside = packages / "summit_graph"
    assert (inside / "app" / "server.py").is_file()
    assert (inside / "atlas" / "counts" / "manifest.json").is_file()
    assert (inside / "world" / "inception.safetensors").is_file()
    assert {file.name for file in (inside / "channel_labels" / "wordnet").iterdir()} == {
        "LICENSE.wordnet.txt",
        "imagenet_hypernyms.tsv",
    }
    assert len([*(inside / "world" / "images").glob("*/*.webp")]) == 180
    assert not {"app", "atlas", "cypher", "tests", "world"} & {entry.name for entry in packages.iterdir()}


def test_the_wheel_finds_the_atlas_and_its_pictures(installed: Path) -> None:
    """The atlas verifies, and its model's channels have pictures."""
    code = (
        "from summit_graph.counts.folder import CountFolder;"
        "from summit_graph.workflows.demo import atlas_counts;"
        "from summit_graph.pictures.index import find_pictures; counts = CountFolder(atlas_counts());"
        "counts.verify(); pictures = find_pictures(counts.manifest.weights_sha256);"
        "print(len(counts.summaries), len(pictures.files))"
    )
    classes, pictures = map(int, run(str(installed / "python"), "-c", code).split())
    here = CountFolder(atlas_counts())
    assert classes == len(here.summaries)
    assert pictures == len(find_pictures(here.manifest.weights_sha256).files) > 0


def test_the_wheel_needs_no_torch(installed: Path) -> None:
    """Without the compute extra torch is not installed, and ``doctor`` explains how to install it."""
    checks = json.loads(run(str(installed / "summit-graph"), "doctor", "--json"))
    (compute,) = [check for check in checks if check["name"] == "compute extra"]
    assert compute["state"] == "note"
    assert INSTALL_COMPUTE in compute["remedy"]


def test_the_live_demo_names_what_it_needs(installed: Path) -> None:
    """One line, before a database is started."""
    command = [str(installed / "summit-graph"), "demo", "--live", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=installed, env=bare())
    assert done.returncode == 1
    assert done.stderr == f"Error: this needs torch: {INSTALL_COMPUTE}\n"
