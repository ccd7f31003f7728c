"""The settings table: what is read, from where, and how a wrong one is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import trustme

from moderation.errors import WrongSetting
from server import cautions
from server.settings import SECTIONS, TABLES, Channel, Settings, reference
from server.settings_file import load

PLACE = '[[place]]\nslug = "grenoble"\nname = "Grenoble"\n'
CHANNEL = '[[channel]]\nslug = "avis"\nkind = "webhook"\nplaces = ["grenoble"]\n'


def read(folder: Path, toml: str, **environ: str) -> Settings:
    path = folder / "wall.toml"
    path.write_text(toml, encoding="utf-8")
    return load(path, environ)


def test_without_a_file_everything_has_its_default() -> None:
    assert load(None, {}) == Settings()


def test_the_contract_s_example_is_read(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
        [organisation]
        slug = "lumiere"
        name = "Maison Lumière"
        languages = ["fr"]
        [server]
        port = 8123
        [[place]]
        slug = "grenoble"
        name = "Grenoble, place Victor-Hugo"
        timezone = "Europe/Paris"
        lease_seconds = 60
        [[channel]]
        slug = "avis"
        kind = "webhook"
        places = ["grenoble"]
        secret = "env:AVIS_SECRET"
        reply_url = "https://avis.example.org/answers"
        """,
        AVIS_SECRET="of-the-reviews",
    )
    assert settings.organisation.name == "Maison Lumière"
    assert settings.server.base_url == "http://127.0.0.1:8123"
    assert (settings.places[0].lease_seconds, settings.places[0].wall_max) == (60, 200)
    assert settings.places[0].declared
    assert settings.channels[0].places == ("grenoble",)
    assert dict(settings.channels[0].options) == {
        "secret": "of-the-reviews",
        "reply_url": "https://avis.example.org/answers",
    }


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "[server]\nport = 8001\n",
        WALL_SERVER__PORT="9000",
        WALL_ORGANISATION__LANGUAGES="en, fr",
        PATH="/usr/bin",
    )
    assert settings.server.port == 9000
    assert settings.organisation.languages == ("en", "fr")


def test_no_secret_is_printed(tmp_path: Path) -> None:
    settings = read(
        tmp_path, PLACE + CHANNEL + 'secret = "hush"\n', WALL_ENGINE__URL="redis://:hush@engine.example:6379"
    )
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("toml", "name", "expected"),
    [
        ("[serveur]\n", "serveur", "one of organisation, server"),
        ("server = 3\n", "server", "[server]"),
        ("[place]\n", "place", "[[place]]"),
        ("[server]\nprot = 1\n", "server.prot", "one of host, port"),
        ("[server]\nport = 70000\n", "server.port", "0 to 65535"),
        ('[server]\nport = "8000"\n', "server.port", "whole number"),
        ("[server]\nport = true\n", "server.port", "whole number"),
        ('[server]\nhost = ""\n', "server.host", "IP address"),
        ('[server]\npublic_url = "mur.example.org"\n', "server.public_url", "https://"),
        ('[server]\npublic_url = "https://a.example/path"\n', "server.public_url", "no path"),
        ('[server]\ntrusted_proxies = ["proxy"]\n', "server.trusted_proxies", "IP addresses"),
        ('[server]\ntls_cert = "/nowhere.pem"\n', "server.tls_cert", "file that exists"),
        ('[organisation]\nslug = "Lumière"\n', "organisation.slug", "small letters"),
        ('[organisation]\nname = " "\n', "organisation.name", "not empty"),
        ('[organisation]\nlanguages = ["de"]\n', "organisation.languages", "fr, en"),
        ("[organisation]\nlanguages = []\n", "organisation.languages", "one or more"),
        ('[engine]\nurl = "http://x"\n', "engine.url", "redis://"),
        ('[engine]\nurl = "redis://"\n', "engine.url", "redis://"),
        ("[retention]\npending = 0\n", "retention.pending", "1 to 3650"),
        ('[[place]]\nslug = "grenoble"\n', "place.grenoble.name", "no default"),
        ('[[place]]\nname = "x"\n', "place.1.slug", "no default"),
        (PLACE + "lease_seconds = 29\n", "place.grenoble.lease_seconds", "30 to 900"),
        (PLACE + 'timezone = "Europe/Isère"\n', "place.grenoble.timezone", "Europe/Paris"),
        (PLACE + 'timezone = "../../etc/passwd"\n', "place.grenoble.timezone", "Europe/Paris"),
        (PLACE + PLACE, "place.grenoble.slug", "taken"),
        (CHANNEL, "channel.avis.secret", "env:NAME"),
        (
            CHANNEL + 'secrett = "a"\n',
            "channel.avis.secrett",
            "one of slug, kind, places, name, secret, reply_url",
        ),
        (CHANNEL + 'secret = ""\n', "channel.avis.secret", "two different"),
        (CHANNEL + 'secret = ["a", "a"]\n', "channel.avis.secret", "two different"),
        (CHANNEL + 'secret = ["a", "b", "c"]\n', "channel.avis.secret", "two different"),
        (CHANNEL + "secret = 12\n", "channel.avis.secret", "two different"),
        (CHANNEL + 'secret = "env:AVIS"\n', "channel.avis.secret", "variable AVIS to be set"),
        (CHANNEL + 'secret = "a"\nreply_url = "http://avis.example"\n', "channel.avis.reply_url", "https://"),
        (CHANNEL + 'secret = "a"\nreply_url = 3\n', "channel.avis.reply_url", "https://"),
        (CHANNEL.replace('["grenoble"]', "[]"), "channel.avis.places", "one or more"),
        (
            PLACE + CHANNEL + 'secret = ["a", "b"]\n' + CHANNEL.replace("avis", "autre") + 'secret = "b"\n',
            "channel.autre.secret",
            "not that of channel avis",
        ),
        ("[server\n", "wall.toml", "valid TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_what_was_expected(
    tmp_path: Path, toml: str, name: str, expected: str
) -> None:
    with pytest.raises(WrongSetting) as refused:
        read(tmp_path, toml)
    assert str(refused.value.params["name"]).endswith(name)
    assert expected in str(refused.value.params["expected"])


@pytest.mark.parametrize("variable", ["WALL_SERVER__PROT", "WALL_SERVEUR__PORT"])
def test_a_misspelt_variable_is_refused(variable: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        load(None, {variable: "1"})
    assert refused.value.params["name"] == variable


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/in", "http://localhost/in", "http://[::1]/in", ""])
def test_replies_may_travel_in_the_clear_on_loopback_only(tmp_path: Path, url: str) -> None:
    settings = read(tmp_path, PLACE + CHANNEL + f'secret = "a"\nreply_url = "{url}"\n')
    assert settings.channels[0].options["reply_url"] == url


def test_tls_files_go_together_and_match(tmp_path: Path) -> None:
    authority = trustme.CA()
    one, other = authority.issue_cert("mur.example.org"), authority.issue_cert("mur.example.org")
    cert, key, foreign = (tmp_path / name for name in ("cert.pem", "key.pem", "other.pem"))
    one.cert_chain_pems[0].write_to_path(str(cert))
    one.private_key_pem.write_to_path(str(key))
    other.private_key_pem.write_to_path(str(foreign))

    settings = read(tmp_path, f'[server]\ntls_cert = "{cert}"\ntls_key = "{key}"\n')
    assert settings.server.base_url == "https://127.0.0.1:8000"
    assert settings.server.secure
    with pytest.raises(WrongSetting, match=r"server\.tls_key"):
        read(tmp_path, f'[server]\ntls_cert = "{cert}"\n')
    with pytest.raises(WrongSetting, match=r"server\.tls_key"):
        read(tmp_path, f'[server]\ntls_cert = "{cert}"\ntls_key = "{foreign}"\n')
    with pytest.raises(WrongSetting, match=r"server\.tls_cert"):
        read(tmp_path, f'[server]\ntls_cert = "{key}"\ntls_key = "{key}"\n')


@pytest.mark.parametrize(
    ("host", "public_url", "origin"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8000"),
        ("::1", "", "http://[::1]:8000"),
        ("127.0.0.1", "https://Mur.Example.org/", "https://mur.example.org"),
        ("127.0.0.1", "https://mur.example.org:443", "https://mur.example.org"),
        ("127.0.0.1", "http://mur.example.org:8080", "http://mur.example.org:8080"),
    ],
)
def test_the_origin_is_what_a_browser_sends(host: str, public_url: str, origin: str) -> None:
    settings = load(None, {"WALL_SERVER__HOST": host, "WALL_SERVER__PUBLIC_URL": public_url})
    assert settings.server.origins == {origin}


def test_what_will_not_work_is_named() -> None:
    def of(**environ: str) -> str:
        named = {
            "WALL_ORGANISATION__CONTROLLER": "Lumière SAS",
            "WALL_ORGANISATION__CONTACT": "mur@example.org",
        }
        found = [each.says("en") for each in cautions.of_settings(load(None, {**named, **environ}))]
        assert len(found) == len(set(found))
        return " ".join(found)

    assert "this machine alone" in of()
    assert "no phone can open" in of(WALL_SERVER__HOST="0.0.0.0")
    assert "cookies" in of(WALL_SERVER__HOST="0.0.0.0")
    assert "cookies" in of(WALL_SERVER__PUBLIC_URL="http://mur.example.org")
    assert of(WALL_SERVER__PUBLIC_URL="https://mur.example.org") == ""
    assert "controller" in of(WALL_ORGANISATION__CONTROLLER="")
    assert "contact" in of(WALL_ORGANISATION__CONTACT="")


def test_the_reference_names_every_key_once() -> None:
    table = reference()
    for section, kind in (*SECTIONS.items(), *TABLES.items()):
        for each in dataclasses.fields(kind):
            if each.name != "options":
                assert table.count(f"| `{section}.{each.name}` |") == 1
                assert each.metadata["help"] in table


@pytest.mark.parametrize(("secret", "warned"), [("short", True), ("é" * 8, False), (["x" * 16, "x"], True)])
def test_a_secret_that_can_be_guessed_is_warned_of(secret: object, warned: bool) -> None:
    channel = Channel(slug="avis", kind="webhook", places=("grenoble",), options={"secret": secret})
    found = {each.code for each in cautions.of_settings(Settings(channels=(channel,)))}
    assert ("weak_secret" in found) == warned
