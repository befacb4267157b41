"""Runs over a dataset: pieces, processes, interruptions, shards, unreadable files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from summit_graph.aggregate import pieces as pieces_module
from summit_graph.aggregate import workers
from summit_graph.aggregate.run import ClassCounting, Split, select_device
from summit_graph.aggregate.work import Job
from summit_graph.aggregate.workers import job_file
from summit_graph.counts.add_up import add_up
from summit_graph.counts.manifest import ClassTables
from summit_graph.errors import SummitGraphError, UnreadableImageError, UsageError
from summit_graph.images import read_dataset
from summit_graph.images.labels import Labels, Output, imagenet_labels
from summit_graph.model.weights import read_weights
from summit_graph.records import Parameters
from tests.counting_runs import start_counting
from tests.program_models import Net, conv, count_module
from tests.small_model import count_weights, small_counted, write_images, write_small_weights
from tests.waiting import wait_until

LABELS = Labels(tuple(Output(None, (name,)) for name in ("ant", "bee", *map(str, range(8)))))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Four images per batch and eight per piece, so that few images make several of both."""
    monkeypatch.setitem(pieces_module.BATCH_IMAGES, "cpu", 4)
    monkeypatch.setattr(pieces_module, "PIECE_IMAGES", 8)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "insects", {"ant": 18, "bee": 3, "other": 5})


def counting(root: Path, work_dir: Path, **options) -> ClassCounting:
    """A run with the small model."""
    return start_counting(read_dataset(root), small_counted(), work_dir, **{"labels": LABELS, **options})


@pytest.fixture(scope="module")
def expected(root, tmp_path_factory) -> list[ClassTables]:
    patch = pytest.MonkeyPatch()
    patch.setitem(pieces_module.BATCH_IMAGES, "cpu", 4)
    patch.setattr(pieces_module, "PIECE_IMAGES", 8)
    try:
        return list(counting(root, tmp_path_factory.mktemp("expected")))
    finally:
        patch.undo()


def test_classes_are_in_order_with_their_outputs(expected):
    """Summary: images, output, title, and accuracy if there is an output."""
    assert [one.summary.name for one in expected] == ["ant", "bee", "other"]
    ant, _, other = (one.summary for one in expected)
    assert (ant.images, ant.output, ant.title) == (18, 0, "ant")
    assert ant.top1 is not None
    assert sum(ant.histogram or ()) == 18
    assert (other.output, other.top1, other.top5, other.histogram) == (None, None, None, None)


def test_counts_do_not_depend_on_the_number_of_processes(root, expected, tmp_path):
    """Two spawned processes give the same tables, and progress reaches the end."""
    seen = []
    run = counting(root, tmp_path, split=Split(processes=2), on_progress=lambda *state: seen.append(state))
    assert list(run) == expected
    assert seen[-1] == (26, 26, 0)


@pytest.mark.parametrize("kernel", ["fused", "reference"])
def test_counts_do_not_depend_on_decoding_processes(root, expected, tmp_path, kernel):
    """Two processes decode and one counts, read back once per piece, as on a GPU: the same tables."""
    seen = []
    run = counting(
        root,
        tmp_path,
        split=Split(processes=2, decode_only=True),
        kernel=kernel,
        on_progress=lambda *state: seen.append(state[0]),
    )
    assert list(run) == expected
    assert seen == [4, 8, 12, 16, 18, 21, 25, 26]


def test_pieces_do_not_depend_on_decoding_processes(root, expected, tmp_path):
    """A run in one process resumes from the pieces of a run with decoding processes."""
    list(counting(root, tmp_path, split=Split(decode_only=True)))
    assert list(counting(root, tmp_path)) == expected


def test_decoding_processes_skip_unreadable_files(spoilt, tmp_path):
    """They are listed; without skip_bad the first one is an error with its name."""
    run = counting(spoilt, tmp_path / "work", skip_bad=True, split=Split(decode_only=True))
    assert [one.summary.images for one in run] == [5, 1]
    assert [one.file for one in run.skipped] == ["bee/001.png", "bee/zoo.txt"]
    with pytest.raises(UnreadableImageError, match=r"bee/001\.png does not decode as an image"):
        list(counting(spoilt, tmp_path / "fresh", split=Split(decode_only=True)))


def test_a_finished_run_is_not_counted_again(root, expected, tmp_path):
    """The second run reads all pieces; progress still ends at the total."""
    assert list(counting(root, tmp_path)) == expected
    steps = []
    again = counting(root, tmp_path, on_progress=lambda *state: steps.append(state))
    assert list(again) == expected
    assert [state[0] for state in steps] == [8, 16, 18, 21, 26]


def test_a_damaged_piece_is_counted_again(root, expected, tmp_path):
    """A truncated file counts as missing."""
    list(counting(root, tmp_path))
    files = list(tmp_path.glob("*.parquet"))
    assert len(files) == 5
    for file in files:
        file.write_bytes(file.read_bytes()[:100])
    assert list(counting(root, tmp_path)) == expected


def test_a_changed_image_is_counted_again(tmp_path):
    """The hash of a piece includes names, sizes and times of its images."""
    root = write_images(tmp_path / "data", {"ant": 2})
    before = list(counting(root, tmp_path / "work"))
    write_images(root, {"ant": 2}, seed=9)
    after = list(counting(root, tmp_path / "work"))
    assert after != before
    assert after == list(counting(root, tmp_path / "fresh"))


def test_images_of_a_newly_supported_format_are_counted(tmp_path, monkeypatch):
    """Images skipped without pillow-heif are counted after its installation. *Kind: a stored result whose
    cause is gone.*"""
    photos = write_images(tmp_path / "photos", {"ant": 2})
    pieces = []
    for formats in (("JPEG", "PNG"), ("JPEG", "PNG", "HEIF")):
        monkeypatch.setattr("summit_graph.aggregate.run.readable_formats", lambda formats=formats: formats)
        list(counting(photos, tmp_path / "work"))
        pieces.append(len(list((tmp_path / "work").glob("*.parquet"))))
    assert pieces == [1, 2]


def test_other_parameters_are_counted_separately(root, expected, tmp_path):
    """The same work folder keeps the pieces of both parameters."""
    list(counting(root, tmp_path))
    assert list(counting(root, tmp_path, parameters=Parameters(mass=0.5))) != expected
    assert list(counting(root, tmp_path)) == expected


SCRIPT = """
import sys
from pathlib import Path
from summit_graph.aggregate import pieces
pieces.BATCH_IMAGES["cpu"], pieces.PIECE_IMAGES = 4, 8
from summit_graph.aggregate.run import Split
from tests.test_aggregate_run import counting

if __name__ == "__main__":
    print("begun", flush=True)
    for tables in counting(Path(sys.argv[1]), Path(sys.argv[2]), split=Split(int(sys.argv[3]))):
        print(tables.summary.name, flush=True)
"""


def start_run(root: Path, work_dir: Path, script: Path, *, processes: int) -> subprocess.Popen:
    """The same run in its own process and session, so that signals reach only it."""
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, script, str(root), str(work_dir), str(processes)],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Children of a background shell ignore Ctrl-C, unlike those of a terminal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def is_alive(process: psutil.Process) -> bool:
    """Running, and not a zombie."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_run_resumes_with_the_same_counts(root, expected, tmp_path, processes):
    """kill -9 after the first piece: that piece is used, and the tables are the same."""
    run = start_run(root, tmp_path / "work", tmp_path / "run.py", processes=processes)
    wait_until(lambda: any((tmp_path / "work").glob("*.parquet")))
    children = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate()
    psutil.wait_procs(children, timeout=30)
    assert not [child for child in children if is_alive(child)], "workers outlived their parent"
    steps = []
    again = counting(root, tmp_path / "work", on_progress=lambda *state: steps.append(state))
    assert list(again) == expected
    assert steps[0][0] == 8, "the first piece was not used"


@pytest.mark.slow
def test_ctrl_c_stops_the_workers(root, tmp_path):
    """SIGINT to the process group, as a terminal sends it: all children end, without tracebacks."""
    run = start_run(root, tmp_path / "work", tmp_path / "run.py", processes=2)
    wait_until(lambda: any((tmp_path / "work").glob("*.parquet")))
    children = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode != 0
    psutil.wait_procs(children, timeout=30)
    assert errors.count("Traceback") <= 1, errors
    assert not [child for child in children if is_alive(child)]


@pytest.mark.slow
def test_a_killed_worker_is_a_one_line_error(root, tmp_path):
    """The run ends with the reason, and the next run resumes."""
    run = counting(root, tmp_path, split=Split(processes=2))

    def kill_a_worker(done: int, images: int, skipped: int) -> None:
        if done == 4:
            workers = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
            workers[0].kill()

    run.on_progress = kill_a_worker
    with pytest.raises(SummitGraphError, match="a counting process ended"):
        list(run)
    assert [one.summary.name for one in counting(root, tmp_path)] == ["ant", "bee", "other"]


def test_an_exception_in_a_worker_is_a_one_line_error(root, tmp_path, monkeypatch):
    """The message includes the exception's type."""
    monkeypatch.setattr(workers, "read_batch", lambda *_, **__: 1 / 0)
    with pytest.raises(SummitGraphError, match="counting failed with ZeroDivisionError"):
        list(counting(root, tmp_path))


def test_shards_add_up_to_one_run(root, expected, tmp_path):
    """Three shards, merged, have the counts of one run."""
    parts: dict[str, list[ClassTables]] = {}
    for index in range(3):
        for tables in counting(root, tmp_path / str(index), split=Split(1, shard=(index, 3))):
            parts.setdefault(tables.summary.name, []).append(tables)
    assert len(parts["ant"]) == 3
    assert len(parts["bee"]) == 1
    assert [add_up(parts[name]) for name in sorted(parts)] == expected


@pytest.fixture
def spoilt(tmp_path) -> Path:
    root = write_images(tmp_path / "data", {"ant": 5, "bee": 2})
    (root / "bee" / "001.png").write_text("no image")
    (root / "bee" / "zoo.txt").write_text("no image either")
    return root


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bad_file_ends_the_run_before_its_class(spoilt, tmp_path, processes):
    """The class before it is yielded; the error names the file."""
    run = iter(counting(spoilt, tmp_path / "work", split=Split(processes)))
    assert next(run).summary.name == "ant"
    with pytest.raises(UnreadableImageError, match=r"bee/001\.png does not decode as an image"):
        next(run)


def test_unreadable_files_are_skipped_and_listed(spoilt, tmp_path):
    """Names are relative to the root; a resumed run lists them too, and fails without skip_bad."""
    for _ in range(2):
        run = counting(spoilt, tmp_path / "work", skip_bad=True)
        assert [one.summary.images for one in run] == [5, 1]
        assert [one.file for one in run.skipped] == ["bee/001.png", "bee/zoo.txt"]
    with pytest.raises(UnreadableImageError, match=r"bee/001\.png"):
        list(counting(spoilt, tmp_path / "work"))


def test_a_class_without_an_image_is_an_error(tmp_path):
    """An empty folder is an error before anything is counted; with skip_bad it is listed."""
    root = write_images(tmp_path / "data", {"ant": 1, "bee": 0})
    with pytest.raises(SummitGraphError, match="bee has no readable image"):
        counting(root, tmp_path / "work")
    run = counting(root, tmp_path / "work", skip_bad=True)
    assert [one.summary.name for one in run] == ["ant"]
    assert [one.file for one in run.skipped] == ["bee"]


def test_a_class_of_unreadable_files_is_listed(tmp_path):
    """The files and the class are listed; the class has no tables."""
    root = write_images(tmp_path / "data", {"ant": 1, "bee": 0})
    (root / "bee" / "x.png").touch()
    run = counting(root, tmp_path / "work", skip_bad=True)
    assert [one.summary.name for one in run] == ["ant"]
    assert [one.file for one in run.skipped] == ["bee/x.png", "bee"]


def test_ambiguous_class_names_give_a_warning(tmp_path):
    """Warnings are available before the run starts."""
    root = write_images(tmp_path / "data", {"crane": 1})
    assert "crane" in counting(root, tmp_path, labels=imagenet_labels()).warnings[0]


def test_weights_from_a_file_and_from_memory_give_equal_counts(root, expected, tmp_path):
    """Counts depend only on the tensors."""
    file = write_small_weights(tmp_path / "w.safetensors")
    run = start_counting(read_dataset(root), count_weights(read_weights(file)), tmp_path, labels=LABELS)
    assert list(run) == expected


@pytest.mark.parametrize("device", ["warp", "cuda:99", "mps"])
def test_an_unknown_or_missing_device_is_a_usage_error(device):
    """The message repeats the device name."""
    with pytest.raises(UsageError, match=device):
        select_device(device)


def test_a_program_with_a_memory_format_is_sent_to_processes(tmp_path):
    """Kind: what a program may contain. The job that other processes read has the same instructions."""
    net = Net(
        lambda m, x: m.b(m.a(x).clone(memory_format=torch.contiguous_format).relu()),
        width=3,
        a=conv(3, 4),
        b=conv(4, 3),
    )
    model = count_module(net)
    assert any("memory_format" in one.kwargs for one in model.recipe.instructions)
    with job_file(Job(model, tmp_path)) as file:
        read = torch.load(file, weights_only=False, mmap=True)
    assert read.model.recipe.digest == model.recipe.digest
    assert not list(tmp_path.iterdir())
