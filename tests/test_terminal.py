"""Unusual standard streams. Kind: output that cannot be written, or not in the stream's encoding."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f"{shlex.quote(sys.executable)} -m summit_graph"
NAME = "löwe-猫-🦁"


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, which applies its redirections."""
    return subprocess.run(["sh", "-c", line], env=os.environ | variables, capture_output=True, text=True)


@pytest.mark.parametrize("words", ["--version", "query", "query --json", "--help"])
@pytest.mark.parametrize("target", [">&-", ">/dev/full"])
def test_output_that_cannot_be_written_is_a_one_line_error(words: str, target: str) -> None:
    """A closed stdout and a full disk: exit code 1, no traceback, not the interpreter's 120."""
    if "full" in target and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell(f"{COMMAND} {words} {target}")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("target", ["2>&-", "2>/dev/full", "<&-"])
def test_a_missing_stderr_or_stdin_has_no_effect(target: str) -> None:
    """Results and exit codes are those of a normal call."""
    assert shell(f"{COMMAND} --version {target}").stdout.startswith("summit-graph ")
    assert shell(f"{COMMAND} load /nowhere {target}").returncode == 1


@pytest.mark.parametrize("words", ["query --json", "query", "--help", "--version"])
def test_a_closed_pipe_ends_the_command_silently(words: str) -> None:
    """``| head``: nothing on stderr, and the exit code that other programs have in a shell."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "summit_graph", *words.split()]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_failed_command_leaves_no_empty_line(tmp_path: Path) -> None:
    """In a file, a progress bar prints nothing when the error replaces it (kind: a library's raw output)."""
    (tmp_path / "ant").mkdir()
    done = shell(f"{COMMAND} aggregate {tmp_path} --weights /nowhere --out {tmp_path / 'out'}")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_characters_missing_from_the_encoding_are_escaped() -> None:
    """Messages, TSV and JSON are printed; JSON is valid."""
    code = (
        f"from summit_graph.cli import console; console.prepare_streams(); console.say({NAME!r}); "
        f"console.print_data({NAME!r}); console.print_json([{NAME!r}, 'a\\udcff'])"
    )
    for encoding in ("ascii", "ascii:strict", "latin-1", "utf-8"):
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        plain, as_json = done.stdout.decode(encoding.partition(":")[0]).splitlines()
        assert json.loads(as_json) == [NAME, "a\udcff"]
        assert json.loads(f'"{plain}"') == NAME


def test_the_file_descriptor_of_a_closed_stream_is_not_reused() -> None:
    """Otherwise a message would be written into the next file that is opened."""
    code = (
        "from summit_graph.cli import console; console.prepare_streams(); print(open('/dev/null').fileno())"
    )
    assert int(shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} 2>&- <&-").stdout) > 2
