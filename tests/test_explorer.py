"""Starting the explorer: where it cannot."""

from __future__ import annotations

import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.explorer import run_explorer


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    """With what to give instead; no word of ports that are taken."""
    with pytest.raises(SummitGraphError, match=f"cannot serve at {host}.*--host"):
        run_explorer(host=host, port=8501, browser=False, uri=None, say=print)
