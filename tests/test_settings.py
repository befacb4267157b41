"""Variables and the user's folders. Kind: an unusual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from summit_graph.api import connect
from summit_graph.cli import main
from summit_graph.errors import SummitGraphError, UsageError, hide_logins
from summit_graph.settings import DatabaseSettings, Home, WritingSettings

SECRET = "canary-secret"
#: A process whose user is not in the user database, as in a container; it is run without HOME.
WITHOUT_HOME = """
import pwd, sys
def unknown(user): raise KeyError(user)
pwd.getpwuid = unknown
from summit_graph.cli import main
main(sys.argv[1:])
"""


def run_without_home(*words: str) -> subprocess.CompletedProcess[str]:
    left_out = ("HOME", "SUMMIT_GRAPH_HOME", "SUMMIT_GRAPH_JARS", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    command = [sys.executable, "-c", WITHOUT_HOME, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["load", "--help"], ["query"]])
def test_commands_that_need_no_folder_work_without_a_home(words: list[str]) -> None:
    """For a user without HOME and without an entry in the user database."""
    assert run_without_home(*words).returncode == 0


def test_a_missing_home_is_a_one_line_error() -> None:
    """The error names the variable to set."""
    done = run_without_home("doctor")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "Error: this user has no home folder: set SUMMIT_GRAPH_HOME to a folder that you may write to"
    ]


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """``SUMMIT_GRAPH_HOME=`` means the default folder, not the current one."""
    monkeypatch.delenv("SUMMIT_GRAPH_HOME")
    expected = Home().home
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", "")
    assert Home().home == expected != Path.cwd()
    monkeypatch.setenv("NEO4J_URI", "")
    monkeypatch.setenv("SUMMIT_GRAPH_BATCH", "")
    assert DatabaseSettings().uri is None
    assert WritingSettings().batch == 20_000


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also if no shell replaced it; a relative path is relative to the current folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", "~/jars")
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", "x")
    assert Home().jars == tmp_path / "jars"
    assert Home().home == tmp_path / "x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUMMIT_GRAPH_BATCH", "50"),
        ("SUMMIT_GRAPH_BATCH", "many"),
        ("SUMMIT_GRAPH_HEAP", "lots"),
        ("SUMMIT_GRAPH_PAGECACHE", "-1g"),
        ("NEO4J_URI", f"bolt://neo4j:{SECRET}@127.0.0.1:9"),
    ],
)
def test_the_error_for_an_invalid_value_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is one line with exit code 2, before any work; secrets are not repeated."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(["load", "nowhere"])
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert message.startswith(f"Error: {name} is not usable: ")
    assert message.count("\n") == 1
    assert SECRET not in message


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_secret_in_a_uri_is_not_repeated(debug: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It is not in the message and not in the traceback."""
    with pytest.raises(SystemExit) as ended:
        main(["graph", "bear", "--uri", f"bolt://neo4j:{SECRET}@127.0.0.1:9", *debug])
    assert ended.value.code == 2
    printed = "".join(capsys.readouterr())
    assert "NEO4J_PASSWORD" in printed
    assert SECRET not in printed


def test_errors_in_python_contain_no_secret() -> None:
    """The library's exceptions remove logins from their messages."""
    with pytest.raises(UsageError, match="NEO4J_PASSWORD") as caught, connect(f"bolt://neo4j:{SECRET}@host"):
        pass
    assert SECRET not in str(caught.value)
    assert str(SummitGraphError("no answer at https://me:p/w@mirror/x")) == "no answer at https://…@mirror/x"
    assert hide_logins("me@example.org and C:\\a@b") == "me@example.org and C:\\a@b"
