"""The command that checks the environment, or a network's channels: doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import (
    DATABASE,
    FAILED,
    print_data,
    print_json,
    print_table,
    say,
)
from summit_graph.cli.options import JsonOption, NetworkOption, UriOption, the_database
from summit_graph.display.wording import counted

if TYPE_CHECKING:
    from summit_graph.views.nonsemantic import Candidate

app = typer.Typer()

_COLUMNS = ["channel", "evidence", "classes", "share of images", "least share", "active in", "at the rim"]


@app.command(epilog="Examples: summit-graph doctor; summit-graph doctor --channels --network birds")
def doctor(
    channels: Annotated[
        bool, typer.Option("--channels", help="List channels that may be non-semantic, with the evidence.")
    ] = False,
    network: NetworkOption = None,
    as_json: JsonOption = False,
    uri: UriOption = None,
) -> None:
    """Check database, GDS, permissions, device, disk and weights, and say how to fix what is wrong.

    With --channels, check a network instead: list the channels that are top channels of nearly all classes
    or respond to the image border, as options for ingest --exclude.
    """
    if channels:
        _print_candidates(network, uri, as_json=as_json)
    else:
        _check_environment(uri, as_json=as_json)


def _check_environment(uri: str | None, *, as_json: bool) -> None:
    from summit_graph.settings import DatabaseSettings
    from summit_graph.workflows.doctor import check_environment

    checks = list(check_environment(DatabaseSettings.of(uri)))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print_data(f"{check.state:7}{check.name}: {check.found}")
            if check.remedy:
                print_data(f"{'':7}  -> {check.remedy}")
    failed = {check.name for check in checks if check.state == "failed"}
    if failed:
        raise typer.Exit(DATABASE if failed & {"database", "permissions"} else FAILED)


def _print_candidates(network: str | None, uri: str | None, *, as_json: bool) -> None:
    from summit_graph.store.networks import find_network
    from summit_graph.views.advice import examples_command
    from summit_graph.views.channel_labels import read_label_texts
    from summit_graph.views.nonsemantic import LEAST_CLASSES, find_candidates

    with the_database(uri) as database:
        found = find_candidates(database, network)
        command = examples_command(find_network(database, found.network))
        texts = read_label_texts(database, found.network, [one.channel for one in found.candidates])
    if not found.looked_at_rims:
        say(f"Border responses are unknown: gather examples first ({command}).")
    if found.classes < LEAST_CLASSES:
        say(f"With only {counted(found.classes, 'class', 'classes')}, shared channels may well be semantic.")
    if as_json:
        print_json({"network": found.network, "candidates": [_to_json(one) for one in found.candidates]})
        return
    rows = [_to_row(one) + ([texts.get(one.channel)] if texts else []) for one in found.candidates]
    print_table([*_COLUMNS, *(["label"] if texts else [])], rows)
    if found.candidates:
        say("To exclude them, check their pictures first, then ingest into a new network with:")
        say(" ".join(f"--exclude {channel}" for channel in found.to_exclude))
    else:
        say("No channel looks non-semantic.")


def _to_row(one: Candidate) -> list[Any]:
    evidence = [name for name in ("everywhere", "frame") if getattr(one, name)]
    return [str(one.channel), "+".join(evidence), *(one.everywhere or [None] * 3), *(one.frame or [None] * 2)]


def _to_json(one: Candidate) -> dict[str, Any]:
    everywhere = one.everywhere and dict(zip(("classes", "share", "least"), one.everywhere, strict=True))
    frame = one.frame and dict(zip(("active", "at_rim"), one.frame, strict=True))
    return {"channel": str(one.channel), "everywhere": everywhere, "frame": frame}
