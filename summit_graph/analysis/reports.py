"""The report of ``summit-graph faithfulness``: one section for each part that was measured.

``{"network", "class", "verdict", "nodes": {…}, "edges": {…}, …}``. Every section has a verdict of its own and
``measured``: when, on which images, and two digests. ``key`` is of all that the section depends on, ``state``
of the class's scores and graph. The sections of a report have the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class PartName(StrEnum):
    """The parts, in the order in which they are measured and shown."""

    NODES = "nodes"
    EDGES = "edges"
    COMPLETENESS = "completeness"
    SPECIFICITY = "specificity"
    STABILITY = "stability"
    SANITY = "sanity"


#: Their names in reports.
PARTS = [name.value for name in PartName]
Report = dict[str, Any]


def new_report(network: str, class_name: str) -> Report:
    """A report without any section."""
    return {"network": network, "class": class_name, "verdict": ""}


def in_sections(report: Mapping[str, Any]) -> Report:
    """A report of any version in sections: the first version is the part ``nodes`` alone."""
    if "curves" not in report:
        return dict(report)
    about = {name: report[name] for name in ("network", "class")}
    nodes = {name: value for name, value in report.items() if name not in about}
    return {**about, "verdict": report["verdict"], "nodes": nodes}


def with_section(report: Mapping[str, Any], part: str, section: Mapping[str, Any]) -> Report:
    """The report with one section added or replaced; sections of another state of the class are left out."""
    state = section["measured"]["state"]
    kept = {name: one for name, one in sections(report).items() if _state_of(one) == state}
    found = {name: (kept | {part: section})[name] for name in PARTS if name in kept or name == part}
    verdict = " ".join(one["verdict"] for one in found.values())
    return {**new_report(report["network"], report["class"]), "verdict": verdict, **found}


def sections(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sections of a report by the part's name, in order."""
    return {name: report[name] for name in PARTS if name in report}


def key_of(section: Mapping[str, Any] | None) -> str | None:
    """The digest of all that a section depends on; None if it is missing or has none."""
    return section["measured"]["key"] if section and "measured" in section else None


def _state_of(section: Mapping[str, Any]) -> str | None:
    return section["measured"]["state"] if "measured" in section else None
