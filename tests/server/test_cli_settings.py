"""The command line and its settings: which file and which data a command reads, and that it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.commands import run
from server.settings import Organisation

ORGANISATION = Organisation().slug


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away from the checkout's own files."""
    monkeypatch.chdir(tmp_path)


def test_a_data_folder_keeps_one_organisation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another one would find an empty store there, and take its own for lost."""
    assert run(["place", "add", "grenoble", "--data", "store"]) == 0
    monkeypatch.setenv("WALL_ORGANISATION__SLUG", "lumiere")
    for command in (["place", "add", "lyon", "--data", "store"], ["serve", "--port", "0", "--data", "store"]):
        capsys.readouterr()
        assert run(command) == 78
        said = capsys.readouterr().err
        assert "organisation.slug" in said
        assert f'"{ORGANISATION}"' in said
    assert run(["place", "add", "lyon", "--data", "another"]) == 0


def test_a_wrong_setting_is_78_with_its_name_and_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wall.toml").write_text("[server]\nport = 'eighty'\n", encoding="utf-8")
    for command in (["doctor"], ["serve"], ["token", "list"], ["demo", "--config", "wall.toml"]):
        assert run(command) == 78
        assert capsys.readouterr().err == (
            "Wrong setting: server.port. Expected: a whole number from 0 to 65535. "
            f"Settings: {(tmp_path / 'wall.toml').resolve()}.\n"
        )


def test_a_command_away_from_its_wall_toml_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WALL_ORGANISATION__SLUG", "lumiere")
    assert run(["place", "add", "grenoble", "--data", "store"]) == 0
    monkeypatch.delenv("WALL_ORGANISATION__SLUG")
    for command, status in (
        (["token", "create", "--role", "owner", "--data", "store"], 78),
        (["doctor", "--data", "store"], 78),
        (["channel", "check", "avis"], 1),
    ):
        capsys.readouterr()
        assert run(command) == status, command
        said = capsys.readouterr().err
        assert f"There is no wall.toml in {tmp_path}: --config names one that is elsewhere." in said, command
