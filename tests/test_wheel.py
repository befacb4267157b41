"""Installation with pip: a wheel in a clean virtual environment works like the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import check_release
from summit_graph import __version__
from summit_graph.counts.folder import CountFolder
from summit_graph.errors import INSTALL_COMPUTE
from summit_graph.pictures.index import find_pictures
from summit_graph.settings import PACKAGE
from summit_graph.store.queries import list_queries
from summit_graph.workflows.demo import atlas_counts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home without the queries and pictures of other tests: both the wheel and the checkout read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", str(folder), str(PACKAGE.parent))
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with only the wheel and its requirements."""
    (wheel,) = built.glob("*.whl")
    programs = tmp_path_factory.mktemp("venv") / ("Scripts" if os.name == "nt" else "bin")
    run(sys.executable, "-m", "venv", str(programs.parent))
    run(str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel))
    return programs


def test_wheel_and_sdist_are_as_released(built: Path) -> None:
    """Size, contents, metadata and licence files."""
    assert check_release.problems_of(built) == []


def test_a_release_needs_a_chapter_of_the_changelog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The chapter has the version and its date."""
    monkeypatch.setattr(check_release, "ROOT", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n", "utf-8")
    assert len([*check_release.changelog_problems()]) == 1
    (tmp_path / "CHANGELOG.md").write_text(f"## [{__version__}] - 2026-01-31\n", "utf-8")
    assert [*check_release.changelog_problems()] == []


def test_the_citation_has_the_version() -> None:
    """Kind: a second copy of the version, which is in ``summit_graph/__init__.py``."""
    citation = (PACKAGE.parent / "CITATION.cff").read_text("utf-8")
    assert re.search(r"^version: (.*)$", citation, re.MULTILINE)[1] == __version__


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
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(str(installed / "python"), "-c", code).strip())
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
