"""The network of the same model that was counted by another measure."""

from __future__ import annotations

from collections.abc import Sequence

from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import Measure
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, list_networks, name_end
from summit_graph.views.advice import companion_command


def find_companion(database: Database, network: Network, measure: Measure) -> Network:
    """``pick_companion`` in the database's networks."""
    return pick_companion(list_networks(database), network, measure)


def pick_companion(networks: Sequence[Network], network: Network, measure: Measure) -> Network:
    """The network of the same model that is counted by ``measure``, which may be the network itself.

    Of several, it is the one with the network's base name and the end ``-relevance``, ``-against`` or none.

    Raises:
        SummitGraphError: there is none; the message names the command that makes it.
        UsageError: there are several, and none has that name.
    """
    if network.parameters and network.parameters.measure == measure:
        return network
    wanted = companion_name(network, measure)
    fitting = [one for one in networks if _is_companion(one, network, measure)]
    named = [one for one in fitting if one.name == wanted] or fitting
    if len(named) == 1:
        return named[0]
    if named:
        raise UsageError(_several(network, named, measure))
    raise SummitGraphError(_none(network, measure, wanted))


def companion_name(network: Network, measure: Measure) -> str:
    """The network's name without its measure, and with another."""
    own = name_end(network.parameters.measure) if network.parameters else ""
    return (network.name.removesuffix(own) if own else network.name) + name_end(measure)


def _is_companion(one: Network, network: Network, measure: Measure) -> bool:
    is_of_model = one.model_key is not None and one.model_key == network.model_key
    has_measure = one.parameters is not None and one.parameters.measure == measure
    return is_of_model and has_measure and one.widths == network.widths


def _several(network: Network, found: Sequence[Network], measure: Measure) -> str:
    names = ", ".join(one.name for one in found)
    return (
        f"several networks have the model of {network.name} and the measure {measure}: {names}; "
        "choose one of them with --network"
    )


def _none(network: Network, measure: Measure, wanted: str) -> str:
    if network.parameters is None:
        return f"network {network.name} has only attribution graphs, and its model is not known"
    command = companion_command(network, measure, wanted)
    return f"no network has the model of {network.name} and the measure {measure}: make it with {command}"
