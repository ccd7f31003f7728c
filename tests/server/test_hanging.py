"""How a screen hangs and when a place is open, as people say it in the administration and through the API."""

from __future__ import annotations

import pytest

from moderation.hours import DAYS, write_day
from moderation.mounting import Mounting
from moderation.roster import Roster
from tests.support.houses import House

SAID = {
    "name": "Vitrine", "diagonal": "32", "distance": "1,5", "comfort": "grand", "rotation": "90",
    "languages": "fr en", "theme": "auto", "measured": "",
}  # fmt: skip
WEEK = {"given": "yes", "closed": "black", **{f"hours_{day}": "9 h – 19 h" for day in DAYS}, "hours_sun": ""}


async def test_a_manager_says_how_a_screen_hangs(home: House, roster: Roster) -> None:
    screen, _ = await roster.create_screen("grenoble", "Entrée")
    async with home.browser("manager") as manager:
        page = f"/admin/screen/{screen.id}"
        assert page in (await manager.get("/admin/screens")).text
        form = {**SAID, "csrf": await home.csrf(manager)}
        changed = await manager.post(page, data=form)
        assert (changed.status_code, changed.headers["location"]) == (303, f"{page}?done=changed")
        known = await roster.screen(screen.id)
        assert known is not None
        assert (known.name, known.mounting) == (
            "Vitrine",
            Mounting(
                diagonal=32, distance=1.5, comfort="grand", rotation=90, languages=("fr", "en"), theme="auto"
            ),
        )
        shown = (await manager.get(page)).text
        assert 'value="1,5"' in shown, "as it is written in French"
        assert '<option value="fr en" selected>' in shown
        await manager.post(page, data={**form, "measured": "31"})  # its line says 30
        corrected = await roster.screen(screen.id)
        assert corrected is not None
        assert corrected.mounting.diagonal == 33.1


@pytest.mark.parametrize(
    ("field", "typed", "french", "english"),
    [
        ("diagonal", "0", "se donne en pouces", "in inches"),
        ("diagonal", "-55", "se donne en pouces", "in inches"),
        ("diagonal", "500", "se donne en pouces", "in inches"),
        ("diagonal", "grand", "se donne en pouces", "in inches"),
        ("distance", "0", "se donne en mètres", "in metres"),
        ("distance", "nan", "se donne en mètres", "in metres"),
        ("distance", "29", "m au plus", "m at most"),
        ("measured", "-1", "se donne en centimètres", "in centimetres"),
    ],
)
async def test_a_wrong_measure_is_said_beside_its_field(
    home: House, roster: Roster, field: str, typed: str, french: str, english: str
) -> None:
    screen, _ = await roster.create_screen("grenoble", "Entrée")
    async with home.browser("manager") as manager:
        form = {**SAID, field: typed, "csrf": await home.csrf(manager)}
        for language, sentence in (("fr", french), ("en", english)):
            refused = await manager.post(f"/admin/screen/{screen.id}?lang={language}", data=form)
            assert refused.status_code == 400
            error = refused.text.split(f'id="{field}-error"')[1].split("</p>")[0]
            assert sentence in error
            assert f'value="{typed}"' in refused.text
        known = await roster.screen(screen.id)
        assert known is not None
        assert known.mounting == Mounting()


async def test_a_code_and_a_wrong_measure_leave_the_code_unused(home: House, roster: Roster) -> None:
    async with home.browser() as screen, home.browser("manager") as manager:
        code = (await screen.post("/screen/pairing")).json()["code"]
        form = {"code": code, "place": "grenoble", "name": "Vitrine", "diagonal": "500", "distance": "3"}
        form["csrf"] = await home.csrf(manager)
        refused = await manager.post("/admin/screens", data=form)
        assert (refused.status_code, "se donne en pouces" in refused.text) == (400, True)
        assert (await manager.post("/admin/screens", data={**form, "diagonal": "43"})).status_code == 303
        assert (await screen.get("/screen/pairing")).json() == {"state": "paired", "test": True}
        (paired,) = await roster.screens()
        assert paired.mounting.diagonal == 43


async def test_a_manager_says_when_the_place_is_open(home: House, roster: Roster) -> None:
    async with home.browser("manager") as manager:
        form = {**WEEK, "csrf": await home.csrf(manager)}
        changed = await manager.post("/admin/hours/grenoble", data=form)
        assert changed.headers["location"] == "/admin/hours/grenoble?done=changed"
        place = await roster.place("grenoble")
        assert place is not None
        assert place.hours is not None
        assert [write_day(day, "en") for day in place.hours] == ["09:00 – 19:00"] * 6 + ["closed"]
        assert place.closed == "black"
        for language, open_, closed in (
            ("fr", "9\u00a0h – 19\u00a0h", "fermé"),
            ("en", "09:00 – 19:00", "closed"),
        ):
            shown = (await manager.get(f"/admin/hours/grenoble?lang={language}")).text
            assert (shown.count(f'value="{open_}"'), shown.count(f'value="{closed}"')) == (6, 1)
        await manager.get("/admin/hours/grenoble?lang=fr")
        wrong = await manager.post("/admin/hours/grenoble", data={**form, "hours_wed": "le matin"})
        assert wrong.status_code == 400
        assert "On ne comprend pas" in wrong.text.split('id="hours_wed-error"')[1].split("</p>")[0]
        assert (await manager.post("/admin/hours/grenoble", data={**form, "given": "no"})).status_code == 303
        place = await roster.place("grenoble")
        assert place is not None
        assert place.hours is None
        await manager.post("/admin/hours/grenoble", data={**form, "given": "no"})
        place = await roster.place("grenoble")
        assert place is not None
        assert place.hours is not None, "what somebody typed is never dropped in silence"


async def test_what_hangs_elsewhere_is_not_there(home: House, roster: Roster) -> None:
    async with home.browser("manager") as manager, home.browser("moderator") as moderator:
        csrf = await home.csrf(manager)
        for page in ("/admin/screen/nobody", "/admin/hours/nowhere"):
            assert (await manager.get(page)).status_code == 404
            assert (await manager.post(page, data={**SAID, **WEEK, "csrf": csrf})).status_code == 404
            assert (await moderator.get(page)).status_code == 403


async def test_a_revoked_screen_is_told_so(home: House, roster: Roster) -> None:
    screen, token = await roster.create_screen("grenoble", "Entrée")
    async with home.browser() as browser:
        browser.cookies.set("device", token)
        assert '"paired":true' in (await browser.get("/screen")).text
        await roster.revoke_screen(screen.id)
        shown = (await browser.get("/screen")).text
        assert '"paired":false' in shown
        assert '<p class="revoked" data-revoked>' in shown


async def test_one_day_is_copied_into_the_empty_ones_and_kept_only_when_said(
    home: House, roster: Roster
) -> None:
    async with home.browser("manager") as manager:
        csrf = {"csrf": await home.csrf(manager)}
        typed = {
            **csrf,
            "given": "no",
            "closed": "black",
            "hours_tue": "9 h – 19 h",
            "hours_sat": "10 h – 20 h",
        }
        copied = await manager.post("/admin/hours/grenoble", data={**typed, "copy": "yes"})
        assert copied.status_code == 200
        assert copied.text.count('value="9 h – 19 h"') == 6
        assert copied.text.count('value="10 h – 20 h"') == 1
        assert "pas encore enregistré" in copied.text
        place = await roster.place("grenoble")
        assert place is not None
        assert place.hours is None
        wrong = await manager.post(
            "/admin/hours/grenoble", data={**csrf, **typed, "hours_tue": "matin", "copy": "yes"}
        )
        assert (wrong.status_code, 'id="hours_tue-error"' in wrong.text) == (400, True)
        nothing = await manager.post(
            "/admin/hours/grenoble", data={**csrf, "given": "no", "closed": "black", "copy": "yes"}
        )
        assert (nothing.status_code, 'id="hours_mon-error"' in nothing.text) == (422, True)
