"""Compares ways to choose a class's channels by how much of the log-odds they carry on images not counted.

    python scripts/faithfulness_study.py counts/ --held held.tsv --out study.json [--model … --weights …]

``counts/`` has the count folders ``activation``, ``relevance`` and ``against`` of the same images, made with
``summit-graph aggregate --measure …``; ``held.tsv`` has other images of the same classes. Each ranking gets
the same number of channels in each layer. ``scripts/faithfulness_plots.py`` draws the result.

Rankings, by the counts of activations or of relevance:

- PageRank: the paper's score, with damping 0.85, 0.5 and 0.95.
- Counts: in how many images a channel is a top channel; less the mean share of the other classes.
- Down: the class's output hands its score down to the inputs of each channel, by the influences' counts.
- Signed: PageRank over the counts for the class less those against it.
- Summed: relevance added over the counted images, no counting of top channels.
- Gradient x activation: relevance from 0 on the tested images themselves, which no graph can know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.progress import track
from scipy import sparse

from summit_graph.analysis.page_rank import page_rank, source_weights
from summit_graph.cli.model_options import ModelOptions
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import ClassTables
from summit_graph.faithfulness.node_curve import gradient_scores
from summit_graph.faithfulness.rankings import Order, at_random, best, by_score
from summit_graph.faithfulness.replacement import Kept, Replacement, mean_values, pixels_of
from summit_graph.faithfulness.tested import TestedImages
from summit_graph.images import Dataset, read_dataset
from summit_graph.model.counted import CountedModel
from summit_graph.store.channels import numbers_of

Floats = NDArray[np.float64]

#: Channels of the whole network: the numbers of a graph, then shares in percent.
SIZES = (20, 50, 100, 200, 500)
SHARES = (20, 50)
#: Rankings whose whole curves are measured: sufficiency, and necessity of the large shares.
WHOLE = (
    "PageRank",
    "counts",
    "PageRank of relevance",
    "counts of relevance",
    "signed PageRank of relevance",
    "summed relevance",
    "gradient x activation",
    "random",
)
OTHERS = 12


@dataclass(frozen=True, eq=False)
class Counts:
    """The counts of all classes by one measure; channels of all layers in a row."""

    folder: CountFolder
    _read: dict[str, ClassTables] = field(default_factory=dict)

    @cached_property
    def widths(self) -> dict[str, int]:
        """Number of channels of each layer, from the lowest up."""
        return dict(self.folder.manifest.widths)

    @cached_property
    def places(self) -> dict[str, range]:
        """The places of each layer's channels."""
        ends = np.cumsum([0, *self.widths.values()]).tolist()
        return {name: range(*bounds) for name, bounds in zip(self.widths, pairwise(ends), strict=True)}

    @property
    def channels(self) -> int:
        """Number of channels of all layers."""
        return sum(self.widths.values())

    def tables(self, class_name: str) -> ClassTables:
        """The class's tables, read once."""
        if class_name not in self._read:
            self._read[class_name] = self.folder.read_to_load(class_name)
        return self._read[class_name]

    def column(self, table: str, class_name: str) -> Floats:
        """The values of a table of channels, (channels,)."""
        rows = getattr(self.tables(class_name), table)
        found = np.zeros(self.channels)
        found[numbers_of(self.places, rows["layer"], rows["channel"], of=class_name)] = rows[-1].to_numpy()
        return found

    def influences(self, class_name: str) -> sparse.csr_array:
        """Counts, (channels, channels) of [channel, previous]."""
        rows = self.tables(class_name).influences
        assert rows is not None
        ends = numbers_of(self.places, rows["layer"], rows["channel"], of=class_name)
        starts = numbers_of(self.places, rows["previous_layer"], rows["previous"], of=class_name)
        counts = rows["count"].to_numpy().astype(np.float64)
        return sparse.csr_array((counts, (ends, starts)), shape=(self.channels,) * 2)

    def specific(self, class_name: str) -> Floats:
        """The share of images that a channel is counted in, less the mean share of the other classes."""
        images = {name: one.images for name, one in self.folder.summaries.items()}
        shares = {name: self.column("activations", name) / number for name, number in images.items()}
        others = np.mean([share for name, share in shares.items() if name != class_name], axis=0)
        return np.maximum(shares[class_name] - others, 0)

    def by_layer(self, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Values of all channels, layer by layer."""
        return {name: values[at.start : at.stop] for name, at in self.places.items()}


def rank(counts: Counts, influences: sparse.csr_array, sources: Floats, damping: float = 0.85) -> Floats:
    """Personalized PageRank; ``sources`` are counts."""
    edges = influences.tocoo()
    pairs = np.stack([edges.col, edges.row], axis=1).astype(np.int64)
    return page_rank(pairs, edges.data, source_weights([*counts.by_layer(sources).values()]), damping=damping)


def hand_down(counts: Counts, influences: sparse.csr_array, outputs: Floats) -> Floats:
    """The score that each channel gets from the channels above it, from the class's output down."""
    score = outputs / max(outputs.sum(), 1e-12)
    for name in list(counts.widths)[:0:-1]:
        layer = slice(counts.places[name].start, counts.places[name].stop)
        rows = influences[layer]
        given = score[layer] / np.maximum(rows.sum(axis=1), 1e-12)
        score = score + rows.T @ given
    return score


def scores_of(counts: Mapping[str, Counts], class_name: str) -> dict[str, Floats]:
    """Every ranking that counts give."""
    found = {}
    for measure, end in (("activation", ""), ("relevance", " of relevance")):
        one = counts[measure]
        influences, tops = one.influences(class_name), one.column("activations", class_name)
        found[f"PageRank{end}"] = rank(one, influences, tops)
        found[f"PageRank{end}, damping 0.5"] = rank(one, influences, tops, 0.5)
        found[f"PageRank{end}, damping 0.95"] = rank(one, influences, tops, 0.95)
        found[f"counts{end}"] = tops
        found[f"specific counts{end}"] = one.specific(class_name)
        found[f"down{end}"] = hand_down(one, influences, one.column("outputs", class_name))
    found["signed PageRank of relevance"] = signed(counts, class_name)
    found["summed relevance"] = counts["relevance"].column("relevance", class_name)
    return found


def signed(counts: Mapping[str, Counts], class_name: str) -> Floats:
    """PageRank over the counts for the class less those against it, where that is positive."""
    pro, contra = counts["relevance"], counts["against"]
    sources = pro.column("activations", class_name) - contra.column("activations", class_name)
    influences = (pro.influences(class_name) - contra.influences(class_name)).maximum(0)
    return rank(pro, sparse.csr_array(influences), np.maximum(sources, 0))


@dataclass(frozen=True, eq=False)
class Test:
    """The images of one class, with channels replaced by their means over the other classes' images."""

    images: TestedImages
    counts: Counts

    @cached_property
    def whole(self) -> float:
        """m with nothing replaced."""
        return float(self.images.log_odds().mean())

    @cached_property
    def nothing(self) -> float:
        """m with everything replaced."""
        none = {name: np.zeros(width, bool) for name, width in self.counts.widths.items()}
        return float(self.images.log_odds(none).mean())

    def kept(self, mask: Kept) -> float:
        """The share of the log-odds that is left if only these are kept."""
        return (float(self.images.log_odds(mask).mean()) - self.nothing) / (self.whole - self.nothing)

    def lost(self, mask: Kept) -> float:
        """The share that is lost if these are replaced."""
        return 1 - self.kept({name: ~one for name, one in mask.items()})


def numbers_for(size: int, widths: Mapping[str, int]) -> dict[str, int]:
    """The same share of each layer, one channel at least; together ``size`` if that is possible."""
    exact = {name: size * width / sum(widths.values()) for name, width in widths.items()}
    found = {name: max(1, int(number)) for name, number in exact.items()}
    for name in sorted(widths, key=lambda name: int(exact[name]) - exact[name]):
        if sum(found.values()) >= size:
            break
        found[name] += 1
    return found


def measure(test: Test, orders: Mapping[str, Order]) -> dict[str, list[dict[str, float]]]:
    """For each ranking, the points of its curve: number of channels, lost and, where measured, kept."""
    widths = test.counts.widths
    sizes = [*SIZES, *(share * test.counts.channels // 100 for share in SHARES)]
    found: dict[str, list[dict[str, float]]] = {}
    for name, order in track(orders.items(), "rankings", transient=True):
        for size in sizes if name in WHOLE else SIZES:
            mask = best(order, numbers_for(size, widths))
            point = {"channels": sum(float(one.sum(-1).max()) for one in mask.values())}
            kept = {"kept": test.kept(mask)} if name in WHOLE else {}
            found.setdefault(name, []).append({**point, "lost": test.lost(mask), **kept})
    return found


def test_of(
    model: CountedModel, counts: Counts, held: Dataset, class_name: str, pixels: NDArray[np.uint8]
) -> Test:
    """The tested images of a class; means are over the first images of each other class."""
    others = {name: files for name, files in held.classes.items() if name != class_name}
    means = mean_values(model, replace(held, classes=others).first(OTHERS), others)
    output = counts.folder.summaries[class_name].output
    return Test(TestedImages(Replacement(model, means), pixels, output), counts)


def study_class(
    model: CountedModel, counts: Mapping[str, Counts], held: Dataset, class_name: str, images: int
) -> dict[str, Any]:
    """All curves of one class."""
    every = counts["activation"]
    own = replace(held, classes={class_name: held.classes[class_name]}).first(images)
    pixels = pixels_of(model, own, class_name)
    test = test_of(model, every, held, class_name, pixels)
    orders: dict[str, Order] = {
        name: by_score(every.by_layer(one)) for name, one in scores_of(counts, class_name).items()
    }
    orders["gradient x activation"] = by_score(gradient_scores(model, pixels, test.images.outputs, "cpu"))
    orders["random"] = at_random(every.widths, len(pixels), 0)
    about = {"images": len(pixels), "of": every.channels, "all": test.whole, "none": test.nothing}
    return {**about, "curves": measure(test, orders)}


def main(
    folder: Annotated[Path, typer.Argument(help="Has the count folders of all three measures.")],
    held: Annotated[Path, typer.Option(help="Images that were not counted.")],
    out: Annotated[Path, typer.Option(help="Written after each class; classes in it are kept.")],
    model: str = "inceptionv1",
    weights: str | None = None,
    size: Annotated[int | None, typer.Option(help="Resize and crop.")] = None,
    images: Annotated[int, typer.Option(help="Tested images of each class.")] = 25,
) -> None:
    """Measure every class and write one JSON file."""
    torch.set_num_threads(1)
    options = ModelOptions(model=model, weights=weights, resize=size, crop=size)
    (counted,) = options.read_counted(None)
    counts = {name: Counts(CountFolder(folder / name)) for name in ("activation", "relevance", "against")}
    dataset = read_dataset(held)
    found = json.loads(out.read_text("utf-8")) if out.exists() else {}
    for name in remaining(counts["activation"].folder.summaries, found):
        found[name] = study_class(counted, counts, dataset, name, images)
        out.write_text(json.dumps(found, indent=1), "utf-8")
        typer.echo(name)


def remaining(names: Mapping[str, Any], found: Mapping[str, Any]) -> Sequence[str]:
    """The classes that are not measured yet."""
    return [name for name in names if name not in found]


if __name__ == "__main__":
    typer.run(main)
