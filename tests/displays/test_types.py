"""The JSDoc types of the pages' modules hold: TypeScript reads them, and nothing of it reaches a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_modules_types_hold() -> None:
    tsc = shutil.which("tsc", path=str(ROOT / "node_modules" / ".bin"))
    if tsc is None:
        pytest.skip("no TypeScript: `npm ci` brings it")
    checked = subprocess.run([tsc, "-p", ROOT / "tsconfig.json"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
