"""The administration: what each room shows and what its form does, and everything that will not work as it is set."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from moderation.domain import Place
from moderation.feeds import Reset
from moderation.roster import Roster
from moderation.seals import digest
from moderation.store import Store
from server import cautions
from server.settings import Channel, Organisation
from tests.support.houses import BASE, PASSWORD, House, behind, house


async def test_places_people_and_tokens_are_made_in_forms(home: House) -> None:
    roster = home.services.roster
    async with home.browser("owner") as browser:
        csrf = await home.csrf(browser)

        async def post(path: str, **fields: str | list[str]) -> httpx.Response:
            return await browser.post(path, data={"csrf": csrf, **fields})

        added = await post("/admin/places", name="Annecy", slug="annecy", lease_seconds="60")
        assert added.headers["location"] == "/admin/places?done=added"
        twice = await post("/admin/places", name="Ailleurs", slug="annecy")
        assert twice.status_code == 409
        assert "Cet identifiant est déjà" in twice.text
        short = await post("/admin/places", name="Gap", slug="gap", lease_seconds="5")
        assert (short.status_code, "de 30 à 900" in short.text.split('id="lease_seconds-error"')[1]) == (
            400,
            True,
        )
        assert (await post("/admin/places", name="Gap", slug="gap", timezone="Mars/Base")).status_code == 400

        person = {"name": "Tom", "first_name": "Tom", "password": PASSWORD, "role": "staff"}
        assert (await post("/admin/people", **person)).status_code == 422, "staff needs a place"
        added = await post("/admin/people", **person, place=["annecy", "lyon"])
        assert added.headers["location"] == "/admin/people?done=added"
        tom = await roster.person("tom")
        assert tom is not None
        assert tom.places == ("annecy", "lyon")
        assert (await post("/admin/people", **{**person, "role": "king"}, place="annecy")).status_code == 400
        mine = home.people["owner"]
        assert (await post(f"/admin/people/{mine.id}/remove")).status_code == 403
        assert (await post(f"/admin/people/{tom.id}/remove")).headers["location"].endswith("removed")
        assert await roster.person("tom") is None

        made = await post("/admin/tokens", name="Moderator", role="moderator", days="7")
        assert made.status_code == 200
        (token,) = [t for t in await roster.tokens() if (t.expires_at - t.created_at).days == 7]
        again = await browser.get("/admin/tokens")
        bare = next(b for b in re.findall(r"[\w-]{43}", made.text) if b not in again.text)
        assert await roster.token(bare) is not None
        assert (await post(f"/admin/tokens/{token.id}/revoke")).headers["location"].endswith("revoked")
        assert await roster.token(bare) is None


async def test_the_owner_gives_a_person_another_role_place_and_password(home: House) -> None:
    roster, staff = home.services.roster, home.people["staff"]
    path = f"/admin/person/{staff.id}"
    async with home.browser("owner") as browser, home.browser("staff") as theirs:
        csrf = await home.csrf(browser)
        said = {"csrf": csrf, "first_name": staff.first_name, "role": "staff", "place": "grenoble"}
        done = "/admin/people?done=person_changed"
        assert (await browser.post(path, data=said)).headers["location"] == done
        assert (await theirs.get("/tablet")).status_code == 200, "nothing was changed, so nothing ends"

        page = (await browser.get(path)).text
        assert re.search(r'value="staff" selected', page)
        assert re.search(r'value="grenoble" checked', page)
        refused = await browser.post(path, data={**said, "role": "moderator", "place": []})
        assert (refused.status_code, 'value="moderator" selected' in refused.text) == (422, True)
        assert (await browser.post(path, data={**said, "password": "short"})).status_code == 422
        assert await roster.person("Staff") == staff

        changed = {
            **said,
            "role": "moderator",
            "place": ["grenoble", "lyon"],
            "password": "a new one for them",
        }
        assert (await browser.post(path, data=changed)).headers["location"] == done
        assert (await theirs.get("/tablet")).headers["location"].startswith("/sign-in")
        known = await roster.person("Staff")
        assert known is not None
        assert (known.role, known.places) == ("moderator", ("grenoble", "lyon"))
        answers = [
            (await theirs.post("/sign-in", data={"name": "staff", "password": password})).status_code
            for password in (PASSWORD, "a new one for them")
        ]
        assert answers == [401, 303]


async def test_nobody_gives_themselves_another_role(home: House) -> None:
    owner = home.people["owner"]
    fields = {"first_name": "Ada", "role": "moderator", "place": "grenoble", "password": PASSWORD}
    async with home.browser("owner") as browser:
        data = {**fields, "csrf": await home.csrf(browser)}
        assert (await browser.post(f"/admin/person/{owner.id}", data=data)).status_code == 403
        assert (await browser.post("/admin/person/nobody", data=data)).status_code == 404
        assert 'href="/account"' in (await browser.get("/admin/people")).text
    for who in ("manager", "moderator"):
        async with home.browser(who) as browser:
            data = {**fields, "csrf": await home.csrf(browser)}
            assert (await browser.post(f"/admin/person/{owner.id}", data=data)).status_code == 403
    assert await home.services.roster.person("Owner") == owner


async def test_a_place_is_given_another_name_and_clock(home: House) -> None:
    roster = home.services.roster
    async with home.browser("owner") as browser:
        csrf = await home.csrf(browser)
        page = (await browser.get("/admin/place/grenoble")).text
        assert 'value="Grenoble, place Victor-Hugo"' in page
        said = {"csrf": csrf, "name": "Grenoble, la gare", "timezone": "Europe/London", "lease_seconds": "60"}
        head = await home.services.store.feed_head("grenoble", "desk")
        changed = await browser.post("/admin/place/grenoble", data=said)
        assert changed.headers["location"] == "/admin/places?done=place_changed"
        heard = await home.services.store.resume("grenoble", head, feed="desk")
        assert not isinstance(heard, Reset)
        assert [entry.what for entry in heard.entries] == ["place.changed", "place.reload"]
        wrong = await browser.post("/admin/place/grenoble", data={**said, "name": "", "timezone": "UTC"})
        assert wrong.status_code == 422
        assert re.search(r'value="60"', wrong.text)
        assert (await browser.post("/admin/place/nowhere", data=said)).status_code == 404
        place = await roster.place("grenoble")
        assert place is not None
        assert (place.name, place.timezone, place.lease_seconds) == ("Grenoble, la gare", "Europe/London", 60)

        await roster.sync_places([place])
        assert (
            '<form method="post" action="/admin/place'
            not in (await browser.get("/admin/place/grenoble")).text
        )
        assert (await browser.post("/admin/place/grenoble", data=said)).status_code == 409


async def test_places_are_called_by_their_names_and_clocks(home: House) -> None:
    await home.deliver([{"id": "b1", "event": "created", "text": "Bravo.", "stars": 9}])
    at = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    await home.services.store.note_channel("avis", last_at=at.isoformat())
    async with home.browser("owner") as browser:
        people = (await browser.get("/admin/people")).text
        assert re.search(r'data-label="Lieux">\s*<span class="name">Grenoble, place Victor-Hugo<', people)
        tokens = (await browser.get("/admin/tokens")).text
        assert "Grenoble, place Victor-Hugo" in tokens
        channels = (await browser.get("/admin/channels")).text
    assert "Grenoble, place Victor-Hugo · Lyon, Bellecour" in channels
    assert "14\u00a0h\u00a005" in channels, "the clock of the place"
    assert "UTC" not in channels
    assert f">{BASE}/api/v1/channels/avis/incoming<" in channels


async def test_a_place_without_an_identifier_has_one_of_its_name(home: House) -> None:
    async with home.browser("owner") as browser:
        csrf = await home.csrf(browser)
        for name, slug in (("Saint-Égrève, l’Île", "saint-egreve-l-ile"), ("x" * 50, "x" * 40)):
            added = await browser.post("/admin/places", data={"csrf": csrf, "name": name})
            assert added.status_code == 303
            place = await home.services.roster.place(slug)
            assert place is not None
            assert place.name == name
        unwritten = await browser.post("/admin/places", data={"csrf": csrf, "name": "東京"})
        assert (unwritten.status_code, 'id="slug-error"' in unwritten.text) == (422, True)


async def test_a_form_of_another_session_leads_back_to_its_page(home: House) -> None:
    async with home.browser("owner") as browser:
        sent = {"csrf": "of yesterday", "name": "Gap", "slug": "gap"}
        for referer, back in ((f"{BASE}/admin/places", True), ("http://evil.test/admin/places", False)):
            page = await browser.post("/admin/places", data=sent, headers={"Referer": referer})
            assert page.status_code == 403
            assert "qui tient les comptes" not in page.text, "nobody else can help"
            assert ('href="/admin/places"' in page.text) is back
            assert 'href="/"' in page.text


async def test_a_manager_sees_the_screens_of_their_places_live(home: House) -> None:
    roster = home.services.roster
    mine, _ = await roster.create_screen("grenoble", "Vitrine")
    await roster.create_screen("lyon", "Quai")
    here, other = await home.message("approved"), await home.message("approved", text="Merci.")
    left = await home.message("withdrawn")
    leaf = {"id": left.id, "version": 2, "page": 1, "pages": 1}
    look = {
        "app": "a",
        "width": 1920,
        "height": 1080,
        "ratio": 1,
        "orientation": "landscape",
        "state": "live",
    }
    report = {"t": "report", **look, "theme": "day", "painted": leaf, "errors": [], "uptime": 60}
    painted = {"id": here.id, "version": here.version, "at": "2026-11-20T12:00:00+00:00"}
    await roster.note_screens({mine.id: {"connected": False, "painted": painted, "report": report}})
    async with home.browser("manager") as browser:
        page = await browser.get("/admin/screens/live")
    said = page.json()
    assert page.headers["cache-control"] == "no-store"
    assert [(one["name"], one["lost"]) for one in said["screens"]] == [("Vitrine", False)]
    assert said["screens"][0]["report"]["painted"] == leaf
    (card,) = said["cards"]["grenoble"].values()  # of what is said to be painted, what hangs; nothing else
    assert (card["id"], card["text"]) == (here.id, here.text)
    assert other.id not in page.text
    for who in ("moderator", "staff", "auditor"):
        async with home.browser(who) as browser:
            assert (await browser.get("/admin/screens/live")).status_code == 403


async def test_a_page_that_asks_by_itself_keeps_no_session_awake(home: House) -> None:
    store = home.services.store
    async with home.browser("manager") as browser:
        key = store.keys.door("session", digest(browser.cookies["session"]))
        await store.connection.ask(store.connection.commands.expire(key, 60))
        for path, awake in (("/admin/screens/live", False), ("/admin/screens", True)):
            assert (await browser.get(path)).status_code == 200
            assert (await store.connection.ask(store.connection.commands.ttl(key)) > 60) is awake, path


@pytest.mark.parametrize("path", ["/admin/screens", "/admin/people", "/admin/tokens"])
async def test_what_cannot_be_undone_takes_two_presses(home: House, path: str) -> None:
    await home.services.roster.create_screen("grenoble", "Vitrine")
    async with home.browser("owner") as browser:
        page = (await browser.get(path)).text
    forms = re.findall(r'<form[^>]*action="/admin/\w+/\w+/(?:revoke|remove)"', page)
    guarded = re.findall(
        r'</summary>\s*(?:<p[^>]*>[^<]*</p>\s*)*<form[^>]*action="/admin/\w+/\w+/(?:revoke|remove)"', page
    )
    assert forms
    assert len(forms) == len(guarded)


@pytest.mark.parametrize(
    ("language", "told", "field"),
    [
        ("fr", ("Champ illisible", "renvoyez-le"), "champ"),
        ("en", ("Unreadable field", "send it again"), "field"),
    ],
)
async def test_what_could_not_be_taken_is_told_in_words_with_what_to_do(
    home: House, language: str, told: tuple[str, ...], field: str
) -> None:
    await home.deliver([{"id": "b1", "event": "created", "text": "Bravo.", "stars": 9}])
    await home.services.store.quarantine("avis", "b2", "of_another_package")
    await home.services.store.note_channel("avis", error="credentials_refused")
    async with home.browser("owner", headers={"Accept-Language": language}) as browser:
        page = (await browser.get("/admin/channels")).text
    assert re.search(rf"<code>b1</code> · {field} <code>stars</code>", page)
    assert "<code>b2</code>" in page
    assert "wall.toml, " in page, "and what to do about refused credentials"
    for part in told:
        assert part in page


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_how_long_a_pairing_code_lasts_is_said_where_it_is_typed(home: House, language: str) -> None:
    async with home.browser("owner", headers={"Accept-Language": language}) as browser:
        for path in ("/admin/screens", "/tablet"):
            page = (await browser.get(path)).text
            assert f"{BASE}/screen" in page, path
            assert "10\u00a0minutes" in page, path


# what will not work


def said(page: str) -> list[str]:
    return re.findall(r'<p class="caution">(.+)</p>', page)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_owner_reads_every_caution_of_the_settings(
    store: Store, roster: Roster, language: str
) -> None:
    """Off loopback without HTTPS, no controller, no contact, a weak secret, a place that is not there, a full disk."""
    channels = (
        Channel(slug="court", kind="webhook", places=("grenoble",), options={"secret": "short"}),
        Channel(slug="perdu", kind="webhook", places=("grenobel",), options={"secret": "whsec-of-the-test"}),
    )
    settings = replace(behind("http://mur.example.org"), channels=channels)
    assert {each.code for each in cautions.of_settings(settings)} == {
        "insecure_address", "no_controller", "no_contact", "weak_secret",
    }  # fmt: skip
    async with (
        house(store, roster, settings, room=lambda: False) as home,
        home.browser("owner", headers={"Accept-Language": language}) as browser,
    ):
        read = said((await browser.get("/admin")).text)
        assert len(read) == 6
        for part in (
            "HTTPS",
            "organisation.controller",
            "organisation.contact",
            "channel.court.secret",
            "grenobel",
        ):
            assert any(part in each for each in read), part


async def test_nothing_is_said_where_all_is_well(store: Store, roster: Roster) -> None:
    named = Organisation(controller="Lumière SAS", contact="mur@example.org")
    secure = replace(behind("https://mur.example.org"), organisation=named, channels=())
    async with house(store, roster, secure) as home, home.browser("owner") as browser:
        assert said((await browser.get("/admin")).text) == []


async def test_the_poster_for_the_counter_speaks_every_language_and_warns_of_an_address_of_no_use(
    home: House,
) -> None:
    async with home.browser("manager") as manager:
        page = await manager.get("/admin/poster/grenoble?paper=a5")
        for said in (
            "Écrivez-nous",
            "Write to us",
            "/qr/write/grenoble.svg",
            f"{BASE}/write/grenoble",
            'data-paper="a5"',
        ):
            assert said in page.text
        assert (await manager.get("/admin/poster/nowhere")).status_code == 404
        assert "/admin/poster/grenoble" in (await manager.get("/admin/screens")).text
    async with home.browser("moderator") as moderator:
        assert (await moderator.get("/admin/poster/grenoble")).status_code == 403


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("https://mur.example.org", False),
    ],
)
async def test_who_pairs_a_screen_or_prints_the_poster_is_warned_of_an_address_of_no_use(
    store: Store, roster: Roster, address: str, warned: bool
) -> None:
    async with house(store, roster, behind(address)) as home, home.browser("owner") as owner:
        for page in ("/admin/screens", "/tablet", "/admin/poster/grenoble", "/admin"):
            told = re.findall(
                r'<p class="(?:caution|strong)">[^<]*sur cette machine', (await owner.get(page)).text
            )
            assert len(told) == warned, page


async def test_a_list_of_time_zones_names_each_city_once_and_keeps_the_one_that_was_set(
    home: House, roster: Roster
) -> None:
    await roster.add_place(Place(slug="pune", name="Pune", timezone="Asia/Calcutta"))
    async with home.browser("owner") as owner:
        new = re.findall(r"<option[^>]*>([^<]+ \([^<]+\)) – ", (await owner.get("/admin/places")).text)
        assert len(new) > 300
        assert len(new) == len(set(new))
        known = (await owner.get("/admin/place/pune")).text
        assert '<option value="Asia/Calcutta" selected>' in known


async def test_a_channel_has_the_name_that_people_gave_it(store: Store, roster: Roster) -> None:
    channel = Channel(
        slug="avis", kind="webhook", name="Avis en ligne", places=("grenoble",), options={"secret": "x" * 16}
    )
    settings = replace(behind("https://mur.example.org"), channels=(channel,))
    async with house(store, roster, settings) as home, home.browser("owner") as owner:
        for page in ("/admin", "/admin/channels"):
            assert re.search(r'class="name">Avis en ligne', (await owner.get(page)).text), page


@pytest.mark.parametrize(("language", "then"), [("fr", "il affiche un code"), ("en", "it shows a code")])
async def test_who_revokes_a_screen_reads_first_what_it_will_show(
    home: House, roster: Roster, language: str, then: str
) -> None:
    await roster.create_screen("grenoble", "Vitrine")
    async with home.browser("manager", headers={"Accept-Language": language}) as manager:
        asked = (
            (await manager.get("/admin/screens")).text.split('class="two-steps"')[1].split("</details>")[0]
        )
        assert then in asked
