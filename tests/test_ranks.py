"""Runs divided among processes: torchrun's ranks, and shards; no database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from tests.small_model import write_images, write_small_weights
from tests.waiting import wait_until

#: Six batches of at most 16: classes have one to three, the last one fewer images.
CLASSES = {"ant": 40, "bee": 16, "cat": 20}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "photos", CLASSES)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_weights(tmp_path_factory.mktemp("weights") / "narrow.safetensors")


@pytest.fixture(scope="module")
def whole(images: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The count folder of a single process."""
    return aggregate(tmp_path_factory.mktemp("whole"), images, weights)


def aggregate(out: Path, images: Path, weights: Path, *more: str) -> Path:
    with pytest.raises(SystemExit) as ended:
        main(["aggregate", *words(out, images, weights), *more])
    assert ended.value.code == 0
    return out


def words(out: Path, images: Path, weights: Path) -> list[str]:
    return [str(images), "--out", str(out), "--weights", str(weights), "--processes", "1"]


def start_ranks(*command: str, number: int = 2) -> subprocess.Popen[str]:
    """``torchrun`` on this machine, on a free port, in its own session, so that all of it can be killed."""
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(number)]
    return subprocess.Popen(
        [sys.executable, "-m", *launcher, "-m", "summit_graph", *command],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_ranks(*command: str, number: int = 2) -> tuple[int, str]:
    """The exit code and stderr."""
    run = start_ranks(*command, number=number)
    _, errors = run.communicate(timeout=300)
    return run.returncode, errors


def errors_in(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("Error")]


def assert_same_folder(folder: Path, expected: Path) -> None:
    """Byte for byte, without additional files."""
    assert sorted(one.name for one in folder.iterdir()) == sorted(one.name for one in expected.iterdir())
    for file in expected.iterdir():
        assert (folder / file.name).read_bytes() == file.read_bytes(), file.name


def test_shards_merge_to_the_bytes_of_one_run(images, weights, whole, tmp_path):
    """``--shard`` and ``merge``."""
    parts = [str(aggregate(tmp_path / str(at), images, weights, "--shard", f"{at}/3")) for at in range(3)]
    with pytest.raises(SystemExit) as ended:
        main(["merge", *parts, "--out", str(tmp_path / "merged")])
    assert ended.value.code == 0
    assert_same_folder(tmp_path / "merged", whole)


@pytest.mark.slow
def test_two_ranks_write_the_bytes_of_one_run(images, weights, whole, tmp_path):
    """torchrun with two processes: the same files, one summary, no temporary files."""
    code, said = run_ranks("aggregate", *words(tmp_path / "out", images, weights))
    assert code == 0, said
    assert said.count("holds 3 classes, 76 images") == 1
    assert_same_folder(tmp_path / "out", whole)


@pytest.mark.slow
def test_more_ranks_than_batches_give_the_same_counts(weights, tmp_path):
    """The third rank has no batch."""
    images = write_images(tmp_path / "photos", {"ant": 20})
    alone = aggregate(tmp_path / "alone", images, weights)
    code, said = run_ranks("aggregate", *words(tmp_path / "out", images, weights), number=3)
    assert code == 0, said
    assert_same_folder(tmp_path / "out", alone)


@pytest.mark.slow
def test_a_failing_rank_fails_the_run_with_one_line(images, weights, tmp_path):
    """An unreadable file in the second rank's shard: one error line with its name, exit code 1."""
    spoilt = write_images(tmp_path / "photos", {"ant": 20})
    (spoilt / "ant" / "019.png").write_text("no image")
    code, said = run_ranks("aggregate", *words(tmp_path / "out", spoilt, weights))
    assert code == 1
    assert len(errors_in(said)) == 1, said
    assert "019.png does not decode" in said
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.slow
def test_an_error_of_all_ranks_is_reported_once(weights, tmp_path):
    """A missing images folder."""
    code, said = run_ranks("aggregate", *words(tmp_path / "out", tmp_path / "nowhere", weights))
    assert code == 1
    assert len(errors_in(said)) == 1, said
    assert "nowhere does not exist" in said


@pytest.mark.slow
def test_skipped_files_are_those_of_one_run(weights, tmp_path):
    """Unreadable files, and a class of unreadable files only, which no single rank can detect."""
    images = write_images(tmp_path / "photos", {"ant": 20, "bee": 0})
    for name in ("ant/zz.png", *(f"bee/{at}.png" for at in range(17))):
        (images / name).write_text("no image")
    alone, together = tmp_path / "alone", tmp_path / "together"
    with pytest.raises(SystemExit) as ended:
        main(["aggregate", *words(alone, images, weights), "--skip-bad"])
    assert ended.value.code == 3
    code, said = run_ranks("aggregate", *words(together, images, weights), "--skip-bad")
    assert code == 1  # torchrun's exit code if a process ended with a code other than 0
    assert "exitcode  : 3" in said
    assert said.count("Skipped bee:") == 1
    assert_same_folder(together, alone)


@pytest.mark.slow
def test_a_killed_run_resumes(images, weights, whole, tmp_path):
    """kill -9 of all processes after the first piece; the next run writes the same bytes."""
    command = ("aggregate", *words(tmp_path / "out", images, weights))
    run = start_ranks(*command)
    work = tmp_path / "out" / ".unfinished"
    wait_until(lambda: list(work.glob("rank-*/*.parquet")) or run.poll() is not None)
    assert run.poll() is None, run.communicate()[1]
    children = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGKILL)
    for child in children:
        if child.is_running():
            child.kill()
    run.communicate()
    assert list(work.glob("rank-*/*.parquet"))
    assert not (tmp_path / "out" / "manifest.json").exists()
    code, said = run_ranks(*command)
    assert code == 0, said
    assert_same_folder(tmp_path / "out", whole)


@pytest.mark.slow
def test_a_killed_rank_ends_the_others(images, weights, tmp_path):
    """kill -9 of one rank: torchrun stops the others, and no manifest is written."""
    run = start_ranks("aggregate", *words(tmp_path / "out", images, weights))
    work = tmp_path / "out" / ".unfinished"
    wait_until((work / "rank-1-of-2").is_dir)
    ranks = [one for one in psutil.Process(run.pid).children() if "summit_graph" in one.cmdline()]
    second = next(one for one in ranks if one.environ()["RANK"] == "1")
    second.kill()
    _, said = run.communicate(timeout=120)
    assert run.returncode != 0
    assert len(errors_in(said)) <= 1, said
    _, alive = psutil.wait_procs(ranks, timeout=30)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_torchrun_and_shard_exclude_each_other(images, weights, tmp_path, monkeypatch, capsys):
    """Both divide the work; ingest cannot be divided."""
    for variable in ("RANK=0", "WORLD_SIZE=2", "MASTER_ADDR=localhost", "MASTER_PORT=1"):
        monkeypatch.setenv(*variable.split("="))
    commands = (
        ["aggregate", *words(tmp_path / "out", images, weights), "--shard", "0/2"],
        ["ingest", str(images)],
    )
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 2
        assert "torchrun" in capsys.readouterr().err


def test_the_result_is_a_count_folder(whole):
    """A run's folder can be read as any count folder."""
    assert dict(CountFolder(whole).manifest.images) == CLASSES
