"""Places, people, sessions, tokens, screens: what opens a door, and what no longer does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from moderation.connection import Connection
from moderation.domain import Place
from moderation.errors import Conflict, Invalid, NotFound, Unavailable
from moderation.keys import Keys
from moderation.roster import Roster, Setup, new_person
from moderation.screens import Paired
from moderation.seals import digest


async def test_a_session_opens_and_closes(roster: Roster) -> None:
    person = await roster.add_person("Léa Martin", "manager", password="hash", places=["grenoble"])
    secret = await roster.open_session(person)
    session = await roster.session(secret)
    assert session is not None
    assert session.person == person
    assert await roster.session("guess") is None
    await roster.close_session(secret)
    assert await roster.session(secret) is None


async def test_a_tablet_that_lies_still_for_half_a_day_stays_signed_in(
    roster: Roster, connection: Connection, organisation: str
) -> None:
    secret = await roster.open_session(await roster.add_person("Ada", "owner", password="hash"))
    key = Keys(organisation).door("session", digest(secret))
    assert 7 * 3600 < await connection.ask(connection.commands.ttl(key)) <= 8 * 3600


async def test_a_removed_persons_session_is_over(roster: Roster) -> None:
    person = await roster.add_person("Léa", "manager", password="hash")
    secret = await roster.open_session(person)
    await roster.remove_person("Léa")
    assert await roster.session(secret) is None
    await roster.add_person("Léa", "owner", password="other")
    assert await roster.session(secret) is None, "a namesake does not inherit it"


async def test_a_changed_person_has_no_session_left(roster: Roster) -> None:
    before = await roster.add_person("Léa", "manager", password="hash", places=["grenoble"])
    secret = await roster.open_session(before)
    for change in ({"password": "another"}, {"role": "staff"}, {"places": ("lyon",)}):
        after = await roster.change_person(before, replace(before, **change))
        assert await roster.session(secret) is None, change
        assert await roster.person("léa") == after
        assert replace(after, lock=before.lock) == replace(before, **change)
        before, secret = after, await roster.open_session(after)
        session = await roster.session(secret)
        assert session is not None
        assert session.person == after


async def test_who_is_no_longer_as_they_were_read_is_not_changed(roster: Roster) -> None:
    read = await roster.add_person("Léa", "manager", password="hash", places=["grenoble"])
    both = [roster.change_person(read, replace(read, password=new)) for new in ("one", "two")]
    done = await asyncio.gather(*both, return_exceptions=True)
    (changed,) = (each for each in done if not isinstance(each, BaseException))
    (refused,) = (each for each in done if isinstance(each, Conflict))
    assert refused.kind == "person_changed"
    assert await roster.person("Léa") == changed
    with pytest.raises(NotFound):
        await roster.change_person(changed, replace(changed, places=("nowhere",)))
    await roster.remove_person("Léa")
    await roster.add_person("Léa", "owner", password="hash")
    with pytest.raises(NotFound):
        await roster.change_person(changed, replace(changed, password="mine"))


async def test_somebody_can_always_sign_in_as_owner(roster: Roster) -> None:
    ada = await roster.add_person("Ada", "owner", password="hash")
    await roster.add_person("a program", "owner")  # can't sign in
    for less in ({"role": "moderator", "places": ("lyon",)}, {"password": None}):
        with pytest.raises(Conflict) as refused:
            await roster.change_person(ada, replace(ada, **less))
        assert refused.value.kind == "last_owner"
    ada = await roster.change_person(ada, replace(ada, password="another"))
    zoe = await roster.add_person("Zoé", "owner", password="hash")
    each_the_other = [roster.change_person(one, replace(one, role="auditor")) for one in (ada, zoe)]
    done = await asyncio.gather(*each_the_other, return_exceptions=True)
    assert [isinstance(each, Conflict) for each in done].count(True) == 1
    assert await roster.any_owner()


async def test_two_owners_who_remove_each_other_leave_one(roster: Roster) -> None:
    for name in ("Ada", "Zoé"):
        await roster.add_person(name, "owner", password="hash")
    each_the_other = [roster.remove_person(name) for name in ("Ada", "Zoé")]
    done = await asyncio.gather(*each_the_other, return_exceptions=True)
    (refused,) = (each for each in done if isinstance(each, Conflict))
    assert refused.kind == "last_owner"
    (left,) = await roster.people()
    with pytest.raises(Conflict):
        await roster.remove_person(left.name)
    assert await roster.any_owner()


async def test_a_place_has_another_name_and_clock(roster: Roster) -> None:
    place = await roster.place("grenoble")
    assert place is not None
    await roster.open_hours("grenoble", ((),) * 7, "black")
    await roster.change_place(replace(place, name="Grenoble, la gare", timezone="UTC", lease_seconds=60))
    changed = await roster.place("grenoble")
    assert changed is not None
    assert (changed.name, changed.timezone, changed.lease_seconds) == ("Grenoble, la gare", "UTC", 60)
    assert changed.closed == "black", "the hours stay"
    await roster.sync_places([replace(place, name="Grenoble, comme écrit")])
    with pytest.raises(Conflict) as refused:
        await roster.change_place(changed)
    assert refused.value.kind == "place_declared"
    with pytest.raises(NotFound):
        await roster.change_place(replace(place, slug="nowhere"))


async def test_names_are_taken_once_whatever_their_case(roster: Roster) -> None:
    await roster.add_person("Léa", "manager")
    with pytest.raises(Conflict):
        await roster.add_person("LÉA", "owner")
    with pytest.raises(NotFound):
        await roster.add_person("Tom", "staff", places=["nowhere"])


async def test_a_token_acts_with_its_own_role_in_its_own_place(roster: Roster) -> None:
    token, bare = await roster.create_token("moderator", place="grenoble")
    actor = await roster.token(bare)
    assert actor is not None
    assert (actor.role, actor.places, actor.via) == ("moderator", ("grenoble",), "token")
    assert [t.id for t in await roster.tokens()] == [token.id]
    await roster.revoke_token(token.id)
    assert await roster.token(bare) is None


async def test_a_token_never_reaches_further_than_its_person(roster: Roster) -> None:
    await roster.add_person("Léa", "manager", places=["grenoble"])
    _, bare = await roster.create_token("manager", person="Léa")
    actor = await roster.token(bare)
    assert actor is not None
    assert actor.places == ("grenoble",)


async def test_nobody_lends_a_role_that_they_do_not_have(roster: Roster) -> None:
    await roster.add_person("Mia", "moderator", places=["grenoble"])
    for role in ("owner", "manager"):
        with pytest.raises(Invalid) as refused:
            await roster.create_token(role, person="Mia")
        assert refused.value.kind == "role_beyond"
    assert await roster.tokens() == ()
    await roster.add_person("Ada", "owner")
    _, bare = await roster.create_token("auditor", person="Ada")
    actor = await roster.token(bare)
    assert actor is not None
    assert (actor.name, actor.role) == ("Ada", "auditor")


async def test_a_removed_persons_token_is_over(roster: Roster) -> None:
    await roster.add_person("Léa", "owner")
    _, bare = await roster.create_token("owner", person="Léa")
    await roster.remove_person("Léa")
    assert await roster.token(bare) is None
    await roster.add_person("léa", "staff", places=["grenoble"])
    assert await roster.token(bare) is None, "a namesake does not inherit it"


async def test_an_expired_token_opens_nothing(roster: Roster) -> None:
    with pytest.raises(NotFound):
        await roster.create_token("owner", person="nobody")
    _, bare = await roster.create_token("owner")
    assert await roster.token(bare) is not None


async def test_a_code_pairs_the_browser_that_shows_it_once(roster: Roster) -> None:
    code, browser = await roster.begin_pairing()
    assert len(code) == 8
    assert await roster.collect_pairing(browser) == "waiting"
    typed = f" {code[:4].lower()} {code[4:]} "
    screen = await roster.claim_pairing(typed, "grenoble", "Entrée")
    paired = await roster.collect_pairing(browser)
    assert isinstance(paired, Paired)
    assert not paired.said
    assert await roster.screen_by_token(paired.token) == screen
    with pytest.raises(Invalid) as used:
        await roster.claim_pairing(code, "grenoble", "Encore")
    assert used.value.kind == "code_used"
    with pytest.raises(Invalid) as unknown:
        await roster.claim_pairing("ABCD2345", "grenoble", "Encore")
    assert unknown.value.kind == "code_unknown"
    assert await roster.collect_pairing("another browser") == "expired"


async def test_a_pairing_that_was_cut_off_can_be_finished(
    roster: Roster, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine goes between two of its steps: the same call with the same nonce pairs the screen, nobody else's."""
    code, browser = await roster.begin_pairing()
    ask, asked = connection.ask, 0

    async def cut(answer: Any) -> Any:
        nonlocal asked
        found = await ask(answer)
        asked += 1
        if asked == 3:  # the code is claimed, the screen not yet written
            raise Unavailable
        return found

    monkeypatch.setattr(connection, "ask", cut)
    with pytest.raises(Unavailable):
        await roster.claim_pairing(code, "grenoble", "Entrée", nonce="n")
    monkeypatch.undo()
    with pytest.raises(Invalid):
        await roster.claim_pairing(code, "lyon", "Ailleurs", nonce="another")
    screen = await roster.claim_pairing(code, "grenoble", "Entrée", nonce="n")
    assert await roster.claim_pairing(code, "grenoble", "Entrée", nonce="n") == screen
    assert await roster.screens() == (screen,)
    paired = await roster.collect_pairing(browser)
    assert isinstance(paired, Paired)
    assert await roster.screen_by_token(paired.token) == screen


async def test_a_revoked_screen_is_told_so(roster: Roster) -> None:
    screen, bare = await roster.create_screen("grenoble", "Entrée")
    await roster.note_screens({screen.id: {"connected": True}, "revoked": {"connected": True}})
    assert [s.facts for s in await roster.screens()] == [{"connected": True}]
    await roster.revoke_screen(screen.id)
    assert await roster.screen_by_token(bare) == "revoked"
    assert await roster.screen_by_token("guess") is None
    with pytest.raises(NotFound):
        await roster.revoke_screen(screen.id)


async def test_the_first_run_makes_one_owner_and_one_place(connection: Connection, organisation: str) -> None:
    roster = Roster(connection, organisation)
    first, second = await roster.begin_setup(), await roster.begin_setup()
    owner = new_person("Ada", "owner", password="hash")
    setup = Setup(person=owner, place=Place(slug="grenoble", name="Grenoble"))
    await roster.finish_setup(first, setup)
    assert await roster.people() == (owner,)
    assert [p.slug for p in await roster.places()] == ["grenoble"]
    await roster.finish_setup(first, setup)  # redis-py repeats it when the answer was lost
    assert await roster.people() == (owner,)
    another = replace(setup, person=new_person("Ada", "owner", password="another"))
    with pytest.raises(NotFound):
        await roster.finish_setup(first, another)
    with pytest.raises(Conflict):
        await roster.finish_setup(second, another)
    with pytest.raises(Conflict):
        await roster.begin_setup()


async def test_the_first_owner_takes_nobodys_name(connection: Connection, organisation: str) -> None:
    roster = Roster(connection, organisation)
    link = await roster.begin_setup()
    known = await roster.add_person("Ada", "moderator")
    setup = Setup(
        person=new_person("ada", "owner", password="hash"), place=Place(slug="grenoble", name="Grenoble")
    )
    with pytest.raises(Conflict) as refused:
        await roster.finish_setup(link, setup)
    assert refused.value.kind == "name_taken"
    assert (await roster.people(), await roster.places()) == ((known,), ())
    await roster.finish_setup(link, replace(setup, person=replace(setup.person, name="Zoé")))


async def test_no_secret_is_kept_as_it_is(roster: Roster, connection: Connection, organisation: str) -> None:
    person = await roster.add_person("Ada", "owner", password="hash")
    code, browser = await roster.begin_pairing()
    await roster.claim_pairing(code, "grenoble", "Vitrine")
    paired = await roster.collect_pairing(browser)
    assert isinstance(paired, Paired)
    secrets = [await roster.open_session(person), *(await roster.begin_pairing()), browser, paired.token]
    _, bare = await roster.create_token("owner")
    _, device = await roster.create_screen("grenoble", "Entrée")
    dump = []
    async for key in connection.commands.scan_iter(match=f"{{{organisation}}}*"):
        kind = await connection.commands.type(key)
        value = await (connection.commands.hgetall(key) if kind == "hash" else connection.commands.get(key))
        dump.append(f"{key} {value}")
    for secret in (*secrets, bare, device):
        assert secret not in "\n".join(dump)
