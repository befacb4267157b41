"""The order of packages: a package imports only packages before it in the list."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from summit_graph.settings import PACKAGE, package_folder

#: From the bottom up; a package may import the ones before it.
PACKAGES = [
    "__init__",
    "errors",
    "names",
    "system",
    "defaults",
    "settings",
    "records",
    "analysis",
    "images",
    "pictures",
    "counts",
    "channel_labels",
    "formats",
    "model",
    "aggregate",
    "faithfulness",
    "rendering",
    "planted",
    "store",
    "views",
    "display",
    "ranking",
    "workflows",
    "api",
    "launch_explorer",
    "cli",
    "__main__",
]
#: Packages that may use torch. No others do, so the store, the ranking, the views and the app start fast.
COMPUTE = {"model", "aggregate", "faithfulness", "rendering", "planted"}
HEAVY = ["torch", "numpy", "PIL", "scipy", "pandas", "numba", "umap", "streamlit", "pyarrow", "neo4j"]
#: Smaller ones that a help text does not need either.
NOT_FOR_HELP = [*HEAVY, "pydantic", "pydantic_settings", "asyncio", "filelock", "psutil"]


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def package_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))


def test_few_modules_are_outside_a_package() -> None:
    """Only modules that all packages share are outside of one."""
    assert len(list(PACKAGE.glob("*.py"))) <= 9


ROOT = PACKAGE.parent


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_packages_import_only_earlier_packages(file: Path) -> None:
    """A package imports only packages before it; ``summit_graph`` itself imports ``api`` on demand."""
    package = package_of(file)
    for name in imports_of(file):
        parts = name.split(".")
        if (package, parts[1:]) == ("__init__", ["api"]):
            continue
        if parts[0] == "summit_graph" and len(parts) > 1 and parts[1] != package:
            assert PACKAGES.index(parts[1]) < PACKAGES.index(package), f"{package} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_only_the_compute_packages_use_torch(file: Path) -> None:
    """Only the model, the aggregation and the rendering use torch.

    Two exceptions: doctor looks at the device, and datasets are fetched by torchvision.
    """
    if package_of(file) not in COMPUTE and file.name not in ("doctor.py", "downloads.py"):
        assert not [name for name in imports_of(file) if name.split(".")[0] in ("torch", "torchvision")]


#: Functions of Pillow and other libraries that open an image of any format.
OPENERS = {"imread", "read_image", "decode_jpeg", "default_loader", "ImageFolder", "load_djpeg"}
OTHER_FOLDERS = [ROOT / "app", ROOT / "scripts", ROOT / "benchmarks"]
SOURCES = [*FILES, *(file for folder in OTHER_FOLDERS for file in sorted(folder.rglob("*.py")))]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_images_are_opened_in_one_place(file: Path) -> None:
    """``images/formats.py`` opens only supported formats; others might run a program (EPS)."""
    if file == PACKAGE / "images" / "formats.py":
        return
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        assert name not in ("Image.open", "PIL.Image.open", "st.image"), f"{file}: {name}"
        assert name.rpartition(".")[2] not in OPENERS, f"{file}: {name}"
        if isinstance(node, ast.ImportFrom) and node.module == "PIL.Image":
            assert "open" not in [alias.name for alias in node.names]


@pytest.mark.parametrize("file", sorted(package_folder("app").rglob("*.py")), ids=lambda file: file.name)
def test_pages_use_no_torch_and_no_driver(file: Path) -> None:
    """Pages use the views; they do not import torch or the driver."""
    assert not [name for name in imports_of(file) if name.split(".")[0] in ("torch", "neo4j")]


def test_the_command_starts_without_heavy_packages() -> None:
    """``summit-graph --help`` loads none of the large packages, and of the small ones what it needs."""
    code = f"import summit_graph.cli, sys; print([name for name in {NOT_FOR_HELP} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pages_load_only_what_most_of_them_show() -> None:
    """The explorer's first page waits for the modules of all pages: charts and computation come later."""
    later = ["altair", "scipy", "umap", "numba", "sklearn", "networkx", "graphdatascience", "torch", "PIL"]
    code = (
        "import pkgutil, importlib, sys; from explorer import pages\n"
        "for one in pkgutil.iter_modules(pages.__path__, 'explorer.pages.'):\n"
        "    importlib.import_module(one.name)\n"
        f"print([name for name in {later} if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": f"{package_folder('app')}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"


def test_every_exception_from_a_check_has_its_reason() -> None:
    """Behind ``type: ignore`` and ``noqa``, in the same line."""
    exception = re.compile(r"# (?:type: ignore\[[\w,-]+\]|noqa: [A-Z]+\d+\b)(?!  # \w)")
    folders = ("summit_graph", "app", "scripts", "benchmarks", "tests")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py") if file != Path(__file__)]
    found = [f"{file}: {line}" for file in files for line in file.read_text("utf-8").splitlines()]
    assert [line for line in found if exception.search(line)] == []


#: Functions that run Cypher; and the only module that runs a text of the user's, which it checks first.
RUNS_CYPHER = {"run", "cypher", "run_cypher", "execute_query"}
#: Methods of the same names that run something else: a program, a model.
OTHER_RUNS = ("subprocess.run", "encoder.run")
ASKING = PACKAGE / "views" / "asking.py"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_cypher_is_made_of_input(file: Path) -> None:
    """Each text is a file of ``cypher/`` (kind: data read as code); values are parameters."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            if node.func.attr in RUNS_CYPHER and name not in OTHER_RUNS and file != ASKING:
                text = ast.unparse(node.args[0])
                assert text.startswith(("read_query(", "_text(")), f"{name}({text})"
