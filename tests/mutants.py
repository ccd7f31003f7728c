"""Breaks each promise once, on purpose, and looks whether its test sees it: `python -m tests.mutants [WORD…]`.

Owns the scratch copies and the verdicts; `promises.toml` owns what is broken. Must not touch the working tree.
A mutant is killed only when its test fails as a test fails: a broken import or a script that no longer
compiles proves nothing, and neither does a test that fails without the mutant.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PROMISES: Final = ROOT / "tests" / "promises.toml"
LONGEST: Final = 10  # lines of a patch, taken out and put in
AT_ONCE: Final = 2
SECONDS: Final = 120  # of one test run
COPIED: Final = ("server", "displays", "moderation", "connectors", "tests", "pyproject.toml")
_FAILED: Final = re.compile(r"^FAILED ", re.MULTILINE)
_BROKEN: Final = re.compile(
    r"- \S*(ImportError|ModuleNotFound|SyntaxError|NameError|UnboundLocal|ResponseError)"
)


class Stale(Exception):
    """The patch no longer fits the code."""


@dataclass(frozen=True, slots=True)
class Mutant:
    promise: str
    name: str
    file: str
    old: str
    new: str
    test: str

    @property
    def lines(self) -> int:
        return len(self.old.splitlines()) + len(self.new.splitlines())

    def applied(self, root: Path) -> str:
        """The file's text with the promise broken. Raises Stale."""
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if self.lines > LONGEST:
            raise Stale(f"{self.lines} lines; {LONGEST} are the most")
        if self.old == self.new or text.count(self.old) != 1:
            raise Stale(f"the old text is {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Verdict:
    mutant: Mutant
    killed: bool
    said: str
    seconds: float


def read(path: Path = PROMISES) -> tuple[Mutant, ...]:
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return tuple(Mutant(**row) for row in rows)


@contextmanager
def scratch() -> Iterator[Path]:
    """A copy of what a test needs, without what the machine left beside it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        for part in COPIED:
            source, target = ROOT / part, Path(name) / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            else:
                shutil.copy(source, target)
        yield Path(name)


def run(tests: Sequence[str], root: Path) -> tuple[int, str]:
    """pytest's exit code and last words, on the copy. It writes no bytecode: a stale one would hide the mutant."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", "--tb=no", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root), "COLUMNS": "400"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end after {SECONDS} s"
    return done.returncode, done.stdout + done.stderr


def judge(mutant: Mutant) -> Verdict:
    started = time.monotonic()

    def verdict(killed: bool, said: str) -> Verdict:
        return Verdict(mutant, killed, said, time.monotonic() - started)

    with scratch() as root:
        try:
            text = mutant.applied(root)
        except Stale as stale:
            return verdict(False, f"no longer applies: {stale}")
        (root / mutant.file).write_text(text, encoding="utf-8")
        code, said = run([mutant.test], root)
    if code == 0:
        return verdict(False, "survived: the test stayed green")
    if code != 1 or not _FAILED.search(said) or _BROKEN.search(said):
        return verdict(False, f"broke the environment, not the promise:\n{said}")
    return verdict(True, "killed")


def healthy(mutants: Sequence[Mutant]) -> str | None:
    """None when every needed test passes without a mutant; else what pytest said."""
    with scratch() as root:
        code, said = run(sorted({mutant.test for mutant in mutants}), root)
    if code == 0 and "skipped" not in said:
        return None
    return said


def main(words: Sequence[str]) -> int:
    mutants = [m for m in read() if not words or any(w in f"{m.promise} {m.name} {m.file}" for w in words)]
    if not mutants:
        print("no such mutant")
        return 2
    if (said := healthy(mutants)) is not None:
        print(f"these tests fail without any mutant:\n{said}")
        return 1
    verdicts: list[Verdict] = []
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for verdict in workers.map(judge, mutants):
            m = verdict.mutant
            print(f"{m.promise:4} {m.name:58} {verdict.said} ({verdict.seconds:.1f} s)", flush=True)
            verdicts.append(verdict)
    killed = sum(verdict.killed for verdict in verdicts)
    print(f"{killed} passed, {len(verdicts) - killed} failed")
    return 0 if killed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
