"""The JSON Schema of ``summit-graph graph --format json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: A file of the package, so that other programs can validate without this one.
SCHEMA_FILE = Path(__file__).with_name("graph.schema.json")


def graph_schema() -> dict[str, Any]:
    """The schema, of draft 2020-12, for a validator, as ``jsonschema.validate(graph, graph_schema())``."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return schema
