"""The doors: signing in and out, sessions, CSRF, Origin, tokens, and how often one may try."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from argon2 import PasswordHasher
from limits import parse

from moderation.roster import Roster
from moderation.store import Store
from server.entrance import within
from server.limits import Rule, client_address, counted
from server.passwords import Passwords
from tests.support.houses import PASSWORD, ROLES, House, behind, house


async def test_signing_in_and_out(home: House) -> None:
    async with home.browser() as browser:
        sent_away = await browser.get("/desk")
        assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/sign-in?next=%2Fdesk")
        fields = {"name": "moderator", "password": PASSWORD, "next": "/desk"}
        entered = await browser.post("/sign-in", data=fields)
        assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
        cookie = entered.headers["set-cookie"]
        assert "session=" in cookie
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert (await browser.get("/desk")).status_code == 200

        secret = browser.cookies["session"]
        left = await browser.post("/sign-out", data={"csrf": await home.csrf(browser)})
        assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
        browser.cookies.set("session", secret)
        assert (await browser.get("/desk")).status_code == 303, "the session is gone, not only its cookie"


async def test_under_https_cookies_belong_to_this_host_alone(store: Store, roster: Roster) -> None:
    async with house(store, roster, behind("https://wall.example")) as home, home.browser() as browser:
        entered = await browser.post("/sign-in", data={"name": "Owner", "password": PASSWORD})
        cookie = next(
            c for c in entered.headers.get_list("set-cookie") if PASSWORD not in c and "Max-Age=0" not in c
        )
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "max-age=31536000" in entered.headers["strict-transport-security"]


@pytest.mark.parametrize("name", ["moderator", "nobody-of-this-name"])
async def test_an_unknown_name_and_a_wrong_password_are_one_answer(home: House, name: str) -> None:
    async with home.browser() as browser:
        refused = await browser.post("/sign-in", data={"name": name, "password": "wrong password of mine"})
        assert refused.status_code == 401
        assert "ne vont pas ensemble" in refused.text
        assert "wrong password of mine" not in refused.text
        assert "session" not in browser.cookies


async def test_a_name_that_nobody_has_takes_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords()
    verified: list[str] = []
    verify = PasswordHasher.verify

    def watched(hasher: PasswordHasher, kept: str, given: str) -> bool:
        verified.append(kept)
        return verify(hasher, kept, given)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    assert not await passwords.fits(None, PASSWORD)
    assert not await passwords.fits(None, "nobody has this password")
    assert await passwords.fits(await passwords.hash(PASSWORD), PASSWORD)
    assert len(verified) == 3, "argon2 runs whoever is asked for"


async def test_a_password_is_long_and_nothing_else() -> None:
    from moderation.errors import Invalid

    passwords = Passwords()
    assert (await passwords.hash("aaaaaaaaaaaa")).startswith("$argon2id$")
    for bad in ("a" * 11, "", "a" * 257):
        with pytest.raises(Invalid):
            await passwords.hash(bad)


NEW = "another horse battery"


@pytest.mark.parametrize("who", ROLES)
async def test_whoever_is_signed_in_changes_their_password(
    home: House, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = home.people[who].name
    async with home.browser() as here, home.browser(who) as elsewhere:
        await here.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert 'href="/account"' in (await here.get("/account")).text
        fields = {"current": PASSWORD, "password": NEW, "again": NEW}
        refused = await here.post("/account", data=fields)
        assert refused.status_code == 403, "without the form's token nothing changes"
        fields["csrf"] = await home.csrf(here)
        before = here.cookies["session"]
        changed = await here.post("/account", data=fields)
        assert (changed.status_code, changed.headers["location"]) == (303, "/account?done=changed")
        assert here.cookies["session"] != before
        assert "est changé" in (await here.get("/account?done=changed")).text, "here one stays signed in"
        assert (await elsewhere.get("/account")).headers["location"].startswith("/sign-in")
        assert await home.services.roster.session(before) is None
    async with home.browser() as browser:
        for password, status in ((PASSWORD, 401), (NEW, 303)):
            answer = await browser.post("/sign-in", data={"name": name, "password": password})
            assert answer.status_code == status
    assert [record.message for record in caplog.records if name in record.message]
    assert not any(secret in caplog.text for secret in (PASSWORD, NEW, before))


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"current": "not my password"}, "current", "pas votre mot de passe actuel"),
        ({"password": "short", "again": "short"}, "password", "au moins 12"),
        ({"again": NEW.title()}, "again", "pas les mêmes"),
    ],
)
async def test_a_password_that_is_refused_stays_as_it_was(
    home: House, change: dict[str, str], field: str, said: str
) -> None:
    async with home.browser("staff") as browser:
        csrf = await home.csrf(browser)
        fields = {"csrf": csrf, "current": PASSWORD, "password": NEW, "again": NEW, **change}
        refused = await browser.post("/account", data=fields)
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text
        assert said in refused.text
        assert not any(f'value="{typed}"' in refused.text for typed in (*change.values(), PASSWORD, NEW))
        assert (await browser.get("/account")).status_code == 200, "still signed in"
    assert await home.services.roster.person("Staff") == home.people["staff"]


async def test_the_current_password_is_guessed_no_more_often_than_at_sign_in(home: House) -> None:
    async with home.browser("moderator") as browser:
        fields = {"csrf": await home.csrf(browser), "current": "x", "password": NEW, "again": NEW}
        for _ in range(10):
            assert (await browser.post("/account", data=fields)).status_code == 422
        locked = await browser.post("/account", data={**fields, "current": PASSWORD})
        assert locked.status_code == 429
        assert locked.headers["retry-after"]


async def test_sign_in_is_tried_ten_times(home: House) -> None:
    async with home.browser() as browser:
        for _ in range(10):
            assert (
                await browser.post("/sign-in", data={"name": "Owner", "password": "x"})
            ).status_code == 401
        locked = await browser.post("/sign-in", data={"name": "owner ", "password": PASSWORD})
        assert locked.status_code == 429
        assert 0 < int(locked.headers["retry-after"]) <= 900
        assert "Trop d’essais" in locked.text
        other = await browser.post("/sign-in", data={"name": "Manager", "password": PASSWORD})
        assert other.status_code == 303, "one name's mistakes lock nobody else out"


async def test_nobody_locks_a_name_out_for_everybody(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its limit a name is tried three times by each address, and an address is a whole IPv6 network."""
    monkeypatch.setattr("server.auth.SIGN_IN_NAME", Rule("sign-in name", parse("4 per hour")))

    async def told(address: str, password: str) -> int:
        transport = httpx.ASGITransport(app=home.app, client=(address, 40_000))
        async with httpx.AsyncClient(
            transport=transport, base_url=home.services.settings.server.base_url
        ) as one:
            data = {"name": "Owner", "password": password}
            return (await one.post("/sign-in", data=data)).status_code

    assert [await told(f"2001:db8::{n}", "x") for n in range(8)] == [401] * 7 + [429]
    assert await told("2001:db8::ffff", PASSWORD) == 429
    assert [await told("2001:db8:0:1::1", "x") for _ in range(2)] == [401] * 2
    assert await told("2001:db8:0:1::1", PASSWORD) == 303, "elsewhere the owner still gets in"
    assert await told("192.0.2.1", PASSWORD) == 303


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one(address: str, who: str) -> None:
    assert counted(address) == who


async def test_a_session_changes_nothing_without_its_token_or_from_another_site(home: House) -> None:
    message = await home.message()
    path = f"/api/v1/messages/{message.id}/approve"
    async with home.browser("moderator") as browser, home.browser("owner") as other:
        csrf = await home.csrf(browser)

        async def told(headers: dict[str, str]) -> tuple[int, str | None]:
            answer = await browser.post(path, json={"revision": 1}, headers=headers)
            return answer.status_code, answer.json().get("params", {}).get("why")

        assert await told({}) == (403, "bad_csrf")
        assert await told({"X-CSRF-Token": "x"}) == (403, "bad_csrf")
        assert await told({"X-CSRF-Token": await home.csrf(other)}) == (403, "bad_csrf")
        for elsewhere in (
            "http://evil.test",
            "null",
            "http://wall.test:81",
            "https://wall.test",
            "http://WALL.test",
        ):
            assert await told({"X-CSRF-Token": csrf, "Origin": elsewhere}) == (403, "bad_origin")
        assert (await home.call("moderator", "GET", f"/messages/{message.id}")).json()["state"] == "pending"
        assert await told({"X-CSRF-Token": csrf}) == (200, None)

        signed_out = await browser.post(
            "/sign-out", headers={"Origin": "http://evil.test"}, data={"csrf": csrf}
        )
        assert signed_out.status_code == 403
        assert (await browser.get("/desk")).status_code == 200


async def test_a_token_is_kept_as_a_hash_and_can_be_revoked(home: House) -> None:
    roster = home.services.roster
    token, bare = await roster.create_token("moderator", person="Moderator")
    async with home.client(headers={"Authorization": f"Bearer {bare}"}) as client:
        assert (await client.get("/api/v1/messages")).status_code == 200
        keys = [key async for key in home.services.store.connection.commands.scan_iter(count=1000)]
        assert not any(bare in key for key in keys)
        assert any(hashlib.sha256(bare.encode()).hexdigest() in key for key in keys)
        await roster.revoke_token(token.id)
        assert (await client.get("/api/v1/messages")).status_code == 401
    async with home.client(headers={"Authorization": "Basic b3duZXI6eA=="}) as client:
        assert (await client.get("/api/v1/messages")).status_code == 401


async def test_a_bad_token_is_not_saved_by_a_good_cookie(home: House) -> None:
    async with home.browser("owner") as browser:
        refused = await browser.get("/api/v1/messages", headers={"Authorization": "Bearer nonsense"})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/desk", True),
        ("/tablet?x=1", True),
        ("//evil.test", False),
        ("/\\evil.test", False),
        ("https://evil.test", False),
        ("/\t/evil.test", False),
        ("desk", False),
        ("", False),
    ],
)
def test_signing_in_leads_nowhere_else(target: str, kept: bool) -> None:
    assert within(target) == (target if kept else "")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("192.0.2.1", "198.51.100.7", (), "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9 | 198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("192.0.2.1", "198.51.100.7", ("10.0.0.0/8",), "192.0.2.1"),
        ("10.0.0.1", "", ("10.0.0.1",), "10.0.0.1"),
        ("10.0.0.1", "nonsense", ("10.0.0.1",), "nonsense"),
    ],
)
def test_only_trusted_proxies_say_who_is_behind_them(
    peer: str, forwarded: str, trusted: tuple[str, ...], address: str
) -> None:
    from starlette.requests import HTTPConnection

    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded.split(" | ") if line]
    connection = HTTPConnection({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_address(connection, trusted) == address
