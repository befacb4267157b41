"""Keeps a class's faithfulness report in the graph (``Class.faithfulness``, JSON text)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from summit_graph.store.connection import Database
from summit_graph.store.migration import prepare_to_write


def store_report(database: Database, class_id: int, report: Mapping[str, Any]) -> bool:
    """Store the report of one state of a class; False if the class was replaced meanwhile."""
    prepare_to_write(database)
    rows = database.write("load/write_faithfulness", **{"class": class_id, "report": json.dumps(report)})
    return bool(rows)
