"""The kiosk kit's own rules: what is well, what it is told, what a power cut leaves. Its life with a real browser is
in tests/browser/test_kiosk_kit.py."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from displays.kiosk import chromium
from displays.kiosk.panel import Panel, outputs
from displays.kiosk.server import trouble
from displays.kiosk.settings import Settings, Wrong, read
from displays.kiosk.systemd import Systemd
from displays.kiosk.watch import Seen, Watch

KIT = Path(chromium.__file__).parent
WALL = "https://mur.example.org/screen"
WAITING = "file:///var/lib/complicite-kiosk/waiting.html"
LIVE = Seen(address=WALL, tick="1", state="live", closed=False, kept=True)


@pytest.fixture
def watch() -> Watch:
    return Watch(WALL, WAITING, now=0, patience=60)


def test_our_page_is_well_while_its_tick_moves(watch: Watch) -> None:
    for now in range(0, 600, 20):
        assert watch.judge(replace(LIVE, tick=str(now)), now) == "well"


def test_a_page_whose_work_has_stopped_is_dead_after_a_minute(watch: Watch) -> None:
    assert watch.judge(LIVE, 20) == "well"
    assert [watch.judge(LIVE, now) for now in (40, 79, 80)] == ["silent", "silent", "dead"]


def test_a_page_that_never_began_is_dead_after_a_minute(watch: Watch) -> None:
    assert [watch.judge(replace(LIVE, tick=""), now) for now in (20, 60)] == ["silent", "dead"]


def test_a_renderer_that_does_not_answer_is_given_a_minute(watch: Watch) -> None:
    assert watch.judge(LIVE, 20) == "well"
    assert watch.judge(None, 79) == "silent"
    assert watch.judge(replace(LIVE, tick="2"), 79.5) == "well"
    assert watch.judge(None, 139.5) == "dead"


@pytest.mark.parametrize(
    "address",
    [
        "chrome-error://chromewebdata/",
        "https://evil.example/screen",
        f"{WALL}s",
        "https://mur.example.org/",
        "",
    ],
)
def test_anything_else_is_astray_whatever_it_says_of_itself(watch: Watch, address: str) -> None:
    assert watch.judge(replace(LIVE, address=address), 20) == "astray"
    assert watch.judge(replace(LIVE, address=address, tick="2"), 60) == "dead"


def test_waiting_for_the_server_is_no_failure_however_long_it_takes(watch: Watch) -> None:
    seen = replace(LIVE, address=f"{WAITING}#refused", tick="")
    assert {watch.judge(seen, now) for now in range(0, 100_000, 50)} == {"waits"}


def test_the_walls_address_may_carry_more(watch: Watch) -> None:
    assert watch.judge(replace(LIVE, address=f"{WALL}?lang=en#new"), 20) == "well"


# Settings ---------------------------------------------------------------------------------------------


def test_a_file_of_one_line_is_enough(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text('url = "https://mur.example.org/screen"\n', "utf-8")
    assert read(tmp_path / "kiosk.toml").wall == WALL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "address"),
        ('url = "mur.example.org"', "address"),
        ('url = "file:///etc/passwd"', "address"),
        ("url = 3", "url is to be str"),
        ('url = "https://a.example"\npannel = "cec"', "pannel"),
        ('url = "https://a.example"\npanel = "hdmi"', "on, off, cec"),
        ('url = "https://a.example"\nmemory_mb = "lots"', "memory_mb is to be int"),
        ('url = "https://a.example"\nflags = "--x"', "flags is to be a list"),
        ("url = ", "no TOML"),
    ],
)
def test_a_wrong_setting_is_told_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Wrong, match=said) as told:
        read(file)
    assert str(file) in str(told.value)


def test_a_browser_that_is_not_there_is_told() -> None:
    with pytest.raises(Wrong, match="apt install chromium"):
        chromium.find(Settings("https://a.example", browser="no-such-browser"))


# The profile ------------------------------------------------------------------------------------------


def test_a_power_cut_leaves_no_bubble_and_no_lock(tmp_path: Path) -> None:
    default = tmp_path / "Default"
    default.mkdir()
    said = {"profile": {"exit_type": "Crashed", "exited_cleanly": False, "name": "kept"}}
    (default / "Preferences").write_text(json.dumps(said), "utf-8")
    (tmp_path / "SingletonLock").symlink_to("another-host-4242")
    chromium.tidy(tmp_path)
    chromium.tidy(tmp_path)
    now = json.loads((default / "Preferences").read_text("utf-8"))
    assert now["profile"] == {"exit_type": "Normal", "exited_cleanly": True, "name": "kept"}
    assert not (tmp_path / "SingletonLock").is_symlink()


@pytest.mark.parametrize("torn", ["", '{"profile": {"exit', "[]", '{"profile": 3}'])
def test_preferences_torn_by_a_cut_do_not_stop_a_start(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "Default" / "Preferences"
    file.parent.mkdir()
    file.write_text(torn, "utf-8")
    (tmp_path / "Default" / "Cookies").write_text("the pairing", "utf-8")
    chromium.tidy(tmp_path)
    assert json.loads(file.read_text("utf-8"))["translate"] == {"enabled": False}
    assert (tmp_path / "Default" / "Cookies").read_text("utf-8") == "the pairing"


# The server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n" + 101 * b"A: b\r\n" + b"\r\n"]
)
def test_whatever_else_answers_at_the_address_is_a_stranger(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            line, _ = door.accept()
            with line:
                line.recv(1000)
                line.sendall(said)

        guest = Thread(target=answer)
        guest.start()
        assert trouble(f"http://127.0.0.1:{door.getsockname()[1]}/screen") == "stranger"
        guest.join()


# The panel and systemd --------------------------------------------------------------------------------


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Programs of a name that write down how they were called, first on PATH."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def tool(name: str, script: str) -> Path:
        file = tmp_path / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {calls}\n{script}\n', "utf-8")
        file.chmod(0o755)
        return calls

    return tool


def test_each_output_is_put_out_once_and_lit_again(tools: Callable[[str, str], Path]) -> None:
    calls = tools(
        "wlr-randr", 'test $# -gt 0 || printf "HDMI-A-1 x\\n  Enabled: yes\\nHDMI-A-2 y\\n  1 px\\n"'
    )
    panel = Panel("off", wayland=True)
    for lit in (True, False, False, True):
        panel.put(lit)
    assert [line for line in calls.read_text().splitlines() if "--output" in line] == [
        "wlr-randr --output HDMI-A-1 --off",
        "wlr-randr --output HDMI-A-2 --off",
        "wlr-randr --output HDMI-A-1 --on",
        "wlr-randr --output HDMI-A-2 --on",
    ]


def test_a_panel_that_did_not_obey_is_asked_again(tools: Callable[[str, str], Path]) -> None:
    calls = tools("xset", "exit 1")
    panel = Panel("off", wayland=False)
    panel.put(False)
    panel.put(False)
    assert calls.read_text().splitlines() == ["xset dpms force off"] * 2


def test_a_panel_that_is_to_stay_on_is_left_alone(tools: Callable[[str, str], Path]) -> None:
    calls = tools("xset", "")
    Panel("on", wayland=False).put(False)
    assert not calls.exists()


def test_a_television_that_a_power_cut_left_on_standby_is_woken_in_the_morning(
    tools: Callable[[str, str], Path],
) -> None:
    calls = tools("cec-ctl", "")
    panel = Panel("cec", wayland=True)
    panel.put(True)
    panel.put(True)
    assert calls.read_text().splitlines() == ["cec-ctl --playback", "cec-ctl --to 0 --image-view-on"]


def test_no_output_is_no_name() -> None:
    assert outputs("\n  Enabled: yes\n") == []


def test_systemd_hears_that_we_live(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        Systemd(str(tmp_path / "notify")).tell("well")
        assert heard.recv(1000) == b"READY=1\nWATCHDOG=1\nSTATUS=well"
    Systemd(str(tmp_path / "notify")).tell("nobody listens any more, and that is no error")
    Systemd("").tell("there is no systemd")


# Installed ----------------------------------------------------------------------------------------------


def install(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(KIT / "install.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def placed(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_it_is_installed_twice_as_once_and_taken_away_whole(tmp_path: Path) -> None:
    to = ("--root", str(tmp_path))
    assert install(*to, "https://mur.example.org", "--panel", "cec").returncode == 0
    once = placed(tmp_path)
    assert install(*to).returncode == 0
    assert placed(tmp_path) == once
    settings = tmp_path / "etc" / "complicite-kiosk.toml"
    assert read(settings) == Settings("https://mur.example.org", panel="cec")

    assert install(*to, "--uninstall").returncode == 0
    assert placed(tmp_path) == {"etc/complicite-kiosk.toml": once["etc/complicite-kiosk.toml"]}
    assert install(*to, "--uninstall", "--purge").returncode == 0
    assert placed(tmp_path) == {}


def test_what_was_written_by_hand_outlives_another_install(tmp_path: Path) -> None:
    to = ("--root", str(tmp_path))
    install(*to, "https://old.example.org", "--session", "x")
    settings = tmp_path / "etc" / "complicite-kiosk.toml"
    settings.write_text(settings.read_text("utf-8") + "memory_mb = 900\n", "utf-8")
    assert install(*to, "https://new.example.org/a&b|c").returncode == 0
    assert read(settings) == Settings("https://new.example.org/a&b|c", memory_mb=900)
    unit = (tmp_path / "etc" / "systemd" / "system" / "complicite-kiosk.service").read_text("utf-8")
    assert "session.sh x\n" in unit
    assert "XDG_SESSION_TYPE=x11" in unit
    assert "@" not in unit.replace("getty@tty7", "")


def test_a_file_that_ends_in_the_middle_of_a_line_stays_one_that_can_be_read(tmp_path: Path) -> None:
    to = ("--root", str(tmp_path))
    install(*to, "https://mur.example.org")
    settings = tmp_path / "etc" / "complicite-kiosk.toml"
    settings.write_text('url = "https://mur.example.org"', "utf-8")
    assert install(*to, "--panel", "cec").returncode == 0
    assert read(settings) == Settings("https://mur.example.org", panel="cec")


# What lightdm, sddm and gdm3 of Debian 12 do at each update (their postinst, shortened).
UPDATED = """
cd "$0"
service=lib/systemd/system/$(basename "$(cat etc/X11/default-display-manager)").service
[ ! -e "$service" ] || ln -sf "/$service" etc/systemd/system/display-manager.service
"""


@pytest.mark.parametrize("manager", ["gdm3", "lightdm"])
def test_a_desktop_gives_way_for_good_and_comes_back_when_the_kit_is_taken_away(
    tmp_path: Path, manager: str
) -> None:
    """gdm3 has no [Install], so `systemctl enable` would not bring it back."""
    units = tmp_path / "lib" / "systemd" / "system"
    links = tmp_path / "etc" / "systemd" / "system"
    chosen = tmp_path / "etc" / "X11" / "default-display-manager"
    for folder in (units, links, chosen.parent):
        folder.mkdir(parents=True)
    (units / f"{manager}.service").touch()
    chosen.write_text(f"/usr/sbin/{manager}\n", "utf-8")
    login, end = links / "display-manager.service", links / "default.target"
    login.symlink_to(f"/lib/systemd/system/{manager}.service")
    end.symlink_to("/lib/systemd/system/multi-user.target")

    to = ("--root", str(tmp_path))
    for _ in range(2):
        assert install(*to, "https://mur.example.org").returncode == 0
        subprocess.run(["sh", "-c", UPDATED, str(tmp_path)], check=True)
        assert login.readlink().name == "complicite-kiosk.service"
        assert end.readlink().name == "graphical.target"

    assert install(*to, "--uninstall").returncode == 0
    assert login.readlink() == Path(f"/lib/systemd/system/{manager}.service")
    assert end.readlink() == Path("/lib/systemd/system/multi-user.target")
    assert chosen.read_text("utf-8") == f"/usr/sbin/{manager}\n"


def test_a_machine_without_a_desktop_has_none_afterwards(tmp_path: Path) -> None:
    to = ("--root", str(tmp_path))
    install(*to, "https://mur.example.org")
    install(*to, "--uninstall", "--purge")
    assert [each for each in tmp_path.rglob("*") if not each.is_dir()] == []


def test_what_is_installed_runs(tmp_path: Path) -> None:
    install("--root", str(tmp_path), "https://mur.example.org")
    lib = tmp_path / "usr" / "local" / "lib" / "complicite-kiosk"
    bare = [sys.executable, "-S", "-E", "-B", "-m", "kiosk", "--check"]
    ran = subprocess.run(
        [*bare, "--config", "none.toml"], cwd=lib, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (78, "none.toml can't be read: No such file or directory\n")
    assert (lib / "cursors" / "none" / "cursors" / "default").read_bytes()[:4] == b"Xcur"
    assert (lib / "session.sh").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("mur.example.org",), 2, "An address begins with https://"),
        (("--session",), 2, "needs a value"),
        (("--session", "gnome"), 2, "cage, labwc or x"),
        (("--panel", "hdmi"), 2, "on, off or cec"),
        (("--root", "/nonexistent"), 2, "which wall?"),
        (('https://mur.example.org/"', "--dry-run"), 2, "no quotes"),
    ],
)
def test_a_wrong_command_is_told_and_does_nothing(arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = install(*arguments)
    assert ran.returncode == code
    assert said in ran.stderr
    assert not Path("/nonexistent").exists()
