"""The whole house as `complicity serve` runs it: behind its own TLS, under another host name."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import trustme

from server.datafolder import receipts_key

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    port: int
    url: str


@contextmanager
def serving(folder: Path, **environ: str) -> Iterator[Running]:
    """`complicity serve` on a free port; the data stays in ``folder``."""
    command = [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--json", "--data", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **environ}
    ) as process:
        try:
            assert process.stdout
            ready = json.loads(process.stdout.readline())
            yield Running(process, listening_port(process.pid), ready["url"])
        finally:
            process.kill()


def listening_port(pid: int) -> int:
    """Of the one TCP socket that this process listens on: with `public_url` the ready line does not tell."""
    inodes = {
        os.readlink(f"/proc/{pid}/fd/{fd}").removeprefix("socket:[").rstrip("]")
        for fd in os.listdir(f"/proc/{pid}/fd")
        if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:[")
    }
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
        _, local, _, state, *rest = line.split()
        if state == "0A" and rest[5] in inodes:
            return int(local.rpartition(":")[2], 16)
    raise AssertionError("it listens nowhere")


def add_owner(folder: Path) -> None:
    command = [sys.executable, "-m", "server.cli", "--data", str(folder)]
    environ = {**os.environ, "OWNERS_PASSWORD": PASSWORD}
    for arguments in (
        ["place", "add", "grenoble"],
        ["user", "add", "Odile", "--role", "owner", "--password-env", "OWNERS_PASSWORD"],
    ):
        subprocess.run([*command, *arguments], cwd=ROOT, env=environ, check=True, capture_output=True)


def test_behind_its_own_tls_files_and_another_host_name(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("mur.example.org")
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    add_owner(tmp_path / "data")
    with serving(
        tmp_path / "data",
        WALL_SERVER__PUBLIC_URL="https://mur.example.org",
        WALL_SERVER__TLS_CERT=str(tmp_path / "cert.pem"),
        WALL_SERVER__TLS_KEY=str(tmp_path / "key.pem"),
    ) as running:
        assert running.url == "https://mur.example.org"
        address = f"https://127.0.0.1:{running.port}"
        with httpx.Client(verify=trusting, base_url=address, headers={"Host": "mur.example.org"}) as browser:

            def ask(method: str, path: str, **more: object) -> httpx.Response:
                return browser.request(method, path, extensions={"sni_hostname": "mur.example.org"}, **more)  # type: ignore[arg-type]

            assert ask("GET", "/readyz").status_code == 200
            fields = {"name": "Odile", "password": PASSWORD}
            other = ask("POST", "/sign-in", data=fields, headers={"Origin": "https://elsewhere.example"})
            assert other.status_code == 403
            entered = ask("POST", "/sign-in", data=fields, headers={"Origin": "https://mur.example.org"})
            assert entered.status_code == 303
            cookie = entered.headers["set-cookie"]
            assert cookie.startswith("__Host-session=")
            assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax")), cookie


def test_the_key_of_the_receipts_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    key = receipts_key(data)
    assert (receipts_key(data), len(key)) == (key, 32)
    assert [file.name for file in data.iterdir()] == ["receipts.key"]
    assert (data / "receipts.key").stat().st_mode & 0o077 == 0
