"""Modules in the current folder. Kind: a program that imports modules from the folder where it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from summit_graph.system.ports import free_port
from tests.small_model import write_images, write_small_weights

#: Modules of the standard library and of packages that commands import.
NAMES = ("random", "tempfile", "socket", "json", "secrets", "numpy", "streamlit", "click", "webbrowser")
HOSTILE = "import os; open(os.environ['MARK'], 'a').write(__name__ + chr(10)); raise SystemExit('hostile')"
COMMAND = str(Path(sys.executable).with_name("summit-graph"))


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with such modules; each writes its name to ``mark`` when it runs."""
    folder = tmp_path / "here"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(HOSTILE)
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(folder)
    return folder


def nothing_ran(hostile: Path) -> bool:
    return not (hostile.parent / "mark").exists()


def test_the_explorer_does_not_import_from_the_current_folder(hostile: Path) -> None:
    """This includes the command and Streamlit's process."""
    command = [COMMAND, "explore", "--no-browser", "--port", str(free_port())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        assert any("The explorer is at" in line for line in process.stderr)
        os.killpg(process.pid, signal.SIGTERM)
    assert nothing_ran(hostile)


@pytest.mark.parametrize(
    "command",
    [[COMMAND], pytest.param([sys.executable, "-m", "summit_graph"], marks=pytest.mark.slow)],
    ids=["script", "-m"],
)
def test_counting_processes_do_not_import_from_the_current_folder(hostile: Path, command: list[str]) -> None:
    """Also with several processes; torchrun starts ``python -m``."""
    images = write_images(hostile / "photos", {"ant": 3, "bee": 3})
    weights = write_small_weights(hostile / "narrow.safetensors")
    options = ["--out", "counts", "--weights", str(weights), "--processes", "2"]
    done = subprocess.run([*command, "aggregate", str(images), *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert nothing_ran(hostile)
