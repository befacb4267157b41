"""Matches class folders with the outputs of a model, and gives the classes their titles (SPEC 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from summit_graph.errors import UsageError
from summit_graph.images.label_files import read_label_lines
from summit_graph.names import composed
from summit_graph.records import ClassSummary, Match, Outcome
from summit_graph.settings import PACKAGE

IMAGENET_FILE = PACKAGE / "images" / "imagenet_classes.tsv"
IMAGENET_OUTPUTS = 1000
#: The labels file that comes with Inception5h leaves its last outputs, which are unused, without a name.
INCEPTION5H_OUTPUTS, INCEPTION5H_NAMED = 1008, 1001

_WORDNET_ID = re.compile(r"(n\d{8})(?:\s+|$)(.*)")


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a classifier: its WordNet id, if it has one, and its names; the first is the title."""

    wordnet_id: str | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchedClass:
    """The output and title of a class; ``warning`` is set if its name matches several outputs.

    ``base`` and ``outcome`` are those of ``ClassSummary``.
    """

    output: int | None
    title: str
    warning: str | None = None
    base: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Labels:
    """The names of a model's outputs."""

    outputs: tuple[Output, ...]

    def match_class(self, folder: str, *, match: Match = "auto") -> MatchedClass:
        """The output of a class folder, by WordNet id or by one of the output's names.

        Comparison ignores case and treats ``_`` and ``-`` as spaces. A name that belongs to several outputs
        matches none. With ``match="index"``, a decimal number that matches nothing else is an output index.
        """
        if match == "none":
            return MatchedClass(None, folder)
        found = self._by_name.get(folder) or self._by_name.get(_comparable(folder)) or []
        if len(found) > 1:
            return MatchedClass(None, folder, _ambiguous(folder, found))
        if found:
            return self._matched(found[0], folder)
        if match == "index" and re.fullmatch(r"[0-9]+", folder) and int(folder) < len(self.outputs):
            return self._matched(int(folder), folder)
        return MatchedClass(None, folder)

    def _matched(self, index: int, folder: str) -> MatchedClass:
        names = self.outputs[index].names
        return MatchedClass(index, names[0] if names else folder)

    @cached_property
    def _by_name(self) -> Mapping[str, list[int]]:
        """WordNet ids and comparable names -> the outputs that have them."""
        index: dict[str, list[int]] = {}
        for at, output in enumerate(self.outputs):
            names = {*output.names, ", ".join(output.names)}
            keys = {_comparable(name) for name in names} | {output.wordnet_id or ""}
            for key in keys - {""}:
                index.setdefault(key, []).append(at)
        return index


@cache
def imagenet_labels() -> Labels:
    """The 1000 outputs of an ILSVRC 2012 (ImageNet) classifier, in order."""
    return Labels(tuple(map(_output, IMAGENET_FILE.read_text("utf-8").splitlines())))


def wordnet_id_of(summary: ClassSummary) -> str | None:
    """The WordNet id of a class of ImageNet; None if it is not known to be one.

    In a fine-tuned model, output 294 is not brown bear, so the output's number alone is not enough.
    """
    if match := _WORDNET_ID.fullmatch(summary.folder):
        return match[1]
    outputs = imagenet_labels().outputs
    if summary.output is None or summary.output >= len(outputs):
        return None
    output = outputs[summary.output]
    return output.wordnet_id if output.names[0] == summary.title else None


def read_labels(file: Path | None = None, *, outputs: int, names: Sequence[str] | None = None) -> Labels:
    """The names of a model's outputs: from a file, else the model's own, else ImageNet's for 1000 outputs.

    Args:
        file: one output per line, ``[WordNet id] name, other name …``, or another form of ``label_files``.
        outputs: the number of outputs of the model.
        names: the model's own names for them, if it has any.

    Raises:
        UsageError: the file cannot be read, or its number of outputs differs.
    """
    if file is None:
        return _own_labels(names, outputs)
    named = tuple(map(_output, read_label_lines(file)))
    if (len(named), outputs) == (INCEPTION5H_NAMED, INCEPTION5H_OUTPUTS):
        named += (Output(None, ()),) * (outputs - len(named))
    if len(named) != outputs:
        raise UsageError(
            f"{file} names {len(named)} outputs, but the model has {outputs}: name each output once"
        )
    return Labels(named)


def _own_labels(names: Sequence[str] | None, outputs: int) -> Labels:
    """The model's own names; ImageNet's also have WordNet ids and further names."""
    if outputs == IMAGENET_OUTPUTS and (names is None or _are_of_imagenet(names)):
        return imagenet_labels()
    return Labels(tuple(map(_output, names)) if names else (Output(None, ()),) * outputs)


def _are_of_imagenet(names: Sequence[str]) -> bool:
    """Whether all but a few are names of ImageNet's outputs; torchvision has another name for two."""
    pairs = zip(names, imagenet_labels().outputs, strict=True)
    others = sum(name not in (*output.names, output.wordnet_id) for name, output in pairs)
    return others < IMAGENET_OUTPUTS // 100


def _ambiguous(folder: str, found: Sequence[int]) -> str:
    indices = " and ".join(map(str, found))
    return (
        f"class {folder!r} matches outputs {indices} and is counted without an output: "
        "rename the folder to its WordNet id or to another of its names"
    )


def _comparable(name: str) -> str:
    return " ".join(composed(name).casefold().replace("_", " ").replace("-", " ").split())


def _output(line: str) -> Output:
    match = _WORDNET_ID.fullmatch(line.strip())
    wordnet_id, names = (match[1], match[2]) if match else (None, line)
    return Output(wordnet_id, tuple(filter(None, (name.strip() for name in names.split(",")))))
