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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_everything_that_the_packages_hold_is_in_it(wheel: set[str]) -> None:
    held = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held <= wheel
    for sample in ("moderation/lua/", "displays/templates/", "displays/static/", "displays/locales/fr/"):
        assert any(name.startswith(sample) for name in wheel), sample


def test_nothing_else_is(wheel: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {*PACKAGES, "complicite"}


def test_there_is_one_console_script() -> None:
    from importlib.metadata import distribution

    scripts = [each for each in distribution("complicite").entry_points if each.group == "console_scripts"]
    assert [(each.name, each.value) for each in scripts] == [("complicity", "server.cli:main")]
