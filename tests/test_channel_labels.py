"""Labels of channels from concepts, and the choice between sources."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from summit_graph.channel_labels.choosing import choose_labels
from summit_graph.channel_labels.concepts import label_by_concepts
from summit_graph.channel_labels.hierarchy import (
    Hierarchy,
    concepts_above,
    concepts_of,
    read_concepts,
    wordnet,
)
from summit_graph.channel_labels.quality import hold_out
from summit_graph.channel_labels.scores import explained_share, mann_whitney, single_class_p
from summit_graph.errors import UsageError
from summit_graph.images.labels import imagenet_labels
from summit_graph.records import Alternative, Channel, ChannelLabel, ClassSummary

CHANNEL = Channel("mixed4c", 3)
DOG = ChannelLabel("dog", 0.9, "concepts", (Alternative("animal", 0.8, "concepts"),))
UNSURE = ChannelLabel(None, 0.61, "concepts", (Alternative("dog", 0.61, "concepts"),))
STRIPES = ChannelLabel("stripes", 0.7, "appearance")


def test_the_first_source_with_a_text_labels_a_channel() -> None:
    """The order of sources decides, not the score (kind: scores of different measures are compared)."""
    louder = ChannelLabel("stripes", 0.99, "appearance")
    assert choose_labels([{CHANNEL: DOG}, {CHANNEL: louder}])[CHANNEL].text == "dog"
    assert choose_labels([{CHANNEL: UNSURE}, {CHANNEL: STRIPES}])[CHANNEL].text == "stripes"


def test_what_other_sources_say_becomes_alternatives() -> None:
    """After the label's own alternatives, with score and source."""
    found = choose_labels([{CHANNEL: UNSURE}, {CHANNEL: DOG}, {CHANNEL: STRIPES}])[CHANNEL]
    assert (found.text, found.score) == ("dog", 0.9)
    assert found.alternatives == (
        Alternative("animal", 0.8, "concepts"),
        Alternative("dog", 0.61, "concepts"),
        Alternative("stripes", 0.7, "appearance"),
    )


def test_a_channel_of_one_source_keeps_its_label() -> None:
    """A source may lack channels (kind: only what all sources know is kept)."""
    other = Channel("mixed3a", 0)
    assert choose_labels([{CHANNEL: UNSURE}, {other: STRIPES}]) == {CHANNEL: UNSURE, other: STRIPES}


def test_a_channel_without_a_good_text_says_what_was_tried() -> None:
    """Never a guess."""
    assert UNSURE.shown == "no concept (best: dog, AUC 0.61)"
    assert ChannelLabel(None, 0, "appearance").shown == "no label"
    assert DOG.shown == "dog"


def summary(name: str, title: str | None = None, *, images: int = 100) -> ClassSummary:
    return ClassSummary(name, None, title or name, images, None, None, None)


def imagenet(*outputs: int) -> list[ClassSummary]:
    """Classes of ImageNet by output index, each with 100 images."""
    found = [imagenet_labels().outputs[output] for output in outputs]
    return [summary(str(one.wordnet_id), one.names[0]) for one in found]


#: Eight dogs, eight birds, eight vehicles.
CLASSES = imagenet(
    151, 152, 185, 186, 207, 208, 215, 217, *range(10, 18), 407, 436, 468, 555, 569, 609, 627, 656
)
DOGS, BIRDS, VEHICLES = slice(0, 8), slice(8, 16), slice(16, 24)


def label(counts: Sequence[int], classes: Sequence[ClassSummary] = CLASSES, **more: object) -> ChannelLabel:
    """The label of a channel that is a top channel of so many images of each class."""
    found = label_by_concepts({"top": np.array(counts)[:, None]}, classes, **more)  # type: ignore[arg-type]  # of one test each
    return found[Channel("top", 0)]


def fires(**rates: int) -> list[int]:
    """Images by class: 1 or 2 elsewhere, so many or one more for the named groups."""
    counts = np.arange(24) % 2 + 1
    for name, count in rates.items():
        counts[{"dogs": DOGS, "birds": BIRDS, "vehicles": VEHICLES}[name]] += count
    return list(counts)


def test_the_table_has_the_synsets_above_all_of_imagenet() -> None:
    """1,860 synsets and 1,937 hypernyms; each class is below the entity."""
    table = wordnet()
    assert (len(table.names), sum(map(len, table.parents.values()))) == (1860, 1937)
    ids = [str(output.wordnet_id) for output in imagenet_labels().outputs]
    assert all("n00001740" in table.above([one]) for one in ids)


def test_of_equal_concepts_the_most_special_one_is_kept() -> None:
    """All carnivores here are dogs: ``dog``, not ``canine`` or ``carnivore``."""
    found = {concept.names[0]: concept.members.sum() for concept in concepts_of(CLASSES)}
    assert found["dog"] == 8
    assert not {"canine", "carnivore", "placental", "entity"} & set(found)


def test_every_concept_above_the_classes_is_listed() -> None:
    """With all its names, also where two have the same classes: each of them is searched for."""
    above = concepts_above([summary("n02132136"), summary("n02129165"), summary("bus")])
    members = {name: one.members.tolist() for one in above for name in one.names}
    assert members["bear"] == [True, False, False]
    assert members["carnivore"] == members["placental mammal"] == [True, True, False]
    assert "vehicle" not in members


def test_auc_and_p_are_those_of_scipy() -> None:
    """Exact for a small group, else the normal approximation with ties."""
    rng = np.random.default_rng(0)
    members = np.zeros((2, 24), bool)
    members[0, :3], members[1, :12] = True, True
    rates = np.stack([rng.random(24), rng.integers(0, 4, 24)], axis=1)
    auc, p = mann_whitney(rates, members)
    for concept, channel, method in ((0, 0, "exact"), (1, 0, "asymptotic"), (1, 1, "asymptotic")):
        inside, outside = rates[members[concept], channel], rates[~members[concept], channel]
        expected = mannwhitneyu(inside, outside, alternative="greater", method=method)
        assert auc[concept, channel] == pytest.approx(expected.statistic / (len(inside) * len(outside)))
        assert p[concept, channel] == pytest.approx(expected.pvalue)
    assert mann_whitney(np.arange(24.0)[::-1, None], members)[1][0, 0] == pytest.approx(1 / comb(24, 3))


def test_the_explained_share_is_the_squared_correlation() -> None:
    """Negative where the rates inside are smaller; 0 for a channel with one rate."""
    members = np.array([[True, True, False, False, False]])
    rates = np.array([[0.9, 0.1, 0.5], [0.5, 0.2, 0.5], [0.1, 0.9, 0.5], [0.2, 0.8, 0.5], [0.0, 0.4, 0.5]])
    correlation = [np.corrcoef(members[0], rates[:, at])[0, 1] ** 2 for at in (0, 1)]
    assert explained_share(rates, members)[0] == pytest.approx([correlation[0], -correlation[1], 0])


def test_a_single_class_is_tested_over_its_images() -> None:
    """Fisher's exact test; p is 1 where the channel is a top channel of no image."""
    p = single_class_p(np.array([[3], [0]]), np.array([4, 4]))
    assert p[:, 0] == pytest.approx([comb(4, 3) / comb(8, 3), 1])


def test_a_channel_that_fires_for_dogs_is_labelled_dog() -> None:
    """With the AUC as the score, also where the rates are small."""
    found = label(fires(dogs=5))
    assert (found.text, found.score, found.source) == ("dog", 1.0, "concepts")


def test_a_channel_that_fires_for_one_breed_is_labelled_by_it() -> None:
    """Its images say nothing about other dogs (kind: images of one class as independent evidence)."""
    counts = fires()
    counts[3] = 40
    assert label(counts).text == CLASSES[3].title


def test_a_concept_that_leaves_out_classes_with_high_rates_is_not_chosen() -> None:
    """Its AUC is still 1, if its own rates are the largest."""
    found = label(fires(dogs=62, birds=58))
    assert found.text in ("vertebrate", "animal", "dog or bird")


def test_combinations_are_found_where_they_explain_clearly_more() -> None:
    """``dog or motor vehicle``; a concept without a part: ``vertebrate, not dog``."""
    found = label(fires(dogs=20, vehicles=20))
    assert set(str(found.text).split(" or ")) == {"dog", "motor vehicle"}
    counts = np.array(fires(dogs=20, birds=20))
    counts[[4, 5, 6, 7]] = 1
    assert label(list(counts)).text == "vertebrate, not sporting dog"


def test_a_channel_without_a_good_concept_says_so() -> None:
    """With the best that was tried."""
    found = label([*(5, 9) * 12])
    assert found.text is None
    assert found.shown.startswith("no concept (best: ")


def test_random_channels_get_few_labels() -> None:
    """At most as many as the false discovery rate allows (kind: labels by chance)."""
    rng = np.random.default_rng(1)
    found = label_by_concepts({"top": rng.binomial(100, 0.1, (24, 400))}, CLASSES)
    assert sum(one.text is not None for one in found.values()) <= 4


def test_a_channel_of_no_image_has_no_label() -> None:
    """There is nothing to go by."""
    assert label_by_concepts({"top": np.zeros((24, 3), np.int64)}, CLASSES) == {}


def test_classes_without_wordnet_ids_are_their_own_concepts() -> None:
    """One class, or two where both stand out."""
    classes = [summary(name) for name in ("cat", "dog", "ship", "truck", "frog", "deer", "bird", "horse")]
    assert label([40, 1, 0, 2, 1, 0, 1, 2], classes).text == "cat"
    assert label([40, 38, 0, 2, 1, 0, 1, 2], classes).text == "cat or dog"


def test_parents_of_the_user_are_concepts(tmp_path: Path) -> None:
    """By a class's name or title, over several levels."""
    file = tmp_path / "concepts.tsv"
    file.write_text("# class, parent\ncat\tpet\nDog\tpet\npet\tanimal\nfrog\tanimal\n", "utf-8")
    classes = [summary("cat"), summary("n1", "Dog"), summary("frog"), summary("ship"), summary("truck")]
    found = {one.names[0]: one.members.tolist() for one in concepts_of(classes, read_concepts(file))}
    assert found["pet"] == [True, True, False, False, False]
    assert found["animal"] == [True, True, True, False, False]


def test_concepts_of_other_classes_are_refused() -> None:
    """They would change nothing (kind: input without effect)."""
    with pytest.raises(UsageError, match="names no class"):
        concepts_of(CLASSES, Hierarchy(parents={"unicorn": ("animal",)}))


@pytest.mark.parametrize("text", ["cat", "cat\t", "\tpet", "a\tb\tc"])
def test_a_concepts_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    """The message names the line."""
    file = tmp_path / "concepts.tsv"
    file.write_text(f"dog\tpet\n{text}\n", "utf-8")
    with pytest.raises(UsageError, match="line 2"):
        read_concepts(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_concepts(tmp_path / "none.tsv")


def test_parents_that_form_a_circle_end() -> None:
    """Each concept is visited once (kind: endless walks over the user's data)."""
    file_like = {"cat": ("pet",), "pet": ("animal",), "animal": ("pet",)}
    hierarchy = Hierarchy(parents=file_like)
    assert hierarchy.above(["cat"]) == {"cat", "pet", "animal"}


def test_examples_of_other_classes_withhold_a_label() -> None:
    """The strongest images are a second vote; a few examples are none."""
    dogs, birds = ([CLASSES[at].name for at in range(*part.indices(24))] for part in (DOGS, BIRDS))
    examples = {Channel("top", 0): dogs}
    assert label(fires(dogs=5), examples=examples).text == "dog"
    doubted = label(fires(dogs=5), examples={Channel("top", 0): birds})
    assert (doubted.text, doubted.alternatives[0].text) == (None, "dog")
    assert label(fires(dogs=5), examples={Channel("top", 0): birds[:2]}).text == "dog"


def test_labels_predict_held_out_classes() -> None:
    """Channels of dogs, birds and vehicles: perfect on the other half, unlike labels of other channels."""
    rng = np.random.default_rng(2)
    base = rng.integers(0, 3, (24, 30))
    for channel in range(30):
        base[[DOGS, BIRDS, VEHICLES][channel % 3], channel] += 40
    found = hold_out({"top": base}, CLASSES)
    assert found is not None
    assert found.tested == 60
    assert (found.auc, found.low, found.high) == (1, 1, 1)
    assert found.shuffled < 0.75
    assert hold_out({"top": np.ones((24, 3), np.int64)}, CLASSES) is None
