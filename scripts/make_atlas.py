"""Regenerates ``atlas/``: counts of about forty classes of ImageNet, pictures and labels of all channels.

    python scripts/make_atlas.py tiny-imagenet-200x100.tar --weights bvlc

1.  Count the classes' images; store classes, activations and hops (influences are derived from them).
2.  Render one picture of every channel, and four more of channels in the classes' graphs.
3.  Label the channels (alone: ``--only-labels``, in a few seconds).

The second step takes hours on two cores and minutes on a GPU; after an interruption the same command resumes.
The images (100 per class of 64x64 pixels, from Tiny ImageNet) and the weights are not part of the atlas.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import summit_graph
from summit_graph.channel_labels.files import LabelFile, write_label_file
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.writer import write_count_folder
from summit_graph.defaults import DEFAULT_WEIGHTS
from summit_graph.pictures.index import picture_folder
from summit_graph.settings import package_folder
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.workflows.demo import NETWORK, atlas_counts, atlas_labels

#: Groups of related classes, by WordNet id.
CLASSES = {
    "bear, cats, panda, apes, koala": (
        "n02132136 n02129165 n02125311 n02123394 n02124075 n02509815 n02480495 n01882714"
    ),
    "dogs": "n02099601 n02099712 n02106662",
    "bison, bighorn, ox": "n02410509 n02415577 n02403003",
    "birds": "n02058221 n02002724 n02056570",
    "sea life": "n01443537 n02074367 n01910747 n01917289 n09256479",
    "insects": "n02206856 n02165456 n02279972 n02281406",
    "vehicles": "n04146614 n03796401 n03393912 n04285008 n03100240",
    "buildings": "n02793495 n04532670 n04486054 n04311004 n04562935 n02814860",
    "food": "n07873807 n07747607 n07749582 n07753592 n07720875",
}
#: Size and quality of pictures: 5,488 of them need about 18 MB, which leaves space for diversity images.
STORED = ["--side", "96", "--quality", "65", "--coarse"]
DIVERSE_CHANNELS = 80


def main() -> None:
    """Count, then render."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", nargs="?", help="Tiny ImageNet's training images: a tar or folders")
    parser.add_argument("--only-labels", action="store_true")
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "summit-graph-atlas")
    wanted = parser.parse_args()
    if not wanted.only_labels:
        make_counts(wanted.images, wanted.weights, wanted.work)
        make_pictures(wanted.weights)
    make_labels()


def make_counts(images: str, weights: str, work: Path) -> None:
    """``atlas/counts``, without influences, because they are derived from the hops."""
    names = [name for group in CLASSES.values() for name in group.split()]
    only = [word for name in names for word in ("--class", name)]
    run("aggregate", images, "--weights", weights, "--out", str(work), *only)
    counted = CountFolder(work)
    classes = (counted.read_hops(name) for name in counted.summaries)
    write_count_folder(atlas_counts(), counted.manifest, classes, tables=("activations", "hops", "outputs"))


def make_pictures(weights: str) -> None:
    """``atlas/pictures``: each channel's picture, and diversity images of channels in many graphs."""
    manifest = CountFolder(atlas_counts()).manifest
    folder = picture_folder(manifest.model_key, root=package_folder("atlas") / "pictures")
    options = ["--weights", weights, "--out", str(folder), *STORED]
    run("render", "--all", *options)
    run("load", str(atlas_counts()), "--network", NETWORK)
    with summit_graph.connect(network=NETWORK) as summit:
        used = summit.query("most_used_channels", limit=DIVERSE_CHANNELS)
    run("render", "--channels", ",".join(used["channel"]), "--diversity", *options)


def make_labels() -> None:
    """The labels of the network that the counts make."""
    if NETWORK not in loaded_networks():
        run("load", str(atlas_counts()), "--network", NETWORK)
    run("label", "--network", NETWORK)
    with summit_graph.connect(network=NETWORK) as summit:
        state = read_label_state(summit.database, NETWORK)
        labels = read_labels(summit.database, NETWORK)
    assert state is not None
    write_label_file(atlas_labels(), LabelFile(labels, state.labelling.sources))


def loaded_networks() -> list[str]:
    """The names of the networks in the database."""
    with summit_graph.connect() as summit:
        return list(summit.networks()["name"])


def run(*words: str) -> None:
    """Run a summit-graph command as a user does."""
    subprocess.run([sys.executable, "-P", "-m", "summit_graph", *words], check=True)


if __name__ == "__main__":
    main()
