"""Reddit through the real PRAW, against the project's own Reddit on loopback."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import (
    AnswerLost,
    CredentialsRefused,
    Finds,
    Outgoing,
    Pulls,
    RateLimited,
    Rechecks,
    Unreachable,
)
from connectors.reddit import Reddit
from connectors.reddit_pace import A_SECOND, BURST
from connectors.registry import build
from connectors.runner import Runner
from moderation.domain import Incoming
from moderation.errors import WrongSetting
from moderation.intake import receive
from moderation.store import Store
from tests.connectors.channels import Channel
from tests.connectors.reddit_emulator import (
    BAD_JSON,
    USER,
    EmulatedReddit,
    Fault,
)
from tests.support.invariants import check
from tests.support.ticking import ticking


def outgoing(to: str) -> Outgoing:
    return Outgoing(
        reply_id="r1", in_reply_to=to, thread=None, text="Merci.", signed="Inès", since=datetime.now(UTC)
    )


async def whole(reddit: Reddit) -> tuple[list[Incoming], str | None]:
    pulled = await reddit.pull(None)
    return list(pulled.items), pulled.cursor


# -- what comes in


async def test_a_submission_is_its_title_and_text_and_a_comment_its_body(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("Les caisses", "Trop *lentes* & vides le samedi.", author="lucie")
    link = there.post("Votre vitrine", link="https://example.org/vitrine.jpg", author="omar")
    crossed = there.post("Vu ailleurs", link="/r/ailleurs/comments/abc/_/", author="omar")
    of_omar = there.post("Vu chez moi", link="/user/omar/comments/abd/_/", author="omar")
    empty = there.post("Juste merci", author="omar")
    said = there.comment(post, "Pareil <ici>", author="karim")
    items, _ = await whole(reddit)
    found = {item.id: item for item in items}
    assert [item.id for item in items] == [post, link, crossed, of_omar, empty, said]
    assert found[post].text == "Les caisses\n\nTrop *lentes* & vides le samedi."
    assert (found[link].text, found[link].url) == ("Votre vitrine", "https://example.org/vitrine.jpg")
    assert found[crossed].url == f"{there.url}/r/ailleurs/comments/abc/_/"
    assert found[of_omar].url == f"{there.url}/user/omar/comments/abd/_/"
    assert found[empty].text == "Juste merci"
    assert found[said].text == "Pareil <ici>"
    assert (found[said].author_name, found[said].author_id) == ("karim", "t2_karim")
    assert found[said].url == f"{there.url}/r/lumiere/comments/{post[3:]}/_/{said[3:]}/"
    assert found[said].published_at is not None
    assert {item.revision for item in items} == {1}


async def test_only_what_is_new_comes_and_nothing_new_leaves_the_cursor_as_it_is(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("Bonjour")
    _, cursor = await whole(reddit)
    again = await reddit.pull(cursor)
    assert (again.items, again.cursor) == ((), cursor)
    said = there.comment(post, "Bonjour à vous")
    more = await reddit.pull(cursor)
    assert [item.id for item in more.items] == [said]


async def test_our_own_posts_are_not_echoed(there: EmulatedReddit, reddit: Reddit) -> None:
    post = there.post("Nous ouvrons dimanche", author=USER)
    there.comment(post, "Merci à tous", author=USER.upper())
    said = there.comment(post, "Enfin !")
    items, _ = await whole(reddit)
    assert [item.id for item in items] == [said]


@pytest.mark.parametrize("mark", ["[deleted]", "[removed]", "[ Removed by Reddit ]"])
async def test_a_mark_is_never_a_text(there: EmulatedReddit, reddit: Reddit, mark: str) -> None:
    post = there.post("Un titre", mark)
    there.comment(post, mark)
    items, _ = await whole(reddit)
    assert [item.text for item in items] == ["Un titre"]


async def test_a_burst_of_a_thousand_comes_whole_and_oldest_first(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("La braderie")
    _, cursor = await whole(reddit)
    names = there.burst(1000, post)
    pulled = await reddit.pull(cursor)
    assert [item.id for item in pulled.items] == names
    assert (await reddit.pull(pulled.cursor)).items == ()


async def test_what_is_released_late_is_found_below_known_ones(there: EmulatedReddit, reddit: Reddit) -> None:
    post = there.post("Bonjour")
    names = there.burst(150, post)
    there.hold(names[20])
    items, cursor = await whole(reddit)
    assert names[20] not in {item.id for item in items}
    there.hold(names[20], held=False)
    late = there.comment(post, "Et la dernière")
    pulled = await reddit.pull(cursor)
    assert {item.id for item in pulled.items} == {names[20], late}


async def test_a_walk_that_breaks_has_moved_nothing(there: EmulatedReddit, reddit: Reddit) -> None:
    post = there.post("La braderie")
    _, cursor = await whole(reddit)
    names = there.burst(250, post)
    there.order(Fault("after=", status=404))
    with pytest.raises(Unreachable):
        await reddit.pull(cursor)
    assert [item.id for item in (await reddit.pull(cursor)).items] == names


async def test_a_walk_goes_on_when_the_thing_it_stands_on_is_deleted(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("La braderie")
    names = there.burst(250, post)
    page = reddit._page  # the seam between two requests

    async def between(listing: str, after: str | None) -> Any:
        if after == names[150]:
            there.delete(names[150])
        return await page(listing, after)

    reddit._page = between  # type: ignore[method-assign]
    items, _ = await whole(reddit)
    assert {item.id for item in items} == {post, *names}


async def test_a_kill_in_mid_burst_loses_nothing_and_doubles_nothing(
    there: EmulatedReddit, reddit: Reddit, store: Store
) -> None:
    """The cursor is saved with the last item, so whoever dies before it asks for all of it again."""
    post = there.post("La braderie")
    names = there.burst(150, post)
    pulled = await reddit.pull(None)
    await receive(store, "reddit", ["grenoble"], pulled.items[:70])  # and here it is killed
    other = Reddit(Channel(kind="reddit", slug="reddit", options=there.options()), settle=0.0)
    await Runner(store, [other]).poll(other)
    other.close()
    found = await store.messages(places=["grenoble"], state="pending", limit=200)
    assert {message.upstream for message in found.items} == {post, *names}
    assert len(found.items) == 151
    await check(store, ("grenoble",))


async def test_several_subreddits_are_one_listing_and_a_new_one_starts_from_its_beginning(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    old = there.post("À Lyon aussi", subreddit="lyon")
    there.burst(120, there.post("Bonjour"))
    _, cursor = await whole(reddit)
    both = Reddit(
        Channel(kind="reddit", slug="reddit", options=there.options(subreddits=["lumiere", "lyon"]))
    )
    asked = len(there.requests)
    pulled = await both.pull(cursor)
    both.close()
    assert old in {item.id for item in pulled.items}
    assert any("/r/lumiere+lyon/new" in path for _, path in there.requests[asked:])


async def test_a_bad_item_is_put_aside_and_the_rest_go_on(
    there: EmulatedReddit, reddit: Reddit, store: Store
) -> None:
    post = there.post("Bonjour")
    bad = there.comment(post, "x", body=None, created_utc="hier", edited="?", permalink=7)
    there.comment(post, "x", name="pas un nom")
    good = there.comment(post, "Bonjour à vous")
    odd = there.comment(
        post, "Salut", edited=float("inf"), author_fullname="\ud800", parent_id="\ud800", link_id=7
    )
    runner = Runner(store, [reddit])
    await runner.poll(reddit)
    assert await runner.poll(reddit) == 0  # not again and again
    found = await store.messages(places=["grenoble"], state="pending")
    assert {message.upstream for message in found.items} == {post, good, odd}
    assert [row[0] for row in await store.quarantined("reddit")] == [bad]


async def test_who_answers_our_answer_goes_on_with_the_thread_that_they_began(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("Les caisses", author="lucie")
    first = there.comment(post, "Trop lentes", author="karim")
    ours = there.comment(first, "Nous en ouvrons une autre", author=USER)
    back = there.comment(ours, "Quand ?", author="karim")
    again = there.comment(there.comment(back, "Lundi", author=USER), "Merci", author="karim")
    other = there.comment(ours, "Et le dimanche ?", author="omar")
    below = there.comment(first, "D'accord avec toi", author="lucie")
    asker = there.comment(there.comment(post, "Bonjour Lucie", author=USER), "Bonjour", author="lucie")
    items, cursor = await whole(reddit)
    threads = {item.id: item.thread for item in items}
    assert threads == {
        post: None, first: None, back: first, again: first, other: None, below: None, asker: post,
    }  # fmt: skip
    later = there.comment(ours, "C'est fait, merci", author="karim")  # what it answers is known no more
    there.burst(200, post)
    pulled = await reddit.pull(cursor)
    assert {item.thread for item in pulled.items if item.id == later} == {first}


# -- what changes there


async def test_an_edit_is_a_higher_revision_and_is_seen_by_listing_and_recheck(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("Les caisses", "Trop lentes")
    said = there.comment(post, "Oui")
    items, cursor = await whole(reddit)
    assert await reddit.recheck([post, said]) == ()
    at = int(time.time())
    there.edit(said, "Non, finalement", at)
    expected = [(said, "edited", at, "Non, finalement")]
    told = [(i.id, i.event, i.revision, i.text) for i in await reddit.recheck([post, said])]
    pulled = await reddit.pull(cursor)
    assert told == expected == [(i.id, i.event, i.revision, i.text) for i in pulled.items]
    assert (await reddit.pull(pulled.cursor)).items == ()
    there.edit(said, "Si, quand même", at + 5)
    assert [i.revision for i in await reddit.recheck([said])] == [at + 5]
    assert items[1].revision == 1


async def test_every_kind_of_deletion_is_one(there: EmulatedReddit, reddit: Reddit) -> None:
    posts = [there.post(f"Titre {n}", "Texte", author=f"a{n}") for n in range(4)]
    said = [there.comment(posts[3], f"Mot {n}", author=f"c{n}") for n in range(4)]
    for name in (posts[0], said[0]):
        there.delete(name)
    for name in (posts[1], said[1]):
        there.remove(name)
    there.delete_account("a2")
    there.delete_account("c2")
    changed = await reddit.recheck([*posts, *said, "t1_unknown", "not a name"])
    assert {(i.id, i.event) for i in changed} == {(n, "deleted") for n in (*posts[:3], *said[:3])}


async def test_who_moderates_there_sees_removed_things_and_we_take_them_for_removed(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    there.moderating = True
    post = there.post("Bonjour")
    before, after = there.comment(post, "Un"), there.comment(post, "Deux")
    there.remove(before)
    items, cursor = await whole(reddit)
    assert {item.id for item in items} == {post, after}
    there.remove(after)
    assert [(i.id, i.event) for i in (await reddit.pull(cursor)).items] == [(after, "deleted")]
    assert [(i.id, i.event) for i in await reddit.recheck([after])] == [(after, "deleted")]


async def test_p7_what_is_deleted_while_it_waits_is_gone_too(
    there: EmulatedReddit, reddit: Reddit, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was edited waits again, and no listing shows what its author then deletes. Some at a time, in turn."""
    monkeypatch.setattr("connectors.runner.WAITING", 2)
    post = there.post("Bonjour")
    said = [there.comment(post, f"Mot {n}") for n in range(4)]
    runner = Runner(store, [reddit])
    await runner.poll(reddit)
    there.edit(said[3], "Mot bien pesé")
    await runner.poll(reddit)
    for name in (said[1], said[3]):
        there.delete(name)
    await runner.poll(reddit)
    for _ in range(3):
        await runner.recheck(reddit)
    found = await store.messages(places=["grenoble"], state="pending")
    assert {message.upstream for message in found.items} == {post, said[0], said[2]}


async def test_two_hundred_and_fifty_are_rechecked_in_three_requests(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    names = there.burst(250, there.post("Bonjour"))
    assert await reddit.recheck(names) == ()
    assert there.asked("api/info") == 3


# -- trouble


async def test_check_says_whether_the_credentials_work(there: EmulatedReddit, reddit: Reddit) -> None:
    await reddit.check()
    assert all(agent.startswith("python:complicite:") and f"/u/{USER}" in agent for agent in there.agents)
    there.password = "changed"
    other = Reddit(Channel(kind="reddit", slug="reddit", options=there.options()))
    with pytest.raises(CredentialsRefused):
        await other.check()
    other.close()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("where", ["/new", "access_token"])
async def test_credentials_refused(there: EmulatedReddit, reddit: Reddit, status: int, where: str) -> None:
    there.order(Fault(where, status=status, times=9))
    with pytest.raises(CredentialsRefused):
        await reddit.pull(None)


OUTAGES = {
    "404": Fault("/new", status=404),
    "451": Fault("/new", status=451),
    "429": Fault("/new", status=429, headers={"retry-after": "7"}),
    "429 until a date": Fault("/new", status=429, headers={"retry-after": "Sun, 22 Nov 2026 03:00:00 GMT"}),
    "500": Fault("/new", status=500, times=9),
    "503": Fault("access_token", status=503, times=9),
    "bad json": Fault("/new", body=BAD_JSON),
    "no listing": Fault("/new", body='["?"]'),
    "cut": Fault("/new", drop=True, times=9),
    "silence": Fault("/new", hang=3.0),
}


@pytest.mark.parametrize("fault", OUTAGES.values(), ids=OUTAGES)
async def test_an_outage_is_not_called_refused_credentials(
    there: EmulatedReddit, reddit: Reddit, fault: Fault
) -> None:
    there.post("Bonjour")
    there.order(Fault(**vars(fault)))
    with pytest.raises(Unreachable) as told:
        await reddit.pull(None)
    if fault.headers:
        assert told.value.params["retry_after"] in (7, 60)
        return  # it is waited for: test_reddit_replies
    there.faults.clear()
    assert len((await reddit.pull(None)).items) == 1


async def test_a_blip_is_no_outage(there: EmulatedReddit, reddit: Reddit) -> None:
    there.post("Bonjour")
    there.order(Fault("/new", status=503))
    assert len((await reddit.pull(None)).items) == 1


async def test_when_reddit_counts_us_out_nothing_sleeps_in_the_thread(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    said = there.comment(there.post("Bonjour"), "Oui")
    there.order(
        Fault("/new", after_effect=True, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "300"})
    )
    with pytest.raises(Unreachable) as told:
        await reddit.pull(None)
    assert told.value.kind == "channel_busy"
    with pytest.raises(RateLimited) as wait:
        await reddit.send(outgoing(said))
    assert 290 <= float(str(wait.value.params["retry_after"])) <= 300


async def test_a_hanging_channel_never_holds_the_loop(there: EmulatedReddit, reddit: Reddit) -> None:
    """2 s here; 20 s in the whole server, with every kind of channel: tests/faults/test_hanging.py."""
    there.post("Bonjour")
    await reddit.pull(None)  # PRAW is imported and signed in
    longest = []
    for _ in range(3):  # a busy machine may hold us up as well, but not every time
        there.order(Fault("/new", hang=2.0), Fault("api/comment", hang=2.0))
        gaps: list[float] = []
        async with ticking(gaps.append):
            results = await asyncio.gather(
                reddit.pull(None), reddit.send(outgoing("t3_z00001")), return_exceptions=True
            )
        assert {type(result) for result in results} == {Unreachable, AnswerLost}
        longest.append(max(gaps))
        if longest[-1] < 0.05:
            return
    pytest.fail(f"{longest} s")


async def test_an_answer_that_drips_for_ever_ends_too(there: EmulatedReddit, reddit: Reddit) -> None:
    """A byte a second resets every time-out of a socket."""
    said = there.comment(there.post("Bonjour"), "Oui")
    await reddit.pull(None)
    patient, reddit._patience = reddit._patience, 3.0
    there.order(Fault("/new", drip=60.0), Fault("api/comment", drip=60.0))
    with pytest.raises(Unreachable):
        await reddit.pull(None)
    with pytest.raises(AnswerLost):
        await reddit.send(outgoing(said))
    reddit._patience = patient
    assert await reddit.find(outgoing(said)) is not None


async def test_polls_stay_under_a_hundred_requests_a_minute() -> None:
    assert BURST + 60 * A_SECOND < 100


# -- settings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subreddits", []),
        ("subreddits", "lumiere"),
        ("subreddits", ["r/lumiere"]),
        ("subreddits", ["a+b"]),
        ("client_id", ""),
        ("client_secret", None),
        ("username", 7),
        ("password", "  "),
        ("poll_seconds", 0),
        ("poll_seconds", "15"),
        ("timeout_seconds", True),
        ("reddit_url", "http://reddit.com"),
        ("oauth_url", "http://127.0.0.1.example.org"),
        ("oauth_url", "https://u:p@oauth.reddit.com"),
        ("oauth_url", "https://oauth.reddit.com/path"),
        ("oauth_url", "ftp://127.0.0.1"),
        ("oauth_url", "https://[::1"),
    ],
)
def test_a_wrong_setting_is_named(there: EmulatedReddit, key: str, value: object) -> None:
    with pytest.raises(WrongSetting) as told:
        build(Channel(kind="reddit", slug="reddit", options=there.options() | {key: value}))
    assert told.value.params["name"] == f"channel.reddit.{key}"


def test_it_can_all_of_it(there: EmulatedReddit) -> None:
    given = {key: value for key, value in there.options().items() if not key.endswith("_url")}
    connector = build(Channel(kind="reddit", slug="reddit", options=given))
    assert isinstance(connector, Pulls)
    assert isinstance(connector, Rechecks)
    assert isinstance(connector, Finds)
    assert connector.abilities.reply
    assert "a-password" not in repr(vars(connector))
