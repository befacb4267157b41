"""The container runs a summit-graph command with existing options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer

from summit_graph.cli import app
from summit_graph.settings import PACKAGE

DOCKER = PACKAGE.parent / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")


def words_of_command() -> list[str]:
    command = re.search(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)
    assert command is not None
    return list(json.loads(command[1]))


def test_the_container_runs_the_demo() -> None:
    """``summit-graph`` accepts its command line."""
    program, name, *options = words_of_command()
    command = typer.main.get_group(app)
    context = command.make_context(program, [name, *options], resilient_parsing=True)
    found = command.get_command(context, name)
    parsed = found.make_context(name, options)
    assert (program, parsed.info_name) == ("summit-graph", "demo")
    assert (parsed.params["host"], parsed.params["port"], parsed.params["browser"]) == (
        "0.0.0.0",
        8501,
        False,
    )


@pytest.mark.parametrize("folder", re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
def test_folders_copied_by_the_container_exist(folder: str) -> None:
    """Each folder exists and is not ignored."""
    assert (Path(PACKAGE.parent) / folder).is_dir()
    assert f"!{folder}\n" in (DOCKER / "Dockerfile.dockerignore").read_text("utf-8")
