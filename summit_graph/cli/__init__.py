"""The ``summit-graph`` command: one module per group of commands, heavy imports inside the commands."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from summit_graph import __version__
from summit_graph.cli import comparing, counting, environment, models, pictures, reading, server, writing
from summit_graph.cli.console import (
    DATABASE,
    DONE,
    FAILED,
    INTERRUPTED,
    USAGE,
    OutputError,
    drop_output,
    finish_output,
    prepare_streams,
    print_data,
    say,
)
from summit_graph.errors import SummitGraphError, hide_logins
from summit_graph.names import visible
from summit_graph.settings import check_variables

app = typer.Typer(
    name="summit-graph",
    help="What an image classifier has learned, class by class: Summit's attribution graphs in Neo4j.",
    epilog="Example: summit-graph ingest photos/ && summit-graph graph lion. Errors in full: --debug.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(server.app, name="db")
app.add_typer(models.app, name="model")
for group in (counting, writing, reading, comparing, pictures, environment):
    app.registered_commands.extend(group.app.registered_commands)


def _show_version(wanted: bool) -> None:
    if wanted:
        print_data(f"summit-graph {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show errors with their traceback.")] = False,
) -> None:
    """Options before the command; ``main`` takes ``--debug`` out wherever it stands."""
    check_variables()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code (SPEC 7)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    prepare_streams()
    try:
        sys.exit(_run([word for word in words if word != "--debug"], debug=debug))
    finally:
        drop_output()


def _run(words: list[str], *, debug: bool) -> int:
    try:
        code = app(words, prog_name="summit-graph", standalone_mode=False) or DONE
        finish_output()
        return code
    except (typer.Abort, KeyboardInterrupt):
        say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # the reader of our output has gone: nothing more to say
    except Exception as error:
        if debug:
            sys.stderr.write(visible(hide_logins(traceback.format_exc()), keep="\n"))
        return _tell(_output_error() or error)


def _output_error() -> OutputError | None:
    """Where stdout does not take what is still held back, that is what went wrong."""
    try:
        finish_output()
    except BrokenPipeError:
        return None
    except OutputError as error:
        return error
    return None


#: What a full disk, a used-up quota and a limit on the size of files are told by.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ADVICE = " (make room, then run the same command again: what is finished is kept)"


def _tell(error: Exception) -> int:
    """One line for the user, and the exit code."""
    if hasattr(error, "format_message"):  # a wrong call; typer's releases differ in where this class lives
        if told := error.format_message():  # empty where a command without arguments showed its help
            say(f"Error: {' '.join(told.split())} (see summit-graph --help)")
        return USAGE
    if isinstance(error, SummitGraphError):
        say(f"Error: {error}")
        return error.exit_code
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        say(f"Error: {error.strerror or error}{where}{_ADVICE if error.errno in _NO_ROOM else ''}")
        return FAILED
    if type(error).__module__.startswith("neo4j"):
        say(f"Error: the database says: {str(error).splitlines()[0]}")
        return DATABASE
    told = " ".join(str(error).split())
    say(f"Error: {type(error).__name__}: {told} (this is a defect; --debug shows where)")
    return FAILED
