"""A separate local server with an additional line in its ``neo4j.conf``."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.settings import Home
from summit_graph.store.server import local
from summit_graph.store.server.files import ServerFiles, write_conf
from summit_graph.store.server.local import LocalServer


def configured_server(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> LocalServer:
    """A server in ``folder``, not started yet, with this additional setting."""

    def write_more_conf(files: ServerFiles, *, building: bool) -> None:
        write_conf(files, building=building)
        with (files.conf / "neo4j.conf").open("a") as conf:
            conf.write(line + "\n")

    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setattr(local, "write_conf", write_more_conf)
    return LocalServer(ServerFiles(folder / "neo4j"))
