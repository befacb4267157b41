"""The explorer's JavaScript as one script."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.display.bundle import bundle_modules
from summit_graph.display.page import _in_script
from summit_graph.settings import package_folder

ASSETS = package_folder("app") / "assets"


def write_modules(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_a_module_comes_behind_its_imports_and_once(tmp_path: Path) -> None:
    """Imports become constants; what a module exports is returned."""
    folder = write_modules(
        tmp_path,
        top='import { two as more } from "./low.js";\nimport * as all from "./low.js";\n'
        "export default class Top {}",
        low="export const one = 1;\nconst b = 2;\nexport { b as two };\n",
    )
    script = bundle_modules(folder, "top.js", "low.js")
    assert script.count('modules["low.js"] = ') == 1
    assert script.index('modules["low.js"] = ') < script.index('modules["top.js"] = ')
    assert 'const { two: more } = modules["low.js"];' in script
    assert 'const all = modules["low.js"];' in script
    assert "return { one, two: b };" in script
    assert "return { default: Top };" in script


@pytest.mark.parametrize(
    "text", ['import "./low.js";', 'import low from "pkg";', "export * from './low.js';", "export let x;"]
)
def test_what_is_not_understood_is_refused(text: str, tmp_path: Path) -> None:
    """No import or export stays in the script, where it would be a syntax error (kind: a silent leftover)."""
    with pytest.raises(ValueError, match="cannot join"):
        bundle_modules(write_modules(tmp_path, top=text, low=""), "top.js")


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    """A function that runs once cannot need itself."""
    folder = write_modules(tmp_path, one='import { b } from "./two.js";', two='import { a } from "./one.js";')
    with pytest.raises(ValueError, match="import each other"):
        bundle_modules(folder, "one.js")


@pytest.mark.parametrize("file", sorted(ASSETS.glob("*.js")), ids=lambda file: file.name)
def test_every_component_can_be_joined(file: Path) -> None:
    """All of the explorer's modules are written in the way that is understood."""
    bundle_modules(ASSETS, file.name)


def test_no_text_ends_the_script() -> None:
    """Names of classes may be any text (kind: text read as markup)."""
    assert "</script" not in _in_script('"</script><script>alert(1)</script><!--"')
    assert "<!--" not in _in_script('"<!-- <script>"')
