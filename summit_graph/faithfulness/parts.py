"""The parts of a test. Each one measures a subject and gives a section of the report, as JSON.

A new part is a function from a subject to a section with a ``verdict``, an entry in ``PARTS`` here, and its
name in ``analysis.reports.PARTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from summit_graph.analysis.edge_faithfulness import (
    FACTORS,
    QUICK_FACTORS,
    ClassEdges,
    completeness_report,
    edge_report,
)
from summit_graph.analysis.faithfulness import QUICK_SHARES, SHARES, report_of
from summit_graph.faithfulness import sanity, specificity, stability
from summit_graph.faithfulness.completeness import measure_completeness
from summit_graph.faithfulness.edge_curve import EdgeTest, measure_edges
from summit_graph.faithfulness.node_curve import measure_nodes
from summit_graph.faithfulness.subject import Subject
from summit_graph.records import Target

Section = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """How a part is measured.

    Attributes:
        measure: makes the section.
        by_default: whether it is measured when no part is named.
        version: increased when the same subject gets another section.
        depends_on: what the section depends on beside what every part does.
    """

    measure: Callable[[Subject], Section]
    by_default: bool = True
    version: int = 1
    depends_on: Callable[[Subject], Mapping[str, Any]] = lambda subject: {}

    def key(self, name: str, subject: Subject) -> str:
        """A digest of all that the section depends on."""
        return subject.key(name, version=self.version, **self.depends_on(subject))


def nodes_section(subject: Subject) -> Section:
    """The node curves of the graph and of its baselines."""
    measured = measure_nodes(
        subject.model,
        subject.means,
        subject.pixels,
        subject.scores,
        output=subject.summary.output,
        shares=QUICK_SHARES if subject.quick else SHARES,
        against=subject.parameters.is_against,
        seed=subject.seed,
        device=subject.device,
        on_progress=subject.showing("replacing channels"),
    )
    target: Target = "predicted" if subject.summary.output is None else "class"
    return report_of(
        measured, subject.scores, target=target, against=subject.parameters.is_against, seed=subject.seed
    )


def edges_section(subject: Subject) -> Section:
    """The influences of the graph beside random ones and those of the largest counts."""
    edges = ClassEdges.of(subject.graph, subject.scores, subject.influences)
    test = EdgeTest(
        subject.model,
        subject.means,
        subject.pixels,
        output=subject.summary.output,
        device=subject.device,
    )
    measured = measure_edges(
        test,
        edges,
        factors=QUICK_FACTORS if subject.quick else FACTORS,
        seed=subject.seed,
        on_progress=subject.showing("taking out influences"),
    )
    return edge_report(measured, edges, against=subject.parameters.is_against, seed=subject.seed)


def completeness_section(subject: Subject) -> Section:
    """What the graph's channels receive through its influences, by the network's own measure."""
    edges = ClassEdges.of(subject.graph, subject.scores, subject.influences)
    sums = subject.baseline(subject.counting_model, subject.dataset)
    received = measure_completeness(
        subject.counting_model,
        subject.pixels,
        edges.selected,
        subject.parameters,
        output=subject.summary.output,
        baseline=sums.means() if sums else None,
        device=subject.device,
        on_progress=subject.showing("adding up influences"),
    )
    return completeness_report(received, edges, subject.parameters.measure, seed=subject.seed)


def _quick(subject: Subject) -> dict[str, Any]:
    return {"quick": subject.quick}


PARTS: Mapping[str, Part] = {
    "nodes": Part(nodes_section, version=2, depends_on=_quick),
    "edges": Part(edges_section, depends_on=_quick),
    "completeness": Part(completeness_section),
    "specificity": Part(specificity.specificity_section, depends_on=specificity.depends_on),
    "stability": Part(stability.stability_section, by_default=False, depends_on=stability.depends_on),
    "sanity": Part(sanity.sanity_section, by_default=False),
}
