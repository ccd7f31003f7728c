"""The pages that people open: the first run, a demo's links, write and receipt, errors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest
from limits import parse

from moderation.domain import Place
from moderation.roster import Roster
from moderation.seals import digest
from moderation.store import Store
from server.limits import Rule
from server.services import Demo, Entry
from server.settings import Organisation
from tests.support.houses import BASE, PASSWORD, SETTINGS, House, house

WRITTEN = {"text": "Le rayon vélo est fermé.", "kind": "question", "name": "Jo", "consent": "yes"}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_page_of_the_owner_opens_in_both_languages(home: House, language: str) -> None:
    async with home.browser("owner", headers={"Accept-Language": language}) as browser:
        for path in (
            "/desk", "/tablet", "/admin", "/admin/places", "/admin/people", "/admin/screens",
            "/admin/channels", "/admin/tokens", "/account", "/screen", "/write/grenoble",
        ):  # fmt: skip
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert f'<html lang="{language}"' in page.text, path
            assert page.headers["cache-control"] == "no-store", path


async def test_a_language_that_was_chosen_stays(home: House) -> None:
    async with home.browser() as browser:
        assert '<html lang="fr"' in (await browser.get("/sign-in")).text
        assert '<html lang="en"' in (await browser.get("/sign-in?lang=en")).text
        assert '<html lang="en"' in (await browser.get("/sign-in")).text
        assert '<html lang="en"' in (await browser.get("/sign-in?lang=tlh")).text


@pytest.mark.parametrize(
    ("who", "opens"),
    [
        ("owner", {"/desk", "/tablet", "/admin", "/admin/people"}),
        ("moderator", {"/desk"}),
        ("manager", {"/desk", "/tablet", "/admin"}),
        ("staff", {"/tablet"}),
        ("auditor", set()),
    ],
)
async def test_who_opens_which_page(home: House, who: str, opens: set[str]) -> None:
    async with home.browser(who) as browser:
        for path in ("/desk", "/tablet", "/admin", "/admin/people"):
            page = await browser.get(path)
            assert page.status_code == (200 if path in opens else 403), path
            if path not in opens:
                assert "Votre rôle ne permet pas" in page.text
                assert "not_allowed" in page.text


async def test_work_begins_at_a_place_where_something_hangs(home: House, roster: Roster) -> None:
    await roster.add_place(Place(slug="annecy", name="Annecy"))
    begins = '<option value="{}" selected>'
    async with home.browser("owner") as browser:
        assert begins.format("annecy") in (await browser.get("/tablet")).text, "nothing hangs anywhere"
        await home.message("approved")
        tablet, desk = [(await browser.get(path)).text for path in ("/tablet", "/desk")]
    assert re.findall(r'<option value="(\w+)" selected>', tablet) == ["grenoble", "grenoble"]
    assert re.findall(r'<option value="(\w+)" selected>', desk) == ["grenoble"], "it lists all places"


# the first run


async def test_an_auditor_comes_to_their_account(home: House) -> None:
    async with home.browser("auditor", follow_redirects=True) as browser:
        for path in ("/", "/sign-in"):
            assert str((await browser.get(path)).url) == f"{BASE}/account"
        signed_in = {"name": "Auditor", "password": PASSWORD}
        assert (await browser.post("/sign-in", data=signed_in)).status_code == 200


async def test_the_first_run_makes_the_owner_and_the_first_place(store: Store, roster: Roster) -> None:
    async with house(store, roster) as home, home.browser() as browser:
        await home.deserted()
        path = f"/setup/{await roster.begin_setup()}"
        assert (await browser.get("/setup/nonsense")).status_code == 404
        assert (await browser.get(path)).status_code == 200
        fields = {
            "name": "Ada",
            "first_name": "Ada",
            "password": "court",
            "place_name": "Annecy, le lac",
            "place_slug": "annecy",
            "timezone": "Europe/Paris",
        }
        weak = await browser.post(path, data=fields)
        assert weak.status_code == 422
        assert "au moins 12" in weak.text
        assert weak.text.count("Il faut au moins") == 1, "said once, at the field"
        assert "Annecy, le lac" in weak.text, "what was typed is still there"
        assert "court" not in weak.text, "but never a password"
        assert re.search(r"<form[^>]* novalidate>", weak.text), "what is missing is said by us, at the field"
        for field in ("first_name", "name", "place_name"):
            missing = await browser.post(path, data={**fields, "password": PASSWORD, field: " "})
            assert missing.status_code == 422
            assert re.search(rf'id="{field}-error" role="alert">Il faut remplir ce champ', missing.text)
        bad = await browser.post(path, data={**fields, "password": PASSWORD, "place_slug": "Annecy !"})
        assert bad.status_code == 422
        assert await roster.place("annecy") is None

        done = await browser.post(path, data={**fields, "password": PASSWORD, "place_slug": ""})
        assert (done.status_code, done.headers["location"]) == (303, "/admin")
        assert (await browser.get("/admin")).status_code == 200, "and is signed in"
        place = await roster.place("annecy-le-lac")
        assert place is not None
        assert place.name == "Annecy, le lac"
        for again in (
            await browser.get(path),
            await browser.post(path, data={**fields, "password": PASSWORD}),
        ):
            assert again.status_code == 200, "a step back, a second press"
            assert 'href="/admin"' in again.text


@pytest.mark.parametrize(
    ("language", "done", "over"),
    [
        ("fr", "La mise en service est faite", "Ce lien a déjà servi, ou il a expiré"),
        ("en", "The set-up is done", "This link has been used, or it has expired"),
    ],
)
async def test_a_set_up_link_is_closed_to_all_but_tells_whoever_finished_it(
    store: Store, roster: Roster, language: str, done: str, over: str
) -> None:
    fields = {
        "name": "Ada",
        "first_name": "Ada",
        "password": PASSWORD,
        "place_name": "Annecy",
        "place_slug": "annecy",
    }
    async with house(store, roster) as home:
        await home.deserted()
        path, unused = f"/setup/{await roster.begin_setup()}", f"/setup/{await roster.begin_setup()}"
        headers = {"Accept-Language": language}
        async with home.browser(headers=headers) as first, home.browser(headers=headers) as second:
            # Pressed twice: the second form is sent without the cookie that answers the first.
            answers = await asyncio.gather(first.post(path, data=fields), second.post(path, data=fields))
            assert sorted(answer.status_code for answer in answers) == [200, 303]
            (told,) = (answer for answer in answers if answer.status_code == 200)
            for page in (told, await second.get(path)):
                assert done in page.text
                assert "/sign-in" in page.text or "/admin" in page.text
            assert [person.name for person in await roster.people() if person.role == "owner"] == ["Ada"]
        async with home.browser(headers=headers) as stranger:
            for closed in (unused, "/setup/nonsense"):
                for page in (await stranger.get(closed), await stranger.post(closed, data=fields)):
                    assert page.status_code == 404
                    assert over in page.text
                    assert done not in page.text


async def test_a_demos_links_sign_in_and_change_nothing(store: Store, roster: Roster) -> None:
    _, device = await roster.create_screen("grenoble", "Vitrine")
    entries = {
        digest("link-of-the-desk"): Entry(path="/desk", person="Moderator"),
        digest("link-of-the-screen"): Entry(path="/screen", device=device),
    }
    async with house(store, roster, demo=Demo(entries=entries)) as home:
        for _ in range(2):
            async with home.browser() as browser:
                entered = await browser.get("/enter/link-of-the-desk")
                assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
                assert (await browser.get("/desk")).status_code == 200
                entered = await browser.get("/enter/link-of-the-screen")
                assert (entered.status_code, entered.headers["location"]) == (303, "/screen")
                assert '"paired":true' in (await browser.get("/screen")).text
        async with home.browser() as browser:
            assert (await browser.get("/enter/another")).status_code == 404


# the screen


async def test_a_screen_is_paired_through_the_browser_that_shows_the_code(home: House) -> None:
    async with home.browser() as screen, home.browser() as other, home.browser("manager") as manager:
        assert '"paired":false' in (await screen.get("/screen")).text
        begun = (await screen.post("/screen/pairing")).json()
        assert re.fullmatch(r"[2-9A-HJKMNP-Z]{8}", begun["code"])
        assert begun["expires_in"] == 600
        assert (await screen.get("/screen/pairing")).json() == {"state": "waiting"}
        form = {"code": begun["code"].lower(), "place": "grenoble", "name": "Vitrine"}
        refused = await manager.post("/admin/screens", data=form)
        assert refused.status_code == 403, "without the form's token nothing is paired"
        form["csrf"] = await home.csrf(manager)
        paired = await manager.post("/admin/screens", data=form)
        assert (paired.status_code, paired.headers["location"]) == (303, "/admin/screens?done=paired")
        assert (await other.get("/screen/pairing")).json() == {"state": "forgotten"}
        collected = await screen.get("/screen/pairing")
        assert collected.json() == {"state": "paired"}
        assert "HttpOnly" in collected.headers["set-cookie"]
        assert (await screen.get("/screen/pairing")).json() == {"state": "paired"}, "another window of it"
        assert '"paired":true' in (await screen.get("/screen")).text
        assert (await screen.post("/screen/pairing")).json() == {"state": "paired"}, "a page kept from before"
        again = await manager.post("/admin/screens", data=form)
        assert again.status_code == 404
        assert "déjà servi" in again.text
        wrong = await manager.post("/admin/screens", data={**form, "code": "ZZZZZZZZ"})
        assert (wrong.status_code, "Comparez-le" in wrong.text) == (404, True)
        short = await manager.post("/admin/screens", data={**form, "code": "1-2"})
        assert (short.status_code, "8 lettres et chiffres, celui-ci en a 2" in short.text) == (404, True)
        empty = await manager.post("/admin/screens", data={**form, "code": ""})
        assert (empty.status_code, "Tapez le code" in empty.text) == (422, True)

        (row,) = await home.services.roster.screens()
        gone = await manager.post(f"/admin/screens/{row.id}/revoke", data={"csrf": form["csrf"]})
        assert gone.headers["location"] == "/admin/screens?done=revoked"
        assert '"paired":false' in (await screen.get("/screen")).text
        assert "code" in (await screen.post("/screen/pairing")).json()
        evil = {"Origin": "http://evil.test"}
        assert (await screen.post("/screen/pairing", headers=evil)).status_code == 403


async def test_a_screen_stays_paired_for_longer_than_a_browser_keeps_a_cookie(home: House) -> None:
    """400 days; but its page is loaded anew every night."""
    _, device = await home.services.roster.create_screen("grenoble", "Vitrine")
    async with home.browser() as screen:
        screen.cookies.set("device", device)
        renewed = (await screen.get("/screen")).headers["set-cookie"]
        assert f"device={device}; HttpOnly; Max-Age={400 * 86400}" in renewed
    async with home.browser() as stranger:
        stranger.cookies.set("device", "of nobody")
        assert "device=" not in (await stranger.get("/screen")).headers.get("set-cookie", "")


# the customer


async def write(browser: httpx.AsyncClient, fields: Mapping[str, str]) -> httpx.Response:
    token = hidden((await browser.get("/write/grenoble")).text, "token")
    return await browser.post("/write/grenoble", data={**fields, "token": token})


async def test_p9_whoever_writes_follows_what_becomes_of_it(home: House) -> None:
    async with home.browser() as browser:
        sent = await write(browser, WRITTEN)
        assert sent.status_code == 303
        path = sent.headers["location"]
        assert re.fullmatch(r"/receipt/[a-z2-7]{26,}", path)
        receipt = await browser.get(path)
        assert receipt.status_code == 200
        assert "Le rayon vélo est fermé." in receipt.text
        assert receipt.headers["referrer-policy"] == "no-referrer"
        assert receipt.headers["cache-control"] == "no-store"
        assert receipt.headers["x-robots-tag"] == "noindex"

        (message,) = (await home.call("moderator", "GET", "/messages?state=pending")).json()["messages"]
        assert (message["channel"], message["author"]["name"], message["declared"]) == (
            "write", "Jo", {"kind": "question"},
        )  # fmt: skip
        body = {"revision": 1, "reason": "not-about-this-place", "passage": [3, 13], "subject": "Le magasin"}
        await home.call("moderator", "POST", f"/messages/{message['id']}/refuse", body)
        refused = (await browser.get(path)).text
        assert "rayon vélo" in refused
        assert "Le magasin" in refused
        mistyped = await browser.get("/receipt/nonsense")
        assert mistyped.status_code == 404
        assert mistyped.headers["referrer-policy"] == "no-referrer"


async def test_the_receipt_of_a_whole_text_refused_says_it_once(home: House) -> None:
    async with home.browser() as browser:
        path = (await write(browser, WRITTEN)).headers["location"]
        (message,) = (await home.call("moderator", "GET", "/messages?state=pending")).json()["messages"]
        body = {"revision": 1, "reason": "spam-ad", "passage": [0, len(WRITTEN["text"])]}
        await home.call("moderator", "POST", f"/messages/{message['id']}/refuse", body)
        refused = (await browser.get(path)).text
    assert "À cause de tout le texte." in refused
    assert refused.count(WRITTEN["text"]) == 1


async def test_p9_an_answer_stays_among_the_steps_when_the_message_is_taken_down(home: House) -> None:
    async with home.browser() as browser:
        path = (await write(browser, WRITTEN)).headers["location"]
        (message,) = (await home.call("moderator", "GET", "/messages?state=pending")).json()["messages"]
        about = f"/messages/{message['id']}"
        await home.call("moderator", "POST", f"{about}/approve", {"revision": 1})
        assert "Le magasin peut y répondre." in (await browser.get(path)).text
        reply = {"place": "grenoble", "text": "Il rouvre lundi.", "nonce": "an-answer"}
        await home.call("manager", "POST", f"{about}/replies", reply)
        body = {"revision": 1, "reason": "unreadable", "passage": [0, 2]}
        await home.call("moderator", "POST", f"{about}/withdraw", body)
        steps = re.findall(r'<p class="step">(.*?)</p>', (await browser.get(path)).text)
        assert steps == [
            "Nous l’avons reçu.",
            "Affiché au mur.",
            "Le magasin a répondu.",
            "Il a été retiré du mur. Le motif\u202f:",
        ]


async def test_p7_a_form_pressed_twice_is_one_message_with_one_receipt(home: House) -> None:
    async with home.browser() as browser:
        token = hidden((await browser.get("/write/grenoble")).text, "token")
        first = await browser.post("/write/grenoble", data={**WRITTEN, "token": token})
        second = await browser.post("/write/grenoble", data={**WRITTEN, "token": token})
        assert first.headers["location"] == second.headers["location"]
    assert len((await home.call("moderator", "GET", "/messages")).json()["messages"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"text": " \u200b "}, 422, "nothing_written"),
        ({"text": "é" * 2001}, 422, "too_long"),
        ({"name": "J" * 81}, 422, "too_long"),
        ({"consent": ""}, 422, "consent_missing"),
        ({"kind": "rant"}, 400, "kind_unknown"),
        ({"stars": "6"}, 400, "bad_json"),
    ],
)
async def test_a_form_that_is_refused_keeps_what_was_typed(
    home: House, change: dict[str, str], status: int, said: str
) -> None:
    async with home.browser() as browser:
        refused = await write(browser, {**WRITTEN, **change})
        assert refused.status_code == status
        assert "<textarea" in refused.text
        if "text" not in change:
            assert "Le rayon vélo est fermé." in refused.text
        token = hidden(refused.text, "token")
        mended = await browser.post("/write/grenoble", data={**WRITTEN, "token": token})
        assert mended.status_code == 303


async def test_a_form_that_was_open_for_too_long_is_sent_again(home: House) -> None:
    async with home.browser() as browser:
        refused = await browser.post("/write/grenoble", data={**WRITTEN, "token": "old"})
        assert refused.status_code == 403
        assert "envoyez-le de nouveau" in refused.text
        assert "Rechargez" not in refused.text, "that would lose the text"
        again = {**WRITTEN, "token": hidden(refused.text, "token")}
        assert (await browser.post("/write/grenoble", data=again)).status_code == 303


async def test_write_page_and_receipt_name_who_answers_for_the_data(store: Store, roster: Roster) -> None:
    named = replace(SETTINGS, organisation=Organisation(controller="Lumière SAS", contact="mur@example.org"))
    async with house(store, roster, named) as home, home.browser() as browser:
        sent = await write(browser, WRITTEN)
        for path in ("/write/grenoble", sent.headers["location"]):
            page = (await browser.get(path)).text
            assert "Lumière SAS" in page, path
            assert "mur@example.org" in page, path


async def test_two_thousand_large_emoji_still_fit(home: House) -> None:
    async with home.browser() as browser:
        sent = await write(browser, {**WRITTEN, "text": "👩‍👩‍👧‍👦" * 1500})
        assert sent.status_code == 303


async def test_the_write_page_counts_the_form_and_the_place_before_the_address(home: House) -> None:
    async with home.browser() as browser:
        token = hidden((await browser.get("/write/grenoble")).text, "token")
        for stranger in ("", "x", token + "x", f"a.1.{token.rpartition('.')[2]}"):
            refused = await browser.post("/write/grenoble", data={**WRITTEN, "token": stranger})
            assert refused.status_code == 403, "no token of ours"
        foreign = await browser.post("/write/lyon", data={**WRITTEN, "token": token})
        assert foreign.status_code == 403, "a token is good for its own place"
        for _ in range(10):
            assert (
                await browser.post("/write/grenoble", data={**WRITTEN, "token": token})
            ).status_code == 303
        locked = await browser.post("/write/grenoble", data={**WRITTEN, "token": token})
        assert locked.status_code == 429
        assert locked.headers["retry-after"]
        assert (await write(browser, WRITTEN)).status_code == 303, (
            "another form from the same address goes on"
        )


async def test_one_address_does_not_use_up_the_places_share(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.visitors.WRITE_PLACE", Rule("write place", parse("4 per minute")))
    monkeypatch.setattr("server.visitors.WRITE_ADDRESS", Rule("write address", parse("2 per minute")))
    async with home.browser() as flood:
        answers = [(await write(flood, WRITTEN)).status_code for _ in range(9)]
    assert answers == [303, 303, *[429] * 7]
    elsewhere = httpx.ASGITransport(app=home.app, client=("192.0.2.7", 40_000))
    async with httpx.AsyncClient(transport=elsewhere, base_url=BASE) as customer:
        assert (await write(customer, WRITTEN)).status_code == 303


async def test_intake_is_refused_first_when_the_disk_is_nearly_full(store: Store, roster: Roster) -> None:
    async with house(store, roster, room=lambda: False) as home:
        message = await home.message("approved")
        async with home.browser() as browser:
            refused = await write(browser, WRITTEN)
            assert refused.status_code == 503
            assert "disque" in refused.text
        delivered = await home.deliver([{"id": "a", "event": "created", "text": "Bravo."}])
        assert (delivered.status_code, delivered.json()["params"]["why"]) == (503, "disk_full")
        ruling = {"revision": 1, "reason": "hate", "passage": [0, 7]}
        taken_down = await home.call("manager", "POST", f"/messages/{message.id}/withdraw", ruling)
        assert taken_down.status_code == 200


async def test_the_qr_code_is_a_picture_of_the_write_page(home: House) -> None:
    async with home.browser() as browser:
        picture = await browser.get("/qr/write/grenoble.svg")
        assert picture.headers["content-type"] == "image/svg+xml"
        assert "<svg" in picture.text
        assert (await browser.get("/qr/write/nowhere.svg")).status_code == 404
        assert (await browser.get("/write/nowhere")).status_code == 404


# errors


@pytest.mark.parametrize(("language", "said"), [("fr", "Introuvable"), ("en", "Not found")])
async def test_an_error_for_a_person_is_a_page_in_their_language(
    home: House, language: str, said: str
) -> None:
    async with home.browser(headers={"Accept-Language": language}) as browser:
        for path in ("/nothing", "/receipt/nonsense", "/desk/nothing"):
            page = await browser.get(path)
            assert page.status_code == 404
            assert page.headers["content-type"].startswith("text/html")
            assert said in page.text
            assert "not_found" in page.text


async def test_a_mistake_of_ours_is_a_page_without_a_trace(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(home.services.roster, "place", broken)
    async with home.browser() as browser:
        page = await browser.get("/write/grenoble")
    assert page.status_code == 500
    assert "<html" in page.text
    assert "a secret of ours" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_demo_says_so(store: Store, roster: Roster) -> None:
    async with house(store, roster, demo=Demo()) as home, home.browser("owner") as browser:
        for path in ("/desk", "/tablet", "/admin", "/write/grenoble", "/sign-in", "/screen"):
            page = await browser.get(path, follow_redirects=True)
            assert "démonstration" in page.text.lower(), path
        assert replace(home.services, demo=None).demo is None
