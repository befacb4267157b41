"""A class's faithfulness report as tables (pandas)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from summit_graph.analysis.edge_faithfulness import edge_rows
from summit_graph.analysis.reports import Report
from summit_graph.analysis.stability import sanity_rows
from summit_graph.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


@dataclass(frozen=True)
class FaithfulnessTables:
    """A report; every number has its 95 % interval in the columns ``…_low`` and ``…_high``.

    A part that is not measured raises UnknownNameError.

    Attributes:
        report: as ``summit-graph faithfulness --json`` prints it.
    """

    report: Report

    @property
    def verdict(self) -> str:
        """What the measured parts say, in words."""
        return str(self.report["verdict"])

    @property
    def nodes(self) -> pd.DataFrame:
        """The curves: ranking, share and real_share in percent, necessity and sufficiency."""
        section = self._section("nodes")
        real = section.get("real_shares", [None] * len(section["shares"]))
        return _table(
            {"ranking": name, "share": share, "real_share": real[at], **_points(curve, at)}
            for name, curve in section["curves"].items()
            for at, share in enumerate(section["shares"])
        )

    @property
    def areas(self) -> pd.DataFrame:
        """CPR and CMD of each ranking, and ``enough``, the k for 0.8."""
        return _table(
            {
                "ranking": name,
                **_interval("cpr", curve["cpr"]),
                **_interval("cmd", curve["cmd"]),
                "enough": curve["enough"],
            }
            for name, curve in self._section("nodes")["curves"].items()
        )

    @property
    def sets(self) -> pd.DataFrame:
        """Necessity and sufficiency of the graph's channels, and of as many by each other ranking."""
        return _table(
            {
                "ranking": name,
                **_interval("necessity", one["necessity"]),
                **_interval("sufficiency", one["sufficiency"]),
            }
            for name, one in self._section("nodes")["sets"].items()
        )

    @property
    def edges(self) -> pd.DataFrame:
        """Necessity and sufficiency of the graph's influences, of random ones and of the largest counts."""
        return _table(
            {
                "set": name,
                "edges": number,
                **_interval("necessity", necessity),
                **_interval("sufficiency", sufficiency),
            }
            for name, number, necessity, sufficiency in edge_rows(self._section("edges"))
        )

    @property
    def completeness(self) -> pd.DataFrame:
        """The share of what each channel receives that comes through the graph's influences on it."""
        return _table(
            {"channel": one["channel"], "edges": one["edges"], **_interval("share", one["share"])}
            for one in self._section("completeness")["channels"]
        )

    @property
    def specificity(self) -> pd.DataFrame:
        """What the class and the nearest other class lose with the graph's or random channels replaced.

        Empty where no other class has two images.
        """
        section = self._section("specificity")
        if section["nearest"] is None:
            return _table([])
        names = {"own": self.report["class"], "other": section["nearest"]["name"]}
        return _table(
            {
                "class": names[side],
                "replaced": replaced,
                "images": section[side]["images"],
                **_interval("lost", section[side][replaced]),
            }
            for side in names
            for replaced in ("graph", "random")
        )

    @property
    def stability(self) -> pd.DataFrame:
        """The share of resamples in which each channel and influence (``previous>channel``) stays."""
        section = self._section("stability")
        return _table(
            {"kind": kind, "name": name, "share": share}
            for kind, key in (("channel", "nodes"), ("influence", "edges"))
            for name, share in section[key].items()
        )

    @property
    def sanity(self) -> pd.DataFrame:
        """The overlap (Jaccard) with graphs of random weights, of images of all classes, and of chance."""
        return _table(
            {"graph": name, "channels": nodes, "influences": edges}
            for name, nodes, edges in sanity_rows(self._section("sanity"))
        )

    def _section(self, name: str) -> Mapping[str, Any]:
        if name not in self.report:
            raise UnknownNameError(
                f"the part {name} of class {self.report['class']!r} is not measured: "
                f"run summit-graph faithfulness --part {name}"
            )
        section: Mapping[str, Any] = self.report[name]
        return section


def _points(curve: Mapping[str, Any], at: int) -> Row:
    return {
        **_interval("necessity", curve["necessity"][at]),
        **_interval("sufficiency", curve["sufficiency"][at]),
    }


def _interval(name: str, numbers: Sequence[float] | None) -> Row:
    values: Sequence[float | None] = numbers or [None] * 3
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _table(rows: Iterator[Row] | Sequence[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))
