"""The command line: help, wrong usage and one-line errors, without a database."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.utils import get_params_from_function

from summit_graph.cli import app, main
from summit_graph.cli.console import print_table, say
from summit_graph.cli.motifs import group_names
from summit_graph.errors import UsageError
from summit_graph.settings import PACKAGE

COMMANDS = PACKAGE.parent / "docs" / "commands.md"


def commands() -> list[tuple[str, ...]]:
    groups = [((), app), *(((str(group.name),), group.typer_instance) for group in app.registered_groups)]
    return [
        (*group, info.name or info.callback.__name__)
        for group, commands_of_group in groups
        for info in commands_of_group.registered_commands
    ]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """``COMMAND --help`` describes the command and has an example."""
    code, out, _ = run(capsys, *command, "--help")
    assert code == 0
    assert "Example" in out
    assert f"summit-graph {' '.join(command)}" in " ".join(out.split())


def test_help_texts_have_no_markup() -> None:
    """Kind: text in another program's syntax. rich drops words in square brackets, such as defaults."""
    apps = [app, *(group.typer_instance for group in app.registered_groups)]
    for info in [info for one in apps for info in one.registered_commands]:
        assert info.callback is not None
        for parameter in get_params_from_function(info.callback).values():
            assert "[" not in (getattr(parameter.default, "help", None) or ""), (info.name, parameter.name)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_table_of_commands_names_every_command(command: tuple[str, ...]) -> None:
    """docs/commands.md has it."""
    assert f"summit-graph {command[0]}" in COMMANDS.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grph"], "graph"),
        (["merge"], "DIR"),
        (["merge", "{images}", "{images}/../images", "--out", "{out}"], "the same folder"),
        (["rm"], "--network"),
        (["aggregate", "{images}", "--out", "{out}", "--mass", "2"], "mass"),
        (["aggregate", "{images}", "--out", "{out}", "--mass", ".1", "--top-activations", "3"], "give one"),
        (["aggregate", "{images}", "--out", "{out}", "--exclude", "mixed4c"], "mixed4c/447"),
        (["aggregate", "{images}", "--out", "{out}", "--shard", "5/4"], "--shard"),
        (["graph", "lion", "--format", "dot", "--json"], "--format dot"),
        (["load", "{out}", "--files", "{out}"], "--files needs --bulk"),
        (["load", "{out}", "--discard"], "--discard needs --bulk"),
        (["load", "{out}", "--bulk", "--class", "lion"], "omit --class"),
    ],
)
def test_wrong_usage_is_a_one_line_error(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2 and the error names the wrong option."""
    (tmp_path / "images" / "a").mkdir(parents=True)
    filled = [word.format(images=tmp_path / "images", out=tmp_path / "out") for word in words]
    code, out, err = run(capsys, *filled)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["aggregate", "{nowhere}", "--out", "{out}"], "does not exist"),
        (["merge", "{nowhere}", "--out", "{out}"], "not a finished count folder"),
        (["load", "{nowhere}"], "not a finished count folder"),
        (["query", "nonsense"], "no query"),
    ],
)
def test_failure_is_a_one_line_error(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1 and there is no traceback."""
    filled = [word.format(nowhere=tmp_path / "nowhere", out=tmp_path / "out") for word in words]
    code, out, err = run(capsys, *filled)
    assert code == 1
    assert out == ""
    assert message in " ".join(err.split())
    assert "Traceback" not in err


def test_a_full_gpu_is_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any part of a command that computes (kind: a library's error called a defect)."""

    def run_out(path: Path) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    monkeypatch.setattr("summit_graph.counts.folder.CountFolder", run_out)
    with pytest.raises(SystemExit) as ended:
        main(["load", str(tmp_path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "Error: the GPU has too little free memory: end what else uses it, or use --device cpu\n"
    )


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--debug`` is also accepted after the command."""
    _, _, err = run(capsys, "load", str(tmp_path), "--debug")
    assert "Traceback" in err


def test_unreachable_database_is_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing listens on port 9; the reason is the system's (kind: a library's raw text)."""
    code, _, err = run(capsys, "query", "networks", "--uri", "bolt://127.0.0.1:9")
    assert code == 4
    assert err == (
        "Error: no database answers at bolt://127.0.0.1:9 (Connection refused): start it, or check --uri\n"
    )


def test_wrong_value_of_an_option_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names option, value and choices (kind: a library's raw text)."""
    code, _, err = run(capsys, "graph", "lion", "--format", "xml")
    assert code == 2
    assert err == (
        "Error: Invalid value for '--format' / '-f': 'xml' is not one of 'json', 'summit', 'graphml', 'dot', "
        "'text', 'neuronpedia', 'nodes-csv', 'edges-csv'. "
        "(see summit-graph graph --help)\n"
    )


@pytest.mark.parametrize(
    ("option", "suggested"), [("--formt", " (Possible options: --format)"), ("--labels", "")]
)
def test_only_a_near_option_is_suggested(
    capsys: pytest.CaptureFixture[str], option: str, suggested: str
) -> None:
    """Kind: a suggestion that is no better than a guess. A typing error has one, another word has none."""
    code, _, err = run(capsys, "graph", "lion", option, "x")
    assert (code, err) == (
        2,
        f"Error: No such option: {option}{suggested} (see summit-graph graph --help)\n",
    )


def test_invalid_database_address_is_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error in --uri."""
    code, _, err = run(capsys, "query", "networks", "--uri", "http://x")
    assert code == 4
    assert "not a database address" in " ".join(err.split())


def test_queries_are_listed_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    """``summit-graph query`` lists every query and its parameters."""
    code, out, _ = run(capsys, "query")
    assert code == 0
    assert "top_channels\t" in out


def test_long_list_of_names_is_not_a_file() -> None:
    """A group may be longer than the longest file name."""
    names = [f"class{number}" for number in range(100)]
    assert group_names(",".join(names)) == names


def test_group_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Kind: variants of a format. Other encodings are refused with a one-line error."""
    file = tmp_path / "group.txt"
    file.write_text("lion\ntiger\n", "utf-8-sig")
    assert group_names(str(file)) == ["lion", "tiger"]
    file.write_bytes("löwe".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        group_names(str(file))


NASTY = "a\tb\nc\x1b[2Jd\x9be\u202ef"
SHOWN = "a\\tb\\nc\\x1b[2Jd\\x9be\\u202ef"


def test_table_escapes_tabs_and_newlines(capsys: pytest.CaptureFixture[str]) -> None:
    """Kind: names from users as syntax. A tab or a newline in a name adds no cell or row."""
    print_table(["class", NASTY], [[NASTY, 1], [["x", NASTY], None]])
    listed = '["x", "a\\tb\\nc\\u001b[2Jd\\x9be\\u202ef"]'
    assert capsys.readouterr().out == f"class\t{SHOWN}\n{SHOWN}\t1\n{listed}\t\n"


def test_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Kind: names from users as syntax. Control characters are escaped, also in typer's own errors."""
    say(f"Removed class {NASTY}.")
    assert capsys.readouterr().err == f"Removed class {SHOWN}.\n"
    with pytest.raises(SystemExit):
        main(["query", "--\x1b[2J"])
    assert "\x1b" not in capsys.readouterr().err


ON_A_TERMINAL = """
import sys
from summit_graph.cli.console import *
name = sys.argv[1].encode("latin-1", "surrogateescape").decode("unicode_escape")
say(name)
print_data("digraph {\\n" + name)
print_json([name])
print_table([name], [[name]])
with progress_bar(name, unit=None) as bar:
    bar.show(description=name)
    bar.begin(name, 1)
"""


def test_names_cannot_control_a_terminal() -> None:
    """Kind: names from users as syntax. No control character of a name is written to a terminal."""
    ours, theirs = pty.openpty()
    name = "<\\x1b]0;owned\\x07\\x9b31m\\u202e>"
    command = [sys.executable, "-c", ON_A_TERMINAL, name]
    subprocess.run(command, stdout=theirs, stderr=theirs, check=True, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # a pseudo-terminal reports its end as an error
        while part := os.read(ours, 1 << 16):
            written += part
    text = written.decode()
    assert "owned" in text
    assert not re.search("\x1b\\]0|\x07|\x9b|\u202e", text)
