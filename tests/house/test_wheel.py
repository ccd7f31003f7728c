"""What is installed: the four packages whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "displays", "moderation", "connectors")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    return zipfile.Path(built)


def names(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def test_everything_that_the_packages_hold_is_in_it(wheel: zipfile.Path) -> None:
    held = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held <= names(wheel)
    for sample in ("moderation/lua/", "displays/templates/", "displays/static/", "displays/locales/fr/"):
        assert any(name.startswith(sample) for name in names(wheel)), sample


def test_nothing_else_is(wheel: zipfile.Path) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names(wheel)} == {*PACKAGES, "complicite"}


def test_there_is_one_console_script(wheel: zipfile.Path) -> None:
    (entries,) = (name for name in names(wheel) if name.endswith(".dist-info/entry_points.txt"))
    assert wheel.root.read(entries).decode().split() == [
        "[console_scripts]",
        "complicity",
        "=",
        "server.cli:main",
    ]
