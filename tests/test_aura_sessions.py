"""Ranking in a session of Aura Graph Analytics, as far as it can be tested without the service.

What the session computes is compared in ``tests/graph/test_ranking.py``, by the GDS of a local server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest.mock import create_autospec
from urllib.parse import urlsplit

import numpy as np
import pytest
from graphdatascience.procedure_surface.arrow.catalog.catalog_arrow_endpoints import CatalogArrowEndpoints
from graphdatascience.procedure_surface.arrow.centrality.pagerank_arrow_endpoints import (
    PageRankArrowEndpoints,
)
from graphdatascience.session import AuraGraphDataScience
from graphdatascience.session.aura_api import AuraApi
from pandas import DataFrame

from summit_graph.cli import main
from summit_graph.errors import DatabaseError, UsageError
from summit_graph.ranking.aura_sessions import opened_session
from summit_graph.ranking.pagerank import page_rank_in_session


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"CLIENT_ID": "id", "CLIENT_SECRET": "hidden", "PROJECT_ID": "project"}
    for name, value in values.items() | {("SUMMIT_GRAPH_CLOUD_LOCATION", "gcp/europe-west1")}:
        monkeypatch.setenv(name, value)


def refusal(error: type[Exception] = UsageError) -> str:
    with pytest.raises(error) as raised, opened_session("shapes"):
        pytest.fail("a session is open")
    return str(raised.value)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CLIENT_ID", "", "set CLIENT_ID, which"),
        ("CLIENT_SECRET", "", "set CLIENT_SECRET, which"),
        ("SUMMIT_GRAPH_CLOUD_LOCATION", "", "set SUMMIT_GRAPH_CLOUD_LOCATION to"),
        ("SUMMIT_GRAPH_CLOUD_LOCATION", "europe", "'europe' is not a cloud provider and region"),
    ],
)
def test_a_missing_setting_is_named(
    variable: str, value: str, words: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent."""
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(AuraApi, "__init__", lambda *_, **__: pytest.fail("Aura is asked"))
    assert words in refusal()


@pytest.mark.parametrize("project", ["project", ""])
def test_aura_that_does_not_answer_is_one_line(
    project: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real client, through a proxy where nobody listens; the secret is not in the message."""
    monkeypatch.setenv("PROJECT_ID", project)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    said = refusal(DatabaseError)
    assert "Aura Graph Analytics fails" in said
    assert "--ranking local" in said
    assert "hidden" not in said
    assert "\n" not in said


class AuraDouble(BaseHTTPRequestHandler):
    """The service's API up to a session that fails to start; keeps requests and the session's name."""

    requests: list[str]
    session: dict[str, Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth/token":
            self.answer({"access_token": "token", "token_type": "bearer", "expires_in": 3600})
            return
        started = {"id": "7", "status": "Creating", "host": "", "created_at": "2026-01-01T00:00:00+00:00"}
        self.session |= json.loads(body) | started | {"user_id": "me"}
        self.answer({"data": self.session})

    def do_GET(self) -> None:
        if "/tenants/" in self.path:
            place = {"cloud_provider": "gcp", "region": "europe-west1"}
            self.answer({"data": {"id": "project", "instance_configurations": [place]}})
        elif self.path.endswith("/sessions/7"):
            self.answer({"data": self.session, "errors": [{"reason": "Full", "message": "no machine"}]})
        else:
            self.answer({"data": [self.session] if self.session else []})

    def do_DELETE(self) -> None:
        self.answer({}, 202)

    def answer(self, body: object, code: int = 200) -> None:
        self.requests.append(f"{self.command} {urlsplit(self.path).path}")
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def aura(credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[AuraDouble]]:
    handler = type("Handler", (AuraDouble,), {"requests": [], "session": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(AuraApi, "base_uri", staticmethod(lambda environment=None: address))
        yield handler
        server.shutdown()


def test_a_session_that_fails_to_start_is_deleted(aura: type[AuraDouble]) -> None:
    """It has the network's name, and costs money. Kind: something rented that is left behind."""
    said = refusal(DatabaseError)
    assert "Reason: Full" in said
    assert aura.session["name"].startswith("summit-graph shapes ")
    assert (aura.session["memory"], aura.session["region"]) == ("2GB", "europe-west1")
    assert aura.requests[-1] == "DELETE /v1/graph-analytics/sessions/7"


def test_a_location_that_aura_lacks_is_refused(
    aura: type[AuraDouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With those that it has; no session is started."""
    monkeypatch.setenv("SUMMIT_GRAPH_CLOUD_LOCATION", "gcp/nowhere")
    assert "to one of gcp/europe-west1" in refusal()
    assert not aura.session


def test_the_client_takes_the_calls_of_a_ranking() -> None:
    """Signatures of its real classes; source nodes have weights, and the graph is dropped."""
    session = create_autospec(AuraGraphDataScience, instance=True)
    session.graph = create_autospec(CatalogArrowEndpoints, instance=True)
    session.page_rank = create_autospec(PageRankArrowEndpoints, instance=True)
    session.page_rank.stream.return_value = DataFrame({"nodeId": [1, 0], "score": [3.0, 1.0]})
    pairs, counts = np.array([[0, 1]]), np.array([4])
    scores = page_rank_in_session(session, pairs, counts, np.array([0.5, 0.0]))
    assert scores.tolist() == [0.25, 0.75]
    name, _, edges = session.graph.construct.call_args.args
    assert edges.to_dict("records") == [
        {"sourceNodeId": 0, "targetNodeId": 1, "relationshipType": "INFLUENCES", "count": 4.0}
    ]
    assert session.page_rank.stream.call_args.kwargs["source_nodes"] == [(0, 0.5)]
    session.graph.drop.assert_called_once_with(name, fail_if_missing=False)


def test_only_rank_has_sessions(capsys: pytest.CaptureFixture[str]) -> None:
    """``load`` and ``ingest`` would rent one while they read images and write counts."""
    for words in (["load", "counts"], ["ingest", "images"]):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--ranking", "sessions"])
        assert ended.value.code == 2
        assert "'sessions' is not one of 'gds', 'local'" in " ".join(capsys.readouterr().err.split())
