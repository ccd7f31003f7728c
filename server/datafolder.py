"""The data folder: whose it is, and where its engine listens.

Owns the folder's lock, `engine.json`, `organisation` and `receipts.key`. Must not know how the engine runs, nor what
it stores.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from moderation.errors import Problem, WrongSetting

LONGEST_SOCKET: Final = 103  # bytes: sun_path holds 104 on macOS, 108 on Linux, with its final zero


class DataBusy(Problem):
    """Another process works on this data folder."""

    code = "data_busy"


@dataclass(frozen=True, slots=True)
class Published:
    """What `engine.json` says: the engine's socket and process, and how browsers reach the server that runs it."""

    socket: Path
    pid: int
    server: str = ""

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: int | None = None  # a descriptor while it is ours; the engine's process inherits it
        self._published = path / "engine.json"

    def take(self) -> bool:
        """Make the folder ours, if it is nobody's."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.lock = descriptor
        return True

    def release(self) -> None:
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def publish(self, said: Published) -> None:
        half = self._published.with_suffix(".new")
        row = {"socket": str(said.socket), "pid": said.pid, "server": said.server}
        half.write_text(json.dumps(row) + "\n", encoding="utf-8")
        half.replace(self._published)

    def published(self) -> Published | None:
        """The engine that runs on this folder, or ran and was killed."""
        try:
            said = json.loads(self._published.read_text(encoding="utf-8"))
            return Published(Path(said["socket"]), int(said["pid"]), str(said.get("server", "")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def withdraw(self) -> None:
        """Take back what was published, with the runtime folder it names. Only while the lock is ours."""
        if (said := self.published()) and said.socket.parent.name.startswith("wall-"):
            shutil.rmtree(said.socket.parent, ignore_errors=True)
        self._published.unlink(missing_ok=True)


def keep_for(path: Path, organisation: str) -> None:
    """A folder holds one organisation, the first that came. Raises WrongSetting for another."""
    file = path / "organisation"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        half = file.with_suffix(f".{os.getpid()}")
        half.write_text(organisation + "\n", encoding="utf-8")
        half.replace(file)
    check_kept_for(path, organisation)


def check_kept_for(path: Path, organisation: str) -> None:
    """Raises WrongSetting if it holds another: it would find an empty store, and believe that its own is lost."""
    file = path / "organisation"
    if file.exists() and (first := file.read_text(encoding="utf-8").strip()) != organisation:
        raise WrongSetting(
            name="organisation.slug",
            expected=f'"{first}", whose data {path} holds; another needs another --data',
        )


def receipts_key(path: Path) -> bytes:
    """What seals the receipts' links, made at the first start. In no backup: a copy of the data opens no receipt."""
    file = path / "receipts.key"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        descriptor, half = tempfile.mkstemp(prefix="receipts.", dir=path)  # 0600
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):  # another process was first
            os.link(half, file)
        os.unlink(half)
    return bytes.fromhex(file.read_text(encoding="ascii"))


def runtime_folder() -> Path:
    """A private folder with a short path, for the socket. Never in the data folder: its path may be long."""
    usual = tempfile.gettempdir()
    longest = LONGEST_SOCKET - len("/wall-12345678/engine.sock")
    return Path(tempfile.mkdtemp(prefix="wall-", dir=usual if len(os.fsencode(usual)) <= longest else "/tmp"))  # noqa: S108 - mkdtemp makes it private
