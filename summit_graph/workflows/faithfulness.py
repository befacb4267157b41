"""Tests a class's graph part by part; the class keeps the report (``Class.faithfulness``, JSON text).

Each part is stored as soon as it is measured, so an interrupted run loses at most one part. A part that was
measured on the same images, with the same options and state of the class, is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from neo4j import ManagedTransaction

from summit_graph.analysis.reports import Report, in_sections, key_of, new_report, with_section
from summit_graph.errors import SummitGraphError
from summit_graph.store.connection import Database, run
from summit_graph.store.migration import prepare_to_write
from summit_graph.views.classes import StoredClass
from summit_graph.views.faithfulness import read_report

if TYPE_CHECKING:
    from summit_graph.faithfulness.subject import Subject

#: Called with the name of a part that is kept, and what is known about its measurement.
OnKept = Callable[[str, Mapping[str, Any]], None]


def named_parts(names: Sequence[str] | None) -> list[str]:
    """The parts to measure, in order: those that are named, else those that are measured by default."""
    from summit_graph.faithfulness.parts import PARTS

    return [name for name, part in PARTS.items() if (name in names if names else part.by_default)]


def measure_parts(
    database: Database,
    stored: StoredClass,
    subject: Subject,
    names: Sequence[str],
    *,
    again: bool = False,
    on_kept: OnKept = lambda name, measured: None,
) -> Report:
    """Measure and store the parts that the class's report lacks.

    Args:
        stored: the state of the class.
        subject: what is tested.
        names: of the parts.
        again: measure parts again that would be kept.
        on_kept: called for each part that is kept.

    Returns:
        The whole report.

    Raises:
        SummitGraphError: the class was replaced meanwhile.
    """
    from summit_graph.faithfulness.parts import PARTS

    report = read_report(database, stored) or new_report(subject.graph.network, subject.summary.name)
    for name in names:
        key = PARTS[name].key(name, subject)
        if not again and key_of(report.get(name)) == key:
            on_kept(name, report[name]["measured"])
            continue
        measured = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "images": subject.dataset.name,
            "key": key,
            "state": subject.state,
        }
        section = {**PARTS[name].measure(subject), "measured": measured}
        report = store_section(database, stored, report, name, section)
    return report


def store_section(
    database: Database, stored: StoredClass, report: Report, name: str, section: Mapping[str, Any]
) -> Report:
    """Add a section to the class's stored report, and return it.

    Args:
        report: the one to start from if the class has none.

    Raises:
        SummitGraphError: the class was replaced meanwhile.
    """

    def add(transaction: ManagedTransaction) -> Report | None:
        rows = run(transaction, "view/class_faithfulness", **{"class": stored.id})
        before = in_sections(json.loads(rows[0]["report"])) if rows and rows[0]["report"] else report
        after = with_section(before, name, section)
        values = {"class": stored.id, "report": json.dumps(after), "selected_by": stored.selected_by}
        written = run(transaction, "load/write_faithfulness", **values)
        return after if written else None

    prepare_to_write(database)
    found = database.transaction(add)
    if found is None:
        raise SummitGraphError(
            f"class {stored.summary.name!r} was replaced or selected anew meanwhile: run the command again"
        )
    return found
