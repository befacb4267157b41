"""Subgraphs: what a user has pinned, labelled and grouped in an attribution graph, as JSON and in an address.

1. ``Subgraph`` is the record; pydantic checks it, and ``docs/subgraph.schema.json`` is made from it.
2. ``read_subgraph`` and ``parse_subgraph`` are the only readers, ``to_subgraph_text`` the only writer.
3. ``to_address`` and ``from_address`` pack what the URL of the explorer has: all but network and class.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from summit_graph.errors import SummitGraphError, UsageError, plain_reason
from summit_graph.formats.packed import pack, unpack
from summit_graph.names import shortened
from summit_graph.records import AttributionGraph, Channel, GraphGroup

#: Bytes of a subgraph as JSON: a browser's address holds it, packed.
MOST_BYTES = 24_000
#: Characters of a label.
MOST_LABEL = 80
#: Channels that a message names.
_NAMED = 5


def _checked_channel(text: str) -> str:
    try:
        return str(Channel.parse(text))
    except UsageError as error:
        raise ValueError(str(error)) from None


ChannelName = Annotated[str, AfterValidator(_checked_channel)]
Label = Annotated[str, Field(max_length=MOST_LABEL)]
Note = Annotated[str, Field(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PinnedChannel(_Part):
    """A pinned channel, such as ``mixed4c/447``, with the user's own label and note."""

    channel: ChannelName
    label: Label = ""
    note: Note = ""


class Supernode(_Part):
    """Channels that are drawn as one node; ``open`` shows them one by one."""

    label: Annotated[Label, Field(min_length=1)]
    channels: Annotated[list[ChannelName], Field(min_length=1)]
    note: Note = ""
    open: bool = False


class Subgraph(_Part):
    """What a user has selected in the attribution graph of a class.

    A channel is pinned once and in one supernode at most; the channels of supernodes are pinned.
    ``only_pinned`` hides all others. ``provenance`` has what the graph was made from; it is not checked.
    """

    format: Literal["summit-graph-subgraph"] = "summit-graph-subgraph"
    version: Literal[1] = 1
    network: str = ""
    # the class's name
    of: Annotated[str, Field(alias="class")] = ""
    note: Note = ""
    only_pinned: bool = False
    pinned: list[PinnedChannel] = []
    supernodes: list[Supernode] = []
    provenance: dict[str, str] = {}

    @model_validator(mode="after")
    def _check_channels(self) -> Subgraph:
        pinned = [one.channel for one in self.pinned]
        grouped = [channel for one in self.supernodes for channel in one.channels]
        if twice := _first_twice(pinned):
            raise ValueError(f"{twice} is pinned twice")
        if twice := _first_twice(grouped):
            raise ValueError(f"{twice} is twice in supernodes")
        if loose := [channel for channel in grouped if channel not in pinned]:
            raise ValueError(f"{loose[0]} is in a supernode and not pinned")
        return self

    @property
    def channels(self) -> list[Channel]:
        """The pinned channels, in the order in which they were pinned."""
        return [Channel.parse(one.channel) for one in self.pinned]

    @property
    def labels(self) -> dict[Channel, str]:
        """The user's own labels of channels."""
        return {Channel.parse(one.channel): one.label for one in self.pinned if one.label}

    def marks_of(self, channel: Channel) -> dict[str, str]:
        """A channel's label, note and supernode, as far as it has them."""
        name = str(channel)
        own = next((one for one in self.pinned if one.channel == name), None)
        group = next((one.label for one in self.supernodes if name in one.channels), "")
        found = {"label": own.label if own else "", "note": own.note if own else "", "supernode": group}
        return {key: text for key, text in found.items() if text}

    def part_of(self, graph: AttributionGraph) -> AttributionGraph:
        """The graph without the channels that the subgraph hides."""
        return graph.restricted_to(self.channels) if self.only_pinned else graph

    def with_groups(self, groups: Iterable[GraphGroup]) -> Subgraph:
        """With a supernode for each group of channels; those in the user's own supernodes stay there.

        The groups' channels are not pinned: pins are the user's own.
        """
        own = {channel for one in self.supernodes for channel in one.channels}
        rest = [(one.name, [str(it) for it in one.channels if str(it) not in own]) for one in groups]
        more = [
            Supernode(label=shortened(name, MOST_LABEL), channels=channels)
            for name, channels in rest
            if len(channels) > 1
        ]
        return self.model_copy(update={"supernodes": [*self.supernodes, *more]})

    def outside(self, graph: AttributionGraph) -> list[Channel]:
        """The pinned channels that the graph lacks."""
        own = {node.channel for node in graph.nodes}
        return [channel for channel in self.channels if channel not in own]

    def missing_in(self, graph: AttributionGraph, *, added: Collection[Channel] = ()) -> str | None:
        """Which pinned channels the graph lacks, as a sentence; None if it has all.

        Args:
            added: channels that are drawn beside those of the graph.
        """
        missing = [str(channel) for channel in self.outside(graph) if channel not in added]
        if not missing:
            return None
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        verb = "is" if len(missing) == 1 else "are"
        return (
            f"{', '.join(missing[:_NAMED])}{more} of this subgraph {verb} not in the graph of "
            f"{graph.summary.name} in network {graph.network}."
        )

    def check_is_of(self, graph: AttributionGraph) -> None:
        """UsageError if it was saved from the graph of another network or class."""
        if (self.network or graph.network) != graph.network or (self.of or graph.summary.name) != (
            graph.summary.name
        ):
            raise UsageError(
                f"this subgraph is of class {self.of} of network {self.network}, "
                f"not of {graph.summary.name} of {graph.network}"
            )

    @property
    def own_parts(self) -> dict[str, Any]:
        """What is the user's own, without what it was saved from."""
        return self.model_dump(include={"note", "only_pinned", "pinned", "supernodes"})

    def to_json(self) -> dict[str, Any]:
        """All fields by the names that the file has."""
        return self.model_dump(by_alias=True)


def read_subgraph(file: Path) -> Subgraph:
    """Read a saved subgraph.

    Raises:
        UsageError: the file is not text, or not a subgraph; the message names the file and the field.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8: {error}") from None
    return parse_subgraph(text, name=str(file))


def parse_subgraph(text: str, *, name: str) -> Subgraph:
    """The subgraph that a text has as JSON; raises as ``read_subgraph`` does, with the text's name."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise UsageError(f"{name} is no subgraph: it has more than {MOST_BYTES:,} bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict) or "format" not in value:
        raise UsageError(f'{name} is no subgraph: it is not an object with "format"')
    return _checked(value, name)


def to_subgraph_text(subgraph: Subgraph) -> str:
    """A subgraph as JSON text, for a file."""
    return json.dumps(subgraph.to_json(), ensure_ascii=False, indent=1) + "\n"


def schema_text() -> str:
    """The JSON Schema of a saved subgraph: ``docs/subgraph.schema.json``."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Subgraph.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def to_address(subgraph: Subgraph) -> str:
    """The text that the explorer's address has: deflated JSON of what is not the default, in base64url.

    Raises:
        SummitGraphError: it is too large.
    """
    apart = {"format", "version", "network", "of", "provenance"}
    value = subgraph.model_dump(by_alias=True, exclude_defaults=True, exclude=apart)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(text) > MOST_BYTES:
        raise SummitGraphError(f"a subgraph has at most {MOST_BYTES:,} bytes: shorten its notes")
    return pack(text) if value else ""


def from_address(text: str) -> Subgraph:
    """The subgraph in an address.

    Raises:
        UsageError: the text is damaged.
    """
    name = f"the subgraph {shortened(text, 24)!r} in the address"
    try:
        value = json.loads(unpack(text, most=MOST_BYTES))
    except (ValueError, RecursionError):
        raise UsageError(f"{name} is damaged: copy the link again") from None
    return _checked(value if isinstance(value, dict) else {"pinned": value}, name)


def _checked(value: Mapping[str, Any], name: str) -> Subgraph:
    try:
        return Subgraph.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = _path_of(first["loc"])
        raise UsageError(f"{name}: {where}{plain_reason(first['msg'])}") from None


def _path_of(place: Sequence[int | str]) -> str:
    """Such as ``pinned[0].label: ``; empty for the whole."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{text.removeprefix('.')}: " if text else ""


def _first_twice(names: Sequence[str]) -> str | None:
    return next((name for at, name in enumerate(names) if name in names[:at]), None)


#: Nothing pinned.
NO_SUBGRAPH = Subgraph()
