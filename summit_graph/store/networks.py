"""Networks in the database: find the one that matches some counts, or create it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neo4j import ManagedTransaction

from summit_graph.counts.manifest import Manifest, difference, stops_from_json, stops_to_json
from summit_graph.errors import SummitGraphError, UnknownNameError, UsageError
from summit_graph.images.input_rule import InputRule, model_key, parse_rule, rule_text
from summit_graph.names import did_you_mean, is_part, shortened
from summit_graph.records import Layer, Measure, Origin, Parameters
from summit_graph.settings import Home
from summit_graph.store.connection import Database, run

_NAME = re.compile(r"(?!-)[A-Za-z0-9._-]+")  # a dash first would be an option in a command
#: Characters of a name; longer ones are usually mistakes.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Network:
    """A network's node (SPEC 5); ``created`` is an ISO 8601 time.

    An imported network has neither weights' hash nor parameters; one from before the input rule was recorded
    has no ``input``.
    """

    name: str
    model: str
    weights_sha256: str | None
    dataset: str
    parameters: Parameters | None
    created: str
    images: int
    classes: int
    input: InputRule | None = None
    stops: str | None = None  # JSON text; None in networks from before they were recorded
    widths: tuple[tuple[str, int], ...] = ()  # of the layers, in order
    weights: str | None = None  # their name, or "file", where ``model`` does not tell it

    @property
    def is_inception(self) -> bool:
        """Whether its inner stops are those of InceptionV1's branches."""
        stops = stops_from_json(json.loads(self.stops)) if self.stops else ()
        return not stops or any(stop.name == "3x3_reduce" for stop in stops)

    @property
    def model_key(self) -> str | None:
        """Which model's counts it holds: weights and input rule; None for an imported network."""
        return self.weights_sha256 and model_key(self.weights_sha256, self.input)

    @property
    def measure_text(self) -> str | None:
        """What it was counted by, in words; None for an imported network."""
        return self.parameters.measure_text if self.parameters else None

    @property
    def provenance(self) -> dict[str, str]:
        """What files and pictures of the network are made from, as far as it is known."""
        measure = {"measure": self.measure_text} if self.measure_text else {}
        origin = Origin(self.model, self.weights_sha256)
        return {"network": self.name, **measure, **origin.to_json()}

    def fits(self, manifest: Manifest) -> bool:
        """Whether counts with this manifest belong to the network."""
        return difference(self, manifest) is None


def list_networks(database: Database) -> list[Network]:
    """All networks, sorted by name."""
    return [_network(dict(row)) for row in database.read("view/networks")]


def _network(row: dict[str, Any]) -> Network:
    return Network(
        **row
        | {
            "parameters": _parameters(row["parameters"]),
            "input": parse_rule(row["input"]),
            "widths": tuple((name, channels) for name, channels in row["widths"]),
        }
    )


def find_network(database: Database, name: str | None) -> Network:
    """The named network; without a name, the only one."""
    return pick_network(list_networks(database), name)


def pick_network(networks: Sequence[Network], name: str | None) -> Network:
    """``find_network`` in networks that were read before."""
    if name is None and len(networks) == 1:
        return networks[0]
    if not networks:
        raise UnknownNameError("the database has no network yet: create one with summit-graph ingest IMAGES")
    for network in networks:
        if network.name == name:
            return network
    names = ", ".join(network.name for network in networks)
    if name is None:
        raise UsageError(f"there are several networks; choose one with --network: {names}")
    near = did_you_mean(name, [network.name for network in networks])
    raise UnknownNameError(f"there is no network {name!r}; there are: {names}{near}")


def read_parameters(database: Database, name: str) -> tuple[Parameters | None, Origin]:
    """How a network was counted (None if it was imported, or does not exist), and in what model."""
    rows = database.read("view/network_parameters", network=name)
    if not rows:
        return None, Origin()
    row = rows[0]
    return _parameters(row["parameters"]), Origin(row["model"], row["weights_sha256"])


def open_network(database: Database, manifest: Manifest, name: str | None) -> Network:
    """The network for counts with this manifest, created if missing (SPEC 7).

    Raises:
        SummitGraphError: the named network was made with other weights, input, parameters or layers.
        UsageError: the name has other characters than letters, digits, ``.``, ``_``, ``-``, or no name
            was given and several networks fit.
    """
    networks = list_networks(database)
    name = name_network(networks, manifest, name)
    if name not in {network.name for network in networks}:
        _create_network(database, manifest, name)
    return find_network(database, name)


def name_network(networks: Sequence[Network], manifest: Manifest, name: str | None) -> str:
    """Name of the network for counts with this manifest, existing or new; errors as in ``open_network``."""
    if name is not None:
        checked_name(name)
    fitting = [network.name for network in networks if network.fits(manifest)]
    if name is None and len(fitting) > 1:
        names = ", ".join(fitting)
        raise UsageError(
            f"several networks have these weights and parameters; choose one with --network: {names}"
        )
    name = name or (fitting[0] if fitting else default_name(manifest))
    for network in networks:
        if network.name == name and name not in fitting:
            raise SummitGraphError(
                f"network {network.name!r} was made with other {difference(network, manifest)} than these "
                "counts: choose another name with --network, or remove it with summit-graph rm --network"
            )
    return name


def baseline_folder(network: Network) -> Path:
    """Where the sums of a network's images are kept, for the baseline of classes that are added later."""
    return Home().baseline_folder(network.name, network.created)


def baseline_folders_for(database: Database, manifest: Manifest, *, name: str | None) -> list[Path]:
    """The same for the network that counts with this manifest belong to; empty if it is new.

    Raises as ``open_network`` does.
    """
    networks = list_networks(database)
    name = name_network(networks, manifest, name)
    return [baseline_folder(network) for network in networks if network.name == name]


def checked_name(name: str) -> str:
    """The name, if it is valid for a network; else UsageError."""
    if not _NAME.fullmatch(name) or not is_part(name) or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"a network's name is of letters, digits, '.', '_' and '-' (not first), {_LONGEST_NAME} at most, "
            f"not {shortened(name)!r}"
        )
    return name


def default_name(manifest: Manifest) -> str:
    """``<model>-<dataset>`` in a network name's characters; a file's model by its stem.

    It ends in the measure, unless that is activation.
    """
    end = name_end(manifest.parameters.measure)
    model = re.sub(r"\.(py|pt2)(?=:|$)", "", manifest.model.rpartition("/")[2])
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{model}-{manifest.dataset}").lstrip("-")
    return name[: _LONGEST_NAME - len(end)] + end


def name_end(measure: Measure) -> str:
    """The end of the default name of a network with this measure."""
    return "" if measure == "activation" else f"-{measure}"


def stops_text(manifest: Manifest) -> str:
    """JSON text, as on a Network node."""
    return json.dumps(stops_to_json(manifest.stops))


def _create_network(database: Database, manifest: Manifest, name: str) -> None:
    properties = {
        "name": name,
        "model": manifest.model,
        "weights_sha256": manifest.weights_sha256,
        "dataset": manifest.dataset,
        "parameters": json.dumps(manifest.parameters.to_json()),
        "input": rule_text(manifest.input),
        "stops": stops_text(manifest),
        "weights": manifest.weights,
    }
    database.transaction(lambda transaction: write_network(transaction, properties, manifest.layers))


def write_network(
    transaction: ManagedTransaction, properties: Mapping[str, str | None], layers: Sequence[Layer]
) -> None:
    """Create a network, its layers and channels; properties as in ``load/create_network``."""
    rows = [
        {"name": at.name, "position": at.position, "channels": at.channels, "size": at.size and list(at.size)}
        for at in layers
    ]
    run(transaction, "load/create_network", network=properties, layers=rows)
    for layer in layers:
        where = {"network": properties["name"], "layer": layer.name}
        run(transaction, "load/create_channels", **where, channels=_channels(layer))


def _channels(layer: Layer) -> list[dict[str, int | str | None]]:
    return [{"index": index, "branch": layer.branch_of(index)} for index in range(layer.channels)]


def _parameters(text: str | None) -> Parameters | None:
    """None for an imported network without parameters."""
    value = json.loads(text) if text else None
    return Parameters.from_json(value) if value else None
