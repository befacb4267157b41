"""Checks what ``make release`` has built: ``python scripts/check_release.py DIST``.

1. CHANGELOG.md has a chapter for the version, with its date.
2. The folder has one wheel and one sdist of that version, and the wheel is small enough.
3. The wheel has one top-level package with all bundled folders, and neither tests nor compiled files.
4. Every licence file in the wheel is named in its metadata, and the reverse.
5. The sdist has every file of the wheel's package.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from summit_graph import __version__

ROOT = Path(__file__).parent.parent
#: The size that a wheel may have at most, in bytes.
LARGEST = 60_000_000
#: Folders that the wheel carries inside its package, and the checkout beside it.
BUNDLED = ("app", "atlas", "cypher", "world")
#: Files that the program does not work without.
NEEDED = ("store/server/jars.lock", "app/server.py", "atlas/counts/manifest.json", "world/names.txt")


def main(folder: Path) -> None:
    """Print what is wrong; then the exit code is 1."""
    problems = [*problems_of(folder), *changelog_problems()]
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


def changelog_problems() -> Iterator[str]:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        yield f"CHANGELOG.md has no chapter '## [{__version__}] - DATE': move [Unreleased] under it"


def problems_of(folder: Path) -> list[str]:
    """What is wrong with the wheel and the sdist in a folder."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    names = [file.name for file in (*wheels, *sdists)]
    stem = f"summit_graph-{__version__}"
    if names != [f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"]:
        return [f"{folder} has {', '.join(names) or 'nothing'}, not one wheel and one sdist of {__version__}"]
    return [*wheel_problems(wheels[0]), *sdist_problems(sdists[0], wheels[0])]


def wheel_problems(wheel: Path) -> Iterator[str]:
    size = wheel.stat().st_size
    if size > LARGEST:
        yield f"the wheel has {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}"
    files = names_in(wheel)
    tops = {PurePosixPath(name).parts[0] for name in files}
    if tops != {"summit_graph", f"summit_graph-{__version__}.dist-info"}:
        yield f"the wheel has {', '.join(sorted(tops))} at its top"
    for needed in (f"summit_graph/{name}" for name in NEEDED):
        if needed not in files:
            yield f"the wheel lacks {needed}"
    for name in files:
        if name.endswith((".pyc", ".map")) or {"tests", "node_modules"} & set(PurePosixPath(name).parts):
            yield f"the wheel has {name}"
    yield from licence_problems(wheel, files)


def licence_problems(wheel: Path, files: set[str]) -> Iterator[str]:
    info = f"summit_graph-{__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
    named = {PurePosixPath(name).name for name in metadata.get_all("License-File", [])}
    bundled = {PurePosixPath(name).name for name in files if PurePosixPath(name).name.startswith("LICENSE")}
    if metadata["Version"] != __version__:
        yield f"the metadata has version {metadata['Version']}, not {__version__}"
    for name in sorted(named ^ bundled):
        yield f"{name} is bundled or named in the metadata, but not both"


def sdist_problems(sdist: Path, wheel: Path) -> Iterator[str]:
    """Files of the wheel's package that the sdist lacks, there beside the package or in it."""
    with tarfile.open(sdist) as archive:
        there = {name.partition("/")[2] for name in archive.getnames()}
    for name in sorted(names_in(wheel)):
        package, _, inside = name.partition("/")
        if package == "summit_graph":
            beside = PurePosixPath(inside).parts[0] in BUNDLED
            if (inside if beside else name) not in there:
                yield f"the sdist lacks {inside if beside else name}"


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
