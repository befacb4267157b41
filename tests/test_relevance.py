"""Counting by relevance equals its definition, and relevance is what a channel does for the log-odds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional

from summit_graph.aggregate.baselines import (
    STEP,
    ValueAdder,
    ValueSums,
    baseline_adder,
    read_baseline,
    write_baseline,
)
from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.cells import CellLayout
from summit_graph.aggregate.first_pass import FirstPass
from summit_graph.aggregate.gradients import GradientPass, Gradients, log_odds, outputs_of
from summit_graph.aggregate.kept_sums import keep_sums, read_kept
from summit_graph.aggregate.pieces import plan_pieces
from summit_graph.aggregate.relevance import RelevanceCounter, SumRelevance
from summit_graph.aggregate.run import count_classes
from summit_graph.aggregate.work import Job, Task, ValuesTask
from summit_graph.errors import ModelError, SummitGraphError, UsageError
from summit_graph.images import Dataset, read_dataset
from summit_graph.images.labels import MatchedClass
from summit_graph.model.counted import CountedModel, CountedSum, counted_model
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.layers import Program
from summit_graph.model.program.running import ForwardPass
from summit_graph.model.program.steps import Gate
from summit_graph.model.program.sums import Factors
from summit_graph.model.sources import ModelSource
from summit_graph.records import Channel, Parameters
from tests.naive_programs import ACTIVATION_KEYS, HOP_KEYS, read_module, rows_of
from tests.naive_relevance import count_relevance_naively
from tests.program_models import CifarResNet, Net, randomized, shift_maps, term_maps
from tests.test_counting_programs import Dense, Flattened, block, chain, conv
from tests.test_program_random import Gated, networks

FROM_ZERO = Parameters(measure="relevance", baseline="zero")
FROM_MEAN = Parameters(measure="relevance")
AGAINST = Parameters(measure="against")
#: Relevances that differ by less than this share of an output's largest may be ordered otherwise.
ROUNDING = {torch.float32: 2e-4, torch.float64: 1e-9}
#: Counts are not compared where a relevance is nearer to 0: rounding may change its sign.
LEAST = {torch.float32: 1e-9, torch.float64: 1e-12}
#: A term is scaled by 1 plus or minus this.
STEP_OF_TERM = 1e-6
#: One network for each shape of a sum.
NETWORKS: dict[str, nn.Module] = {
    "skips": CifarResNet(1, 4),
    "gate": block(lambda m, x: m.gated(m.conv(x)), conv=conv(4, 4), gated=Gated(4)),
    "groups": block(lambda m, x: functional.relu(m.conv(x)), width=8, conv=conv(4, 8, groups=2)),
    "stride": block(
        lambda m, x: m.one(m.wide(x)),
        conv=conv(4, 4),
        one=conv(6, 4, 1, stride=2),
        wide=conv(4, 6, 5, stride=2),
    ),
    "dilation": block(lambda m, x: m.conv(x), conv=nn.Conv2d(4, 4, 3, dilation=2)),
    "dense": Net(lambda m, x: m.dense(m.stem(x)), width=10, stem=conv(3, 4), dense=Dense(4, 3)),
    "whole maps": Flattened(),
}


def pixels(images: int, size: int, seed: int = 1) -> Tensor:
    """Random images, uint8 (images, size, size, 3)."""
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (images, size, size, 3), generator=random, dtype=torch.uint8)


def baseline_file(model: CountedModel, others: Tensor, folder: Path) -> Path:
    """The baseline for images of a class, from those of other classes."""
    adder = baseline_adder(model)
    adder.add(others.numpy())
    write_baseline(folder / "baseline.npz", adder.read(), ValueSums())
    return folder / "baseline.npz"


def assert_counts_are_true(
    module: nn.Module, parameters: Parameters, folder: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[int, float]:
    """The counts, computed in a type, equal the definition, which is computed in float64.

    Returns:
        The number of counted hops, and the smallest relevance that is not 0.
    """
    size = 8
    source, exact = read_in(module, torch.float64, size)
    shown, others = pixels(2, size), pixels(3, size, seed=2)
    inputs, other_inputs = (prepare_input(one, source.input).double() for one in (shown, others))
    from_mean = parameters.baseline == "mean"
    naive, smallest, sums = count_relevance_naively(
        exact,
        inputs,
        parameters,
        output=1,
        others=other_inputs if from_mean else None,
        rounding=ROUNDING[dtype],
    )
    model = counted_model(*read_in(module, dtype, size), parameters)
    baseline = baseline_file(model, others, folder) if from_mean else None
    counter = RelevanceCounter(model, parameters)
    counts = counter.count(shown.numpy(), output=1, baseline=baseline)
    tables = counter.layout.to_tables(counts.cells)
    assert counts.relevance is not None
    slack = STEP * len(shown) + 1e-3 * max(map(abs, sums))  # each image's relevance is rounded
    assert counts.relevance == pytest.approx(sums, rel=1e-3, abs=slack)
    if smallest < LEAST[dtype]:
        return 0, smallest
    found = 0
    keys = (ACTIVATION_KEYS, HOP_KEYS, ACTIVATION_KEYS)
    for name, *table in zip(("activations", "hops", "outputs"), tables, keys, strict=True):
        rows = rows_of(*table)
        differing = getattr(naive, name).check(rows)
        assert differing <= 0.01 * rows.total() + 1
        found += rows.total() if name == "hops" else 0
    return found, smallest


def read_in(module: nn.Module, dtype: torch.dtype, size: int) -> tuple[ModelSource, Program]:
    """A module with random weights that computes in a type, and its program."""
    return read_module(randomized(module).to(dtype), size)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("parameters", [FROM_ZERO, FROM_MEAN, AGAINST], ids=["zero", "mean", "against"])
def test_counts_equal_the_definition(name, parameters, tmp_path):
    """They are those of the literal definition, from either baseline and for either sign."""
    assert assert_counts_are_true(NETWORKS[name], parameters, tmp_path)[0] > 0


def test_counts_with_exclusions_a_number_and_without_skips_equal_the_definition(tmp_path):
    """The other parameters mean what they mean for activations."""
    parameters = Parameters(
        mass=None,
        top_activations=2,
        top_influences=3,
        skips=False,
        excluded=(Channel("layer1.0", 1), Channel("layer2.0", 0)),
        measure="relevance",
    )
    assert assert_counts_are_true(CifarResNet(1, 4), parameters, tmp_path)[0] > 0


@pytest.mark.slow
@given(networks())
@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_counts_of_random_networks_equal_the_definition(tmp_path, network):
    """Any supported operator, in float64: behind a normalization, gradients may be rounding errors alone."""
    _, smallest = assert_counts_are_true(network, FROM_ZERO, tmp_path, dtype=torch.float64)
    assume(smallest >= LEAST[torch.float64])


@pytest.mark.parametrize("name", NETWORKS)
def test_no_channel_speaks_for_and_against_the_class_in_one_image(name, tmp_path):
    """R is positive or negative: with all of the mass, each channel of an image is counted once at most."""
    source, program = read_in(NETWORKS[name], torch.float32, 8)
    image, others = pixels(1, 8), pixels(3, 8, seed=2)
    found = {}
    for measure in ("relevance", "against"):
        parameters = Parameters(mass=1.0, measure=measure)
        model = counted_model(source, program, parameters)
        counter = RelevanceCounter(model, parameters)
        baseline = baseline_file(model, others, tmp_path)
        cells = counter.count(image.numpy(), output=1, baseline=baseline).cells
        activations, _, _ = counter.layout.to_tables(cells)
        found[measure] = {(row["layer"], row["channel"]) for row in activations.to_pylist()}
    assert found["relevance"]
    assert found["against"]
    assert not found["relevance"] & found["against"]


# Relevance itself, in float64


def read_in_float64(module: nn.Module, size: int = 8) -> tuple[CountedModel, Program, Tensor]:
    """A model with random weights, its program and two images, all in float64."""
    source, program = read_module(randomized(module).double(), size)
    images = prepare_input(pixels(2, size), source.input).double()
    return counted_model(source, program, FROM_ZERO), program, images


def relevances_of(model: CountedModel, found: Gradients) -> list[tuple[CountedSum, list[Tensor]]]:
    """The relevance of each term of each sum, from the baseline 0."""
    sums = zip(model.sums, CellLayout(model).sums, strict=True)
    return [(one, SumRelevance(one, cells, number=5).relevances(found, {})) for one, cells in sums]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_relevances_of_a_sum_add_up(name):
    """Over all terms they are sum(S · dm/dS) less the share of biases and shifts."""
    model, program, images = read_in_float64(NETWORKS[name])
    with torch.no_grad():
        found = GradientPass(model)(images, 1)
    parts = {part.sum.value: part.sum for stop in program.stops for part in stop.parts}
    for counted, relevances in relevances_of(model, found):
        gradient = found.of(counted.value, counted.layout)
        total = (counted.layout.maps(found.values[counted.value]) * gradient)[:, counted.rows]
        shifts = [
            (shift_maps(shift, found.values) * gradient)[:, counted.rows].sum((2, 3))
            for shift in parts[counted.value].shifts
        ]
        expected = total.sum((2, 3)) - sum(shifts, torch.zeros(()))
        added = sum(one.sum(2) for one in relevances)
        is_whole = all(bool((term.source >= 0).all()) for term in counted.terms)  # no image, no empty channel
        if is_whole:
            torch.testing.assert_close(added, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["skips", "gate", "groups", "stride"])
def test_relevance_is_the_change_of_the_log_odds_when_a_term_is_scaled(name):
    """To first order: scaling one term by 1 + h changes m by h times its relevance."""
    model, program, images = read_in_float64(NETWORKS[name])
    with torch.no_grad():
        found = GradientPass(model)(images, 1)
    sums = {part.sum.value: part.sum for stop in program.stops for part in stop.parts}
    for counted, relevances in relevances_of(model, found):
        row = int(counted.rows[0])
        for term, relevance in zip(sums[counted.value].terms, relevances, strict=True):
            added = STEP_OF_TERM * term_maps(term, found.values)
            added[:, :row], added[:, row + 1 :] = 0, 0
            after, before = (
                log_odds(forward_with(model, images, counted.value, sign * added), ones()) for sign in (1, -1)
            )
            expected = (after - before) / (2 * STEP_OF_TERM)
            torch.testing.assert_close(relevance[:, 0].sum(1), expected, rtol=1e-4, atol=1e-7)


def ones() -> Tensor:
    return torch.ones(2, dtype=torch.long)


def forward_with(model: CountedModel, images: Tensor, name: str, added: Tensor) -> Tensor:
    """The logits with something added to a value on the way."""
    edits = {name: lambda value: value + added.reshape(value.shape)}
    with torch.no_grad():
        return ForwardPass(model.recipe, [model.output], edits=edits)(images)[model.output]


def test_log_odds_are_of_the_softmax():
    """log(p / (1 - p)), also where p is nearly 1."""
    logits = torch.tensor([[1.0, 2.0, 0.5], [60.0, 0.0, 1.0]], dtype=torch.float64)
    p = logits.softmax(1)[0, 1]
    odds = log_odds(logits, torch.tensor([1, 0]))
    assert torch.isclose(odds[0], (p / (1 - p)).log())
    assert odds[1] == pytest.approx(60 - torch.tensor([0.0, 1.0]).logsumexp(0).item())


def test_all_is_computed_on_the_device_of_the_values():
    """An output given as a number, and the constants of a sum with a gate, join the values on a GPU."""
    factors = Factors(torch.ones(4, dtype=torch.float64), (Gate("gate"),))
    with FakeTensorMode(allow_non_fake_inputs=True):  # refuses tensors of two devices; needs no GPU
        logits = torch.zeros(2, 4, device="cuda")
        for output in (1, None, torch.ones(2, dtype=torch.long)):
            assert log_odds(logits, outputs_of(logits, output)).is_cuda
        assert factors.of({"gate": torch.zeros(2, 4, device="cuda")}).is_cuda


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("name", NETWORKS)
def test_cpu_and_gpu_count_the_same_relevance(name, tmp_path):
    """Except for relevances that tie within rounding."""
    model = counted_model(*read_in(NETWORKS[name], torch.float32, 8), FROM_MEAN)
    baseline = baseline_file(model, pixels(3, 8, seed=2), tmp_path)
    for output in (1, None):
        on_cpu, on_gpu = (
            RelevanceCounter(model, FROM_MEAN, device=device)
            .count(pixels(4, 8).numpy(), output=output, baseline=baseline)
            .cells.astype(int)
            for device in ("cpu", "cuda")
        )
        assert abs(on_cpu - on_gpu).sum() <= 0.01 * on_cpu.sum() + 2


def test_activation_functions_in_a_row_have_gradients(tmp_path):
    """Kind: memory that a gradient needs. The second function is not written into the result of the first."""
    module = chain(nn.ReLU(), nn.Hardswish(), nn.SiLU(), conv(4, 4), width=4)
    assert assert_counts_are_true(module, FROM_ZERO, tmp_path)[0]


def test_a_model_with_one_output_is_refused(tmp_path):
    """Its log-odds are not defined; a run says so before it starts processes."""
    module = nn.Sequential(
        conv(3, 4), nn.ReLU(), conv(4, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1)
    )
    source, program = read_module(randomized(module), 8)
    model = counted_model(source, program, FROM_ZERO)
    with pytest.raises(ModelError, match="one output"):
        GradientPass(model)
    dataset = Dataset(tmp_path, {"bee": ["0.png"]})
    with pytest.raises(ModelError, match="one output"):
        count_classes(
            dataset, Job(model, tmp_path, FROM_ZERO), match_class=lambda name: MatchedClass(0, name)
        )


def test_the_predicted_output_is_each_image_s_own():
    """Without an output, or with the target ``predicted``, m is of the largest logit."""
    model, _, images = read_in_float64(NETWORKS["skips"])
    with torch.no_grad():
        found = GradientPass(model)(images)
    assert torch.equal(found.outputs, found.logits.argmax(1))


# Baselines


def test_sums_of_values_are_exact_in_any_order(tmp_path):
    """Sums over parts, added in another order or taken off again, are equal to the bit."""
    source, program = read_module(randomized(CifarResNet(1, 4)), 8)
    model = counted_model(source, program, FROM_MEAN)
    parts = []
    for seed in range(3):
        adder = baseline_adder(model)
        adder.add(pixels(4, 8, seed=seed).numpy())
        parts.append(adder.read())
    forward, backward, less = ValueSums(), ValueSums(), ValueSums()
    for part in parts:
        forward.add(part)
    for part in reversed(parts):
        backward.add(part)
    less.add(forward)
    less.add(parts[1], -1)
    less.add(parts[1])
    for name, value in forward.sums.items():
        assert (value == backward.sums[name]).all()
        assert (value == less.sums[name]).all()
        assert (value / STEP == (value / STEP).round()).all()
    assert forward.images == less.images == 12


class LittleMemory(ValueAdder):
    """Runs out of memory in the middle of a forward pass of more than two images, like a small GPU."""

    most = 2

    def _add(self, name, part, values):
        if self._sums and len(values[name]) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        super()._add(name, part, values)


def test_sums_of_values_do_not_depend_on_the_memory():
    """Kind: memory. Images that do not fit are added in halves; nothing is added twice."""
    model = counted_model(*read_module(randomized(CifarResNet(1, 4)), 8), FROM_MEAN)
    found = []
    for kind in (ValueAdder, LittleMemory):
        adder = kind(model, {where.tensor: Tensor.double for where in model.maps})
        adder.add(pixels(1, 8).numpy())
        adder.add(pixels(5, 8, seed=2).numpy())
        found.append(adder.read())
    plenty, little = found
    assert plenty.images == little.images == 6
    for name, value in plenty.sums.items():
        assert np.allclose(value, little.sums[name], atol=1e-4)


def test_a_sum_that_would_not_be_exact_is_an_error():
    """From 2^29 on, float64 lacks multiples of 2^-24 (kind: a number that is silently wrong)."""
    total = sums_of(2.0**29 - STEP)
    assert (2.0**29 - STEP) + STEP == 2.0**29
    assert 2.0**29 + STEP == 2.0**29
    total.add(sums_of(-1.0))
    with pytest.raises(SummitGraphError, match="--baseline zero"):
        total.add(sums_of(2.0))


def test_a_baseline_is_the_mean_map_of_the_other_images(tmp_path):
    """To float32, of the layer's tensor and of all that its terms read."""
    source, program = read_module(randomized(CifarResNet(1, 4)), 8)
    model = counted_model(source, program, FROM_MEAN)
    others = pixels(5, 8, seed=2)
    means = read_baseline(baseline_file(model, others, tmp_path))
    with torch.inference_mode():
        values = ForwardPass(model.recipe, means)(prepare_input(others, model.input))
    assert {where.tensor for where in model.maps} <= set(means)
    for name, mean in means.items():
        torch.testing.assert_close(mean, values[name].reshape(5, *mean.shape).mean(0), rtol=1e-5, atol=1e-6)


def test_the_first_pass_starts_few_pieces_ahead(tmp_path):
    """Its memory does not grow with the dataset: what is started but not finished may be decoded images."""
    for name in "abcdef":
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "0.png").write_bytes(b"not read here")
    source, program = read_module(randomized(CifarResNet(1, 4)), 8)
    job = Job(counted_model(source, program, FROM_MEAN), tmp_path, FROM_MEAN)
    dataset = read_dataset(tmp_path / "images")
    folders = {name: name for name in dataset.classes}
    first = FirstPass(job, dataset, plan_pieces(dataset, batch_images=16), folders)
    started: list[Path] = []
    most = 0

    def submit(task: Task | ValuesTask) -> Callable[[], BatchCounts]:
        nonlocal most
        assert isinstance(task, ValuesTask)
        started.append(task.path)
        most = max(most, len(started))

        def finish() -> BatchCounts:
            started.remove(task.path)
            ValueSums(1, {"value": np.ones((2, 1, 1))}).write(task.path)
            return BatchCounts.nothing()

        return finish

    first.add_values(submit, lambda images: None, ahead=2)
    assert most == 3
    everything = first.sums_of([piece for pieces in first.pieces.values() for piece in pieces])
    assert everything.images == 6


def test_parameters_of_relevance_need_its_measure():
    """A baseline alone changes nothing, so it is refused."""
    with pytest.raises(UsageError, match="--measure relevance"):
        Parameters(baseline="zero")


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (Parameters(), "activation"),
        (FROM_MEAN, "relevance for the class, baseline mean"),
        (AGAINST, "relevance against the class, baseline mean"),
        (replace(FROM_ZERO, target="predicted"), "relevance for the predicted output, baseline zero"),
    ],
)
def test_the_measure_is_put_into_words(parameters, text):
    """Every command and page uses these words (kind: counts of which nobody knows what was counted)."""
    assert parameters.measure_text == text


def test_the_manifest_of_activations_stays_as_it_was():
    """Networks of before have no measure in their parameters; those of relevance have all three."""
    assert "measure" not in Parameters().to_json()
    assert Parameters.from_json(FROM_ZERO.to_json()) == FROM_ZERO


def sums_of(value: float, images: int = 1) -> ValueSums:
    return ValueSums(images, {"value": np.full((1, 1, 1), value * images)})


def first_pass_over(folder: Path, classes: list[str], *, kept: Sequence[Path] = ()) -> FirstPass:
    """The first pass over one image of each class, none of which is read."""
    for name in classes:
        (folder / name).mkdir(parents=True)
        (folder / name / "0.png").write_bytes(b"not read here")
    source, program = read_module(randomized(CifarResNet(1, 4)), 8)
    job = Job(counted_model(source, program, FROM_MEAN), folder.parent, FROM_MEAN)
    dataset = read_dataset(folder)
    pieces = plan_pieces(dataset, batch_images=16)
    return FirstPass(job, dataset, pieces, {name: name for name in classes}, kept)


def run_first_pass(first: FirstPass, value: float) -> None:
    """Every image has one value, the same."""

    def submit(task: Task | ValuesTask) -> Callable[[], BatchCounts]:
        assert isinstance(task, ValuesTask)
        sums_of(value).write(task.path)
        return BatchCounts.nothing

    first.add_values(submit, lambda images: None, ahead=0)


def test_one_more_class_is_counted_from_the_classes_of_earlier_runs(tmp_path):
    """Their sums are kept with the network; without them, one class alone is refused."""
    earlier = first_pass_over(tmp_path / "earlier" / "images", ["a", "b"])
    run_first_pass(earlier, 3.0)
    earlier.keep(tmp_path / "kept")
    later = first_pass_over(tmp_path / "later" / "images", ["c"], kept=[tmp_path / "kept"])
    later.check()
    run_first_pass(later, 100.0)
    path = later.baseline_of("c").path
    assert path is not None
    assert read_baseline(path)["value"].item() == 3
    with pytest.raises(UsageError, match="--baseline zero"):
        first_pass_over(tmp_path / "alone" / "images", ["c"], kept=[tmp_path / "none"]).check()


def test_a_class_that_is_counted_again_is_not_in_its_own_baseline(tmp_path):
    """A run that had the class is left out whole: its sums cannot be told apart."""
    kept = tmp_path / "kept" / "values"
    keep_sums(kept, sums_of(3.0, images=2), {"a", "b"})
    keep_sums(kept, sums_of(5.0), {"c"})
    assert read_kept([kept], {"a"}).sums.sums["value"].item() == 5
    assert read_kept([kept], {"d"}).sums.images == 3
    assert read_kept([kept], {"a", "c"}).sums.images == 0


def test_kept_sums_of_a_repeated_run_are_replaced(tmp_path):
    """Each folder's images are kept once (kind: a folder that grows with every run)."""
    kept = tmp_path / "kept" / "values"
    for value in (3.0, 4.0):
        keep_sums(kept, sums_of(value), {"a", "b"})
    keep_sums(kept, sums_of(5.0), {"a", "b", "c"})
    assert len(list(kept.glob("*.npz"))) == len(list(kept.glob("*.json"))) == 1
    assert read_kept([kept], ()).sums.sums["value"].item() == 5


def test_of_earlier_runs_with_a_common_folder_the_one_over_more_folders_counts(tmp_path):
    """Whatever their names and places are."""
    folders = [tmp_path / name / "values" for name in ("one", "two")]
    for value in (5.0, 6.0):
        keep_sums(folders[0], sums_of(value), {f"only {value}"})
    keep_sums(folders[0], sums_of(3.0, images=2), {"a", "b"})
    keep_sums(folders[1], sums_of(4.0), {"a"})
    for order in (folders, folders[::-1]):
        assert read_kept(order, {"only 5.0", "only 6.0"}).sums.sums["value"].item() == 6


def test_the_baseline_depends_on_what_is_kept(tmp_path):
    """Else an interrupted run would go on with counts from another baseline."""
    first = first_pass_over(tmp_path / "one" / "images", ["a", "b"])
    run_first_pass(first, 1.0)
    keep_sums(tmp_path / "kept" / first._digest_of_values(), sums_of(7.0), {"z"})
    other = replace(first, kept_dirs=[tmp_path / "kept"], _everything=ValueSums())
    run_first_pass(other, 1.0)
    assert first.baseline_of("a").digest != other.baseline_of("a").digest
