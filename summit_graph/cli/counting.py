"""Commands that count: aggregate, merge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summit_graph.cli.console import say
from summit_graph.cli.options import OutOption

app = typer.Typer()


@app.command(epilog="Example: summit-graph merge machine-1/ machine-2/ --out counts/")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Count folders.")], out: OutOption
) -> None:
    """Add up count folders of the same weights and parameters."""
    from summit_graph.counts import CountFolder, merge_count_folders

    manifest = merge_count_folders([CountFolder(folder) for folder in folders], out)
    say(f"{out} holds {len(manifest.images)} classes, {sum(manifest.images.values())} images.")
