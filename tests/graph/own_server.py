"""A separate local server with another setting in ``neo4j.conf``."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.settings import Home
from summit_graph.store.server import local
from summit_graph.store.server.files import ServerFiles, write_conf
from summit_graph.store.server.local import LocalServer


def configured_server(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> LocalServer:
    """A server in ``folder``, not started yet, with this setting."""

    def write_more_conf(files: ServerFiles, *, building: bool, recovering: bool = False) -> None:
        write_conf(files, building=building, recovering=recovering)
        conf, key = files.conf / "neo4j.conf", line.partition("=")[0]
        others = [one for one in conf.read_text().splitlines() if one.partition("=")[0] != key]
        conf.write_text("\n".join([*others, line, ""]))

    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setattr(local, "write_conf", write_more_conf)
    return LocalServer(ServerFiles(folder / "neo4j"))
