"""Feeds: what an entry says, what is asked again, and where an address may lead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from connectors import feed as module
from connectors.calls import Answer
from connectors.contract import Unreachable
from connectors.feed import Feed, entries
from connectors.runner import Runner
from moderation.domain import Incoming
from moderation.errors import WrongSetting
from moderation.store import Store
from moderation.text import clean
from tests.connectors.benches import feed
from tests.connectors.channels import Channel
from tests.connectors.feed_emulator import FeedEmulator


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[FeedEmulator]:
    async with FeedEmulator() as emulator:
        yield emulator


def one(xml: str, stars: str = "") -> Incoming:
    (item,) = entries(Answer(status=200, headers={}, body=xml.encode()), stars)
    return item


def said(item: Incoming) -> str:
    return clean(item.text, item.format).text


def rss(entry: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title><item>{entry}</item></channel></rss>'


def test_an_entry_of_atom() -> None:
    item = one(
        """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:im="urn:im"><entry>
        <id>tag:avis,1</id><title type="text">Belle &lt;lampe&gt;</title><im:rating>4</im:rating>
        <author><name>Léa</name><uri>https://avis.example/lea</uri></author>
        <content type="html">&lt;p&gt;Un&lt;br&gt;deux&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</content>
        <link href="https://avis.example/1"/><published>2026-11-20T10:00:00+01:00</published></entry></feed>""",
        "im_rating",
    )
    assert item.id == "tag:avis,1"
    assert (item.author_name, item.author_url) == ("Léa", "https://avis.example/lea")
    assert (item.stars, item.url) == (4, "https://avis.example/1")
    assert item.published_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert said(item).split() == ["Belle", "<lampe>", "Un", "deux"]


def test_an_entry_of_rss_with_less() -> None:
    item = one(rss("<title>Titre</title><description>A &amp;amp; B</description>"))
    assert said(item).split() == ["Titre", "A", "&", "B"]
    assert item.published_at is None
    assert one(rss("<title>Titre</title><description>A &amp;amp; B</description>")).id == item.id


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("lea@boutique.online (Léa B.)", "Léa B."),
        ("Léa (lea@boutique.online)", "Léa"),
        ("Léa &lt;lea@avis.example&gt;", "Léa"),
        ("lea@avis.fr (Léa)", "Léa"),
        ("Léa (Lyon)", "Léa (Lyon)"),
        ("lea@boutique.online", None),
        ("&lt;lea@avis.fr&gt;", None),
        ("lea@avis.fr ()", None),
    ],
)
def test_an_author_with_an_address_is_called_by_the_whole_name(author: str, name: str | None) -> None:
    """feedparser takes the end of an address for four letters at most, and the rest for a name: « ne (Léa B. »."""
    assert one(rss(f"<guid>1</guid><title>x</title><author>{author}</author>")).author_name == name


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<name>Léa</name><email>lea@avis.fr</email>", "Léa"),
        ("<email>lea@avis.fr</email>", None),
        ("<name>lea@avis.fr</name>", None),
        ("<name>lea@boutique.online</name><email>lea@boutique.online</email>", None),
        ("<name>@lea@mastodon.example</name>", "@lea@mastodon.example"),
    ],
)
def test_an_address_in_place_of_a_name_is_no_name(author: str, name: str | None) -> None:
    entry = f"<entry><id>1</id><title>x</title><author>{author}</author></entry>"
    found = one(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{entry}</feed>')
    assert found.author_name == name


def test_p4_what_looks_like_an_open_tag_swallows_no_words() -> None:
    """Title and text are read each by itself: no tag of ours closes what only looks like one."""
    entry = "<title>Mieux &lt;!-- ou pas</title><description>Si a&lt;b, tout va bien</description>"
    assert said(one(rss(entry))) == "Mieux <!-- ou pas\nSi a<b, tout va bien"


def test_entries_without_a_name_or_a_date_are_told_apart_by_what_they_say() -> None:
    said_twice = "<title>Avis</title><description>Merci</description>"
    told = [said_twice, "<title>Avis</title><description>Trop cher</description>", said_twice]
    told += [f"<guid>{'x' * 600}{end}</guid><title>Long</title>" for end in "ab"]
    document = rss("</item><item>".join(told)).encode()
    found = entries(Answer(status=200, headers={}, body=document))
    assert len({item.id for item in found}) == len(found) == 4
    assert all(len(item.id) <= 500 for item in found)


@pytest.mark.parametrize("stars", ["0", "6", "5.0", "", "cinq"])
def test_no_stars_are_guessed(stars: str) -> None:
    assert one(rss(f"<guid>1</guid><note>{stars}</note>"), "note").stars is None


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{}", b"/etc/passwd", b"https://evil.example/feed"])
def test_what_is_no_feed(body: bytes) -> None:
    with pytest.raises(Unreachable):
        entries(Answer(status=200, headers={}, body=body))


def test_entities_do_not_unfold() -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    xml = f'<!DOCTYPE r [<!ENTITY l0 "ha">{laughs}]>' + rss("<guid>1</guid><title>&l9;</title>")
    try:
        items = entries(Answer(status=200, headers={}, body=xml.encode()))
    except Unreachable:
        return
    assert all(len(item.text) < 10_000 for item in items)


async def test_what_has_not_changed_is_not_told(upstream: FeedEmulator, store: Store) -> None:
    connector = feed(upstream)
    upstream.entries = {"1": "un", "2": "deux"}
    runner = Runner(store, [connector])
    assert await runner.poll(connector) == 2
    assert await runner.poll(connector) == 0
    assert upstream.not_modified == 1
    upstream.validators = False
    assert await runner.poll(connector) == 0
    upstream.entries["2"] = "trois"
    assert await runner.poll(connector) == 1


async def test_an_entry_that_left_is_only_old(upstream: FeedEmulator, store: Store) -> None:
    connector = feed(upstream)
    upstream.entries = {"1": "un", "2": "deux"}
    runner = Runner(store, [connector])
    await runner.poll(connector)
    del upstream.entries["1"]
    await runner.poll(connector)
    upstream.entries = {"1": "un", "2": "deux"}
    await runner.poll(connector)
    assert await store.count("grenoble", "pending") == 2


async def test_it_follows_its_feed_but_not_in_circles(upstream: FeedEmulator) -> None:
    upstream.entries = {"1": "un"}
    upstream.moved = {"/avis.xml": "/ailleurs.xml"}
    assert len((await feed(upstream).pull(None)).items) == 1
    upstream.moved = {"/avis.xml": "/avis.xml"}
    with pytest.raises(Unreachable):
        await feed(upstream).pull(None)


@pytest.mark.parametrize(
    "target",
    [
        "http://avis.example/",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "https://me@avis.example/",
        "",
    ],
)
async def test_from_outside_nothing_leads_inside(target: str) -> None:
    outside = Feed(Channel(kind="feed", options={"feed_url": "https://avis.example/feed"}))
    with pytest.raises(Unreachable):
        await outside._next(target)


async def test_too_large_a_feed_is_not_read(upstream: FeedEmulator) -> None:
    connector = feed(upstream)
    connector._calls._limit = 1000
    upstream.entries = {"1": "x" * 2000}
    with pytest.raises(Unreachable):
        await connector.pull(None)


async def test_the_loop_goes_round_while_a_feed_is_read(
    upstream: FeedEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    free = threading.Event()

    def slow(answer: Answer, stars: str) -> tuple[Incoming, ...]:
        assert free.wait(10), "nothing else could run"
        return ()

    monkeypatch.setattr(module, "entries", slow)
    reading = asyncio.create_task(feed(upstream).pull(None))
    await asyncio.sleep(0)
    free.set()
    assert (await reading).items == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("feed_url", "http://avis.example/feed"),
        ("feed_url", ""),
        ("poll_seconds", 0),
        ("poll_seconds", True),
        ("stars", 5),
    ],
)
def test_a_wrong_setting_stops_the_start(upstream: FeedEmulator, key: str, value: object) -> None:
    with pytest.raises(WrongSetting) as wrong:
        feed(upstream, **{key: value})
    assert wrong.value.params["name"] == f"channel.avis.{key}"


@pytest.mark.parametrize("smile", ["&#55357;&#56832;", "&#xD83D;&#xde00;", "&#128512;"])
def test_p4_an_emoji_written_as_two_halves_is_that_emoji(smile: str) -> None:
    """Old generators write it so; one of it silenced the whole feed."""
    assert said(one(rss(f"<guid>a</guid><title>Merci {smile} !&#55357;</title>"))) == "Merci 😀 !\ufffd"


@pytest.mark.parametrize(
    ("reference", "char"),
    [
        ("&#x110000;", "\ufffd"),
        ("&#1114112;", "\ufffd"),
        (f"&#{'9' * 5_000};", "\ufffd"),
        ("&#x10FFFD;", "\U0010fffd"),
        ("&#x0001F600;", "😀"),
    ],
)
def test_p4_a_number_that_is_no_character_silences_nobody_else(reference: str, char: str) -> None:
    """One of it silenced the whole feed."""
    assert said(one(rss(f"<guid>a</guid><title>Merci {reference} !</title>"))) == f"Merci {char} !"


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "hex", "no-such"])
def test_a_feed_in_an_odd_codec_is_read_or_is_none(charset: str) -> None:
    body = rss("<guid>a</guid><title>Été</title>").encode()
    answer = Answer(status=200, headers={"content-type": f"text/xml; charset={charset}"}, body=body)
    try:
        found = [item.id for item in entries(answer)]
    except Unreachable:
        return
    assert found == ["a"]
