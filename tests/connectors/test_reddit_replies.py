"""The place's answer below what a customer wrote on Reddit: posted once, looked for, refused plainly (P7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import AnswerLost, Outgoing, RateLimited, Refused, Unreachable
from connectors.reddit import Reddit
from tests.connectors.channels import Channel
from tests.connectors.reddit_emulator import BAD_JSON, RATELIMIT, USER, EmulatedReddit, Fault

ANSWER = "Merci, nous ouvrons une caisse de plus."


def outgoing(to: str, text: str = ANSWER, ident: str = "r1", since: datetime | None = None) -> Outgoing:
    since = since or datetime.now(UTC)
    return Outgoing(
        reply_id=ident, in_reply_to=to, thread=None, text=text, signed="Inès, responsable", since=since
    )


async def test_a_reply_is_posted_and_its_address_comes_back(there: EmulatedReddit, reddit: Reddit) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    sent = await reddit.send(outgoing(said))
    assert there.posted == [(said, f"{ANSWER}\n\nInès, responsable")], "signed as on the wall"
    assert sent.url == there.url + there.things[sent.id].data["permalink"]
    assert await reddit.find(outgoing(said)) == sent


LOST = [
    Fault("api/comment", status=503, after_effect=True),
    Fault("api/comment", status=500, after_effect=True),
    Fault("api/comment", drop=True, after_effect=True),
    Fault("api/comment", hang=3.0, after_effect=True),
    Fault("api/comment", body=BAD_JSON, after_effect=True),
    Fault("api/comment", body="{}", after_effect=True),
    Fault("api/comment", after_effect=True, headers={"x-ratelimit-reset": "soon"}),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda f: f"{f.status or f.body or f.headers or 'silence'}")
async def test_p7_an_answer_that_is_lost_is_posted_once_and_found(
    there: EmulatedReddit, reddit: Reddit, fault: Fault
) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    there.order(Fault(**vars(fault)))
    with pytest.raises(AnswerLost):
        await reddit.send(outgoing(said))
    assert there.asked("api/comment", "POST") == 1
    found = await reddit.find(outgoing(said))
    assert found is not None
    assert found.id in there.things
    assert len(there.posted) == 1


@pytest.mark.parametrize("fault", LOST[:5], ids=lambda f: f"{f.status or f.body or 'silence'}")
async def test_p7_what_did_not_land_is_not_found(there: EmulatedReddit, reddit: Reddit, fault: Fault) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    there.order(Fault(**{**vars(fault), "after_effect": False, "status": fault.status or 502, "hang": 0.0}))
    with pytest.raises(AnswerLost):
        await reddit.send(outgoing(said))
    assert await reddit.find(outgoing(said)) is None
    await reddit.send(outgoing(said))
    assert len(there.posted) == 1


async def test_p7_while_a_post_may_still_arrive_nobody_says_that_it_did_not(there: EmulatedReddit) -> None:
    """The call ended after a second; Reddit takes the comment later all the same."""
    slow = Reddit(
        Channel(kind="reddit", slug="reddit", options=there.options(timeout_seconds=0.3)), settle=2.0
    )
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    there.order(Fault("api/comment", hang=1.0))
    with pytest.raises(AnswerLost):
        await slow.send(outgoing(said))
    with pytest.raises(Unreachable) as told:
        await slow.find(outgoing(said))
    assert isinstance(told.value.params["retry_after"], float)
    await until(lambda: len(there.posted) == 1)
    assert await slow.find(outgoing(said)) is not None
    slow.close()


async def test_p7_a_new_life_does_not_know_what_was_under_way(there: EmulatedReddit) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    born = Reddit(Channel(kind="reddit", slug="reddit", options=there.options()), settle=60.0)
    with pytest.raises(Unreachable):
        await born.find(outgoing(said))
    born.close()


async def test_two_equal_replies_are_not_taken_for_one(there: EmulatedReddit, reddit: Reddit) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    await reddit.send(outgoing(said, "Merci !", "r1"))
    there.order(Fault("api/comment", status=503))
    with pytest.raises(AnswerLost):
        await reddit.send(outgoing(said, "Merci !", "r2"))
    assert await reddit.find(outgoing(said, "Merci !", "r2")) is None
    assert (
        await reddit.find(outgoing(said, "Merci !", "r1", since=datetime.now(UTC) + timedelta(hours=1)))
        is None
    )


async def test_a_reply_is_found_below_its_parent_when_our_own_list_lags(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    post = there.post("Les caisses")
    for parent, ident in ((post, "r1"), (there.comment(post, "Trop lentes"), "r2")):
        there.order(Fault("api/comment", status=503, after_effect=True))
        with pytest.raises(AnswerLost):
            await reddit.send(outgoing(parent, ident=ident))
        empty = '{"kind": "Listing", "data": {"children": [], "after": null}}'
        there.order(Fault(f"user/{USER}/comments", body=empty))
        assert await reddit.find(outgoing(parent, ident=ident)) is not None


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (RATELIMIT, 541),
        ('{"json": {"ratelimit": 12.4, "errors": [["RATELIMIT", "wait", "ratelimit"]]}}', 13),
        ('{"json": {"errors": [["RATELIMIT", "Try again in 3 seconds.", "ratelimit"]]}}', 4),
        ('{"json": {"errors": [["RATELIMIT", "Try again in 300 milliseconds.", "ratelimit"]]}}', 2),
        (
            '{"json": {"errors": [["RATELIMIT", "Take a break for 1 minute and 9 seconds.", "ratelimit"]]}}',
            70,
        ),
        ('{"json": {"ratelimit": 540, "errors": [["RATELIMIT", "Try again in a minute.", ""]]}}', 61),
        ('{"json": {"errors": [["RATELIMIT", "", ""]]}}', 60),
    ],
)
async def test_ratelimit_says_how_long_and_is_not_posted_again(
    there: EmulatedReddit, reddit: Reddit, body: str, seconds: int
) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    there.order(Fault("api/comment", body=body))
    with pytest.raises(RateLimited) as told:
        await reddit.send(outgoing(said))
    assert told.value.params["retry_after"] == seconds
    assert there.asked("api/comment", "POST") == 1


async def test_a_limited_account_is_left_alone_by_all_its_channels(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    other = Reddit(
        Channel(kind="reddit", slug="annonces", options=there.options(username=USER.upper())), settle=0.0
    )
    there.order(Fault("api/comment", body=RATELIMIT))
    with pytest.raises(RateLimited):
        await reddit.send(outgoing(said))
    for channel in (reddit, other):
        with pytest.raises(RateLimited) as told:
            await channel.send(outgoing(said, ident="r2"))
        assert 530 < float(str(told.value.params["retry_after"])) <= 541
        assert (await channel.pull(None)).items, "what is there may still be read"
    assert there.asked("api/comment", "POST") == 1
    other.close()


async def test_a_listing_that_is_limited_stops_every_call_of_the_account(
    there: EmulatedReddit, reddit: Reddit
) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    other = Reddit(Channel(kind="reddit", slug="annonces", options=there.options()), settle=0.0)
    there.order(Fault("/new", status=429, headers={"Retry-After": "300"}))
    with pytest.raises(Unreachable):
        await reddit.pull(None)
    asked = len(there.requests)
    for channel in (reddit, other):
        for call in (channel.pull(None), channel.recheck([said]), channel.check()):
            with pytest.raises(Unreachable) as told:
                await call
            assert told.value.kind == "channel_busy"
        with pytest.raises(RateLimited):
            await channel.send(outgoing(said))
    assert len(there.requests) == asked
    other.close()


async def test_why_a_reply_is_refused_is_said_plainly(there: EmulatedReddit, reddit: Reddit) -> None:
    post = there.post("Les caisses")
    said, gone, banned = (there.comment(post, word) for word in ("Un", "Deux", "Trois"))
    there.remove(gone)
    there.order(Fault("api/comment", status=403))
    assert await refusal(reddit, banned) == "reply_refused"
    assert await refusal(reddit, gone) == "thread_gone"
    assert await refusal(reddit, "t1_never") == "thread_gone"
    there.lock_thread(post)
    assert await refusal(reddit, said) == "thread_locked"
    asked = there.asked("api/comment", "POST")
    with pytest.raises(Refused, match="reply_too_long"):
        await reddit.send(outgoing(said, "é" * 9_990))
    assert there.asked("api/comment", "POST") == asked
    there.order(Fault("api/comment", body='{"json": {"errors": [["THREAD_LOCKED", "locked", "parent"]]}}'))
    assert await refusal(reddit, banned) == "thread_locked"
    assert there.posted == []


async def refusal(reddit: Reddit, to: str) -> str:
    with pytest.raises(Refused) as told:
        await reddit.send(outgoing(to))
    return told.value.kind


async def test_a_token_that_ended_costs_one_try_and_no_comment(there: EmulatedReddit, reddit: Reddit) -> None:
    said = there.comment(there.post("Les caisses"), "Trop lentes")
    await reddit.pull(None)
    there.token = "token-2"
    with pytest.raises(Unreachable):
        await reddit.send(outgoing(said))
    await reddit.send(outgoing(said))
    assert len(there.posted) == 1


async def test_a_post_that_could_not_connect_surely_did_not_land(there: EmulatedReddit) -> None:
    closed = Reddit(
        Channel(kind="reddit", slug="reddit", options=there.options(oauth_url="http://127.0.0.1:9")),
        settle=0.0,
    )
    with pytest.raises(Unreachable):
        await closed.send(outgoing("t1_z00001"))
    closed.close()


async def test_a_reply_waits_for_one_request_not_for_a_walk(there: EmulatedReddit, reddit: Reddit) -> None:
    post = there.post("La braderie")
    there.burst(900, post)
    pull = asyncio.create_task(reddit.pull(None))
    await until(lambda: there.asked("/comments") >= 1)
    await reddit.send(outgoing(post))
    assert not pull.done()
    assert len((await pull).items) == 901


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.01)
