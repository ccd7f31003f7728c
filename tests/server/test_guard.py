"""A package of ours that another distribution has overwritten is named at the start, in one sentence."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from server.guard import check_packages

ROOT = Path(__file__).resolve().parents[2]
START = "from server.cli import main; main()"


def start(*folders: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path[:0] = {[str(each) for each in folders]!r}; sys.argv[1:] = ['--version']; {START}"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would lay down: our wheel, unpacked."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        archive.extractall(target)
    return target


def test_all_is_well_here() -> None:
    assert check_packages() is None


def test_all_is_well_where_we_are_installed(installed: Path, tmp_path: Path) -> None:
    ran = start(installed, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_package_that_comes_from_elsewhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "moderation").mkdir()
    (tmp_path / "moderation" / "__init__.py").touch()
    ran = start(tmp_path, ROOT, cwd=tmp_path)
    assert ran.returncode == 1
    assert "`moderation` has been overwritten" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_file_that_was_overwritten_in_place_is_found(installed: Path, tmp_path: Path) -> None:
    victim = installed / "displays" / "__init__.py"
    kept = victim.read_bytes()
    victim.write_text("# a library that drives displays\n", encoding="utf-8")
    (installed / "led_displays-1.0.dist-info").mkdir()
    (installed / "led_displays-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: led-displays\nVersion: 1.0\n", encoding="utf-8"
    )
    (installed / "led_displays-1.0.dist-info" / "RECORD").write_text(
        "displays/__init__.py,,\n", encoding="utf-8"
    )
    ran = start(installed, cwd=tmp_path)
    victim.write_bytes(kept)
    assert ran.returncode == 1
    assert "`displays` has been overwritten by the distribution led-displays: uninstall it" in ran.stderr
    assert ran.stderr.count("\n") == 1
