"""Measures whether graphs of the planted world have the channels of the parts that make a class.

    python -m scripts.planted_truths inception --out truths.json

1.  Draw images of every class and count them by each measure (``summit-graph aggregate``).
2.  Measure which part each channel is of, by leaving parts out of other images (``planted.truths``).
3.  For every ranking of ``scripts/faithfulness_study.py``, compare scores with parts, as the area under the
    ROC curve: how often a channel of the right part has a higher score than another channel of its layer.

- Shared: of two classes with a common part, the lower of both scores; the right channels are of this part.
- Shared by these alone: less the highest score of the classes without the part.
- Own: a class's score less the highest of the others; the right channels are of its own part.
- Waves: the same for the class whose images have waves; the right channels are of the waves.

Intervals (95 %) are from channels drawn again, layer by layer.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import rankdata

from scripts.faithfulness_study import WHOLE, Counts, rank, scores_of
from summit_graph.analysis.selection import select_channels
from summit_graph.counts.folder import CountFolder
from summit_graph.faithfulness.node_curve import gradient_scores
from summit_graph.faithfulness.replacement import pixels_of
from summit_graph.images import Dataset, read_dataset
from summit_graph.model.counted import CountedModel
from summit_graph.planted.bundle import label_file, model_options, read_network
from summit_graph.planted.classes import CLASSES, CONFOUNDED, NAMES, WAVES, PlantedClass, draw_image
from summit_graph.planted.truths import channel_parts

Floats = NDArray[np.float64]
#: By ranking and class: a score of each channel, all layers in a row.
Scores = Mapping[str, Mapping[str, Floats]]

#: Seed of the counted images.
SEED = 5
MEASURES = ("activation", "relevance", "against")
RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Question:
    """A combination of classes' scores, and the channels that should have the highest.

    Attributes:
        scores: by ranking, (channels,).
        right: bool (channels,).
    """

    scores: Mapping[str, Floats]
    right: NDArray[np.bool_]


def shared(scores: Scores, parts: NDArray[np.str_], *, alone: bool) -> Iterator[Question]:
    """One question for every two classes with a common part."""
    for one, other in combinations(CLASSES, 2):
        if one.shared == other.shared:
            without = [name.name for name in CLASSES if name.shared != one.shared] if alone else []
            found = {name: _contrast(of, [one.name, other.name], without) for name, of in scores.items()}
            yield Question(found, parts == one.shared)


def own(scores: Scores, parts: NDArray[np.str_], planted: PlantedClass, part: str) -> Question:
    """The channels of one part among those that a class alone has."""
    others = [name for name in NAMES if name != planted.name]
    return Question(
        {name: _contrast(of, [planted.name], others) for name, of in scores.items()}, parts == part
    )


def _contrast(scores: Mapping[str, Floats], having: Sequence[str], lacking: Sequence[str]) -> Floats:
    """The lowest score of some classes less the highest of others."""
    lowest: Floats = np.min([scores[name] for name in having], axis=0)
    return lowest - np.max([scores[name] for name in lacking], axis=0) if lacking else lowest


def area_with_interval(
    questions: Sequence[Question], ranking: str, layers: Sequence[range]
) -> tuple[float, float, float] | None:
    """Area under the ROC curve within layers, all questions together; and its 95 % interval.

    None if there are no right channels.
    """
    random = np.random.default_rng(0)
    if not any(one.right.any() for one in questions):
        return None

    def area(chosen: Sequence[NDArray[np.int64]]) -> float:
        found = [_wins(one.scores[ranking][at], one.right[at]) for one in questions for at in chosen]
        won, pairs = np.sum(found, axis=0)
        return float(won / pairs) if pairs else float("nan")

    every = [np.arange(layer.start, layer.stop) for layer in layers]
    drawn = [area([random.choice(layer, len(layer)) for layer in every]) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return area(every), float(low), float(high)


def _wins(scores: Floats, right: NDArray[np.bool_]) -> tuple[float, int]:
    """Pairs of a right and a wrong channel where the right one is higher (half for ties), and all pairs."""
    number = int(right.sum())
    won = rankdata(scores)[right].sum() - number * (number + 1) / 2
    return float(won), number * (len(right) - number)


def graphs_of(counts: Counts) -> dict[str, NDArray[np.bool_]]:
    """The channels of each class's graph, by PageRank as in the database."""
    found = {}
    for name in NAMES:
        influences = counts.influences(name)
        scores = rank(counts, influences, counts.column("activations", name))
        ends = influences.tocoo()
        pairs = np.stack([ends.col, ends.row], axis=1)
        places = list(counts.places.values())
        between = [
            pairs[np.isin(pairs[:, 1], upper) & np.isin(pairs[:, 0], lower)] - [lower.start, upper.start]
            for lower, upper in pairwise(places)
        ]
        selection = select_channels([scores[at.start : at.stop] for at in places], between)
        assert selection is not None
        found[name] = np.zeros(counts.channels, bool)
        found[name][
            np.concatenate([at.start + one for at, one in zip(places, selection.channels, strict=True)])
        ] = 1
    return found


def right_share(graphs: Mapping[str, NDArray[np.bool_]], parts: NDArray[np.str_]) -> dict[str, list[int]]:
    """Of the channels that graphs share or that one graph alone has: right ones, those of any part, all."""
    both = [
        (graphs[one.name] & graphs[other.name], one.shared)
        for one, other in combinations(CLASSES, 2)
        if one.shared == other.shared
    ]
    used = np.sum(list(graphs.values()), axis=0)
    single = [(graphs[one.name] & (used == 1), one.own) for one in CLASSES if not one.confounded]
    waves = [(graphs[CONFOUNDED.name] & (used == 1), WAVES)]
    return {
        name: [
            sum(int((parts[mask] == part).sum()) for mask, part in found),
            sum(int(m.sum()) for m, _ in found),
        ]
        for name, found in (("shared", both), ("own", single), ("waves", waves))
    }


def all_scores(
    model: CountedModel, counts: Mapping[str, Counts], images: Dataset
) -> dict[str, dict[str, Floats]]:
    """Every ranking of ``WHOLE``, by class."""
    found: dict[str, dict[str, Floats]] = {name: {} for name in WHOLE}
    random = np.random.default_rng(SEED)
    for output, name in enumerate(NAMES):
        pixels = pixels_of(model, images, name)
        outputs = torch.full((len(pixels),), output)
        gradients = gradient_scores(model, pixels, outputs, "cpu")
        of_class = {
            **scores_of(counts, name),
            "gradient x activation": np.concatenate([gradients[layer] for layer in model.channels]),
            "random": random.random(sum(model.channels.values())),
        }
        for ranking, one in found.items():
            one[name] = of_class[ranking] / max(of_class[ranking].max(), 1e-12)
    return found


def measure(network: str, work: Path, images: int) -> dict[str, Any]:
    """All areas of one network."""
    draw_classes(work / "images", images)
    model = read_network(network)
    counts = {name: Counts(CountFolder(count_classes(network, work, name))) for name in MEASURES}
    scores = all_scores(model, counts, read_dataset(work / "images"))
    parts = np.concatenate([np.array(one) for one in channel_parts(model).values()])
    questions = {
        "shared": [*shared(scores, parts, alone=False)],
        "shared by these alone": [*shared(scores, parts, alone=True)],
        "own": [own(scores, parts, one, one.own) for one in CLASSES],
        "waves": [own(scores, parts, CONFOUNDED, WAVES)],
    }
    layers = list(counts["activation"].places.values())
    areas = {
        name: {ranking: area_with_interval(asked, ranking, layers) for ranking in WHOLE}
        for name, asked in questions.items()
    }
    graphs = {name: right_share(graphs_of(counts[name]), parts) for name in MEASURES[:2]}
    of_parts = {str(part): int((parts == part).sum()) for part in np.unique(parts)}
    return {"images": images, "channels": len(parts), "of_parts": of_parts, "areas": areas, "graphs": graphs}


def draw_classes(folder: Path, images: int) -> None:
    """A folder of images for every class."""
    for one in CLASSES:
        (folder / one.name).mkdir(parents=True, exist_ok=True)
        for number in range(images):
            drawn = Image.fromarray(draw_image(one, number, seed=SEED))
            drawn.save(folder / one.name / f"{number:04}.png")


def count_classes(network: str, work: Path, name: str) -> Path:
    """The count folder of a measure."""
    out = work / name
    options = [*model_options(network), "--labels", str(label_file()), "--measure", name]
    words = ["aggregate", str(work / "images"), *options, "--processes", "1", "--out", str(out)]
    subprocess.run([sys.executable, "-P", "-m", "summit_graph", *words], check=True)
    return out


def print_table(found: Mapping[str, Any]) -> None:
    """The areas as a Markdown table, and the graphs' own channels."""
    areas = found["areas"]
    typer.echo("| ranking | " + " | ".join(areas) + " |")
    typer.echo("|" + "---|" * (len(areas) + 1))
    for ranking in WHOLE:
        found_areas = [one[ranking] for one in areas.values()]
        cells = ["none" if one is None else "{:.2f} ({:.2f} to {:.2f})".format(*one) for one in found_areas]
        typer.echo(f"| {ranking} | " + " | ".join(cells) + " |")
    typer.echo(f"Right channels of the graphs, of all: {json.dumps(found['graphs'])}")


def main(
    network: Annotated[str, typer.Argument(help="inception or resnet.")],
    out: Annotated[Path, typer.Option(help="The JSON file to write.")],
    images: Annotated[int, typer.Option(help="Counted images of each class.")] = 100,
) -> None:
    """Measure one network, write its numbers and print them as a table."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        found = measure(network, Path(work), images)
    out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print_table(found)


if __name__ == "__main__":
    typer.run(main)
