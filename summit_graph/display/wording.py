"""Small words of the pages."""

from __future__ import annotations

from summit_graph.records import LABEL_SCORES, ChannelLabel, LabelSource

_SOURCES: dict[LabelSource, str] = {
    "concepts": "the classes that it fires for",
    "vocabulary": "a list of words",
    "appearance": "its pictures",
}
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def counted(number: int, one: str, many: str) -> str:
    """A number with its unit: ``1 row``, ``1,200 rows``."""
    return f"{number:,} {one if number == 1 else many}"


def more_than_shown(number: int, shown: int, where: str) -> str | None:
    """How many are not shown, and where to find them; None if all are shown."""
    return f"and {number - shown:,} more: {where}" if number > shown else None


def significant(value: float) -> str:
    """Two digits, with a power of ten where the value is small: ``0.034``, ``1.2 × 10⁻⁶⁰``."""
    if value == 0 or value >= 1e-3:
        return f"{value:.2g}"
    digits, exponent = f"{value:.1e}".split("e-")
    return f"{digits} × 10⁻{str(int(exponent)).translate(_SUPERSCRIPT)}"


def lift_text(lift: float) -> str:
    """How many times as frequent, to two digits; infinite where nothing else has it."""
    return "in no other class" if lift == float("inf") else f"lift {float(f'{lift:.2g}'):,.10g}"


def describe_label(label: ChannelLabel) -> str:
    """Where a label comes from, how good it is, and what else was tried."""
    parts = [f"from {_SOURCES[label.source]}", f"{LABEL_SCORES[label.source]} {label.score:.2f}"]
    if label.alternatives:
        others = ", ".join(f"{one.text} ({one.score:.2f})" for one in label.alternatives)
        parts.append(f"{'also' if label.text else 'tried'}: {others}")
    return "; ".join(parts)
