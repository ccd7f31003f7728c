"""Composes the house and runs it: engine, store, hub, application, channels.

Owns the order in which parts start and stop, and what a start says. Must not know what any part does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from connectors import registry
from connectors.asking import Asking
from connectors.contract import Asks, Closes, Connector, Pulls, Rechecks, Replies
from connectors.outbox import Mailer
from connectors.runner import Runner
from displays.hub import Hub
from displays.rendering import Pages
from moderation.actions import Actions
from moderation.conducting import Conducting
from moderation.connection import connect, end
from moderation.errors import Unavailable, WrongSetting
from moderation.roster import Roster
from moderation.store import Store
from server import app, cautions
from server.cautions import Caution
from server.datafolder import keep_for, receipts_key
from server.demo import channels, furnish
from server.engine import Engine
from server.forgetting import forget
from server.listening import Uvicorn, http_server, listen, stopping_at_signals
from server.services import Services
from server.settings import Settings
from server.showing import open_doors, settings_of_a_demo

log = logging.getLogger("complicity.serving")

SWEEP: Final = 60.0  # seconds between looks for what has hung long enough

Ready = Callable[[], None]
Prepare = Callable[[Services, AsyncExitStack], Awaitable[tuple[Services, Ready]]]


async def serve(settings: Settings, data: Path, *, as_json: bool) -> int:
    """The product, until a signal."""

    async def prepare(services: Services, _: AsyncExitStack) -> tuple[Services, Ready]:
        url = services.settings.server.base_url
        astray = await strays(services)
        link = ""
        if not await services.roster.any_owner():
            link = f"{url}/setup/{await services.roster.begin_setup()}"

        def ready() -> None:
            for caution in (*cautions.of_settings(services.settings), *astray):
                _tell(f"Warning: {caution.says('en')}")
            if link:
                _tell(f"First run: create the owner and the first place within 30 minutes at {link}")
            if as_json:
                _say(json.dumps({"url": url, "pid": os.getpid()}))
            elif url == (here := services.settings.server.here):
                _say(f"Complicité runs at {url}")
            else:
                _say(f"Complicité runs at {url} (and listens at {here})")

        return services, ready

    return await _run(settings, data, prepare)


async def strays(services: Services) -> tuple[Caution, ...]:
    """What to warn of, about channels whose place does not exist. Raises WrongSetting.

    A message for such a place would be seen by nobody, so it stops the start; but while there is no place at all the
    server has to run for the first one to be made.
    """
    known = [place.slug for place in await services.roster.places()]
    astray = tuple(cautions.of_places(services.settings, known))
    if astray and known:
        channel, place = astray[0].params["channel"], astray[0].params["place"]
        raise WrongSetting(
            name=f"channel.{channel}.places",
            expected=f"places that exist ({', '.join(known)}); declare {place} with [[place]], or run: "
            f"complicity place add {place}",
        )
    return astray


async def demonstrate(settings: Settings, data: Path | None, *, as_json: bool, still: bool, seed: int) -> int:
    """A demo, until a signal; on fresh data unless ``data`` is given."""

    async def prepare(services: Services, stack: AsyncExitStack) -> tuple[Services, Ready]:
        await furnish(services, seed=seed)
        services, links = await stack.enter_async_context(open_doors(services))
        return services, lambda: _say(json.dumps(links.row()) if as_json else links.spoken())

    with tempfile.TemporaryDirectory(prefix="complicity-demo-") as fresh:
        settings = settings_of_a_demo(settings, channels(still=still, seed=seed))
        return await _run(settings, data or Path(fresh), prepare)


async def _run(settings: Settings, data: Path, prepare: Prepare) -> int:
    task = asyncio.current_task()
    running: Uvicorn | None = None

    def stop() -> None:
        if running and running.started:
            running.force_exit = running.should_exit  # asked twice
            running.should_exit = True
        elif task:
            task.cancel()

    with stopping_at_signals(stop), suppress(asyncio.CancelledError), listen(settings.server) as listening:
        settings = replace(settings, server=replace(settings.server, port=listening.getsockname()[1]))
        async with house(settings, data) as services, AsyncExitStack() as stack:
            services, ready = await prepare(services, stack)
            async with polling(services):
                running = http_server(app.build(services), settings.server, ready)
                await running.serve(sockets=[listening])
    return 0


@asynccontextmanager
async def house(settings: Settings, data: Path) -> AsyncIterator[Services]:
    """Everything below HTTP, started in order; stopped in the reverse one."""
    connectors = {channel.slug: registry.build(channel) for channel in settings.channels}
    async with AsyncExitStack() as stack:
        keep_for(data, settings.organisation.slug)
        own = Engine(data, url=settings.engine.url, shared=True, server=settings.server.base_url)
        engine = await stack.enter_async_context(own)
        connection = await connect(engine.url, external=not engine.embedded)
        stack.push_async_callback(connection.close)
        store = await Store.open(
            connection,
            settings.organisation.slug,
            removals=data / "removals.log",
            receipts_key=receipts_key(data),
        )
        roster = Roster(connection, settings.organisation.slug)
        await roster.sync_places(settings.places)
        actions = Actions(store, roster, takes_replies=partial(_takes_replies, connectors))
        stack.push_async_callback(actions.close)
        hub = Hub(store, roster, label=settings.label)
        await hub.start()
        stack.push_async_callback(hub.stop)
        sweeping = asyncio.create_task(_sweep(store, roster, data if engine.embedded else None), name="sweep")
        stack.push_async_callback(end, [sweeping])
        yield Services(
            settings=settings,
            store=store,
            roster=roster,
            actions=actions,
            hub=hub,
            connectors=connectors,
            pages=Pages(organisation=settings.organisation.name),
            room=lambda: engine.accepting,
        )


@asynccontextmanager
async def polling(services: Services) -> AsyncIterator[None]:
    """The channels that have to be asked, those that have to ask, and the answers to carry, while it lasts."""
    # Our own engine's folder is locked to one server, so what a killed one held is ours: nobody waits for its leases.
    owner = secrets.token_hex(8) if services.settings.engine.url else "alone"
    every = services.connectors.values()
    mailer = Mailer(
        services.store, [e for e in every if isinstance(e, Replies) and e.abilities.reply], owner=owner
    )
    runner = Runner(
        services.store,
        [each for each in every if isinstance(each, Pulls | Rechecks)],
        owner=owner,
        languages=services.settings.organisation.languages,
        kinds=services.roster.kinds,
        room=services.room,
    )
    asking = Asking(services.store, [each for each in every if isinstance(each, Asks)], owner=owner)
    async with AsyncExitStack() as stack:
        for connector in every:
            if isinstance(connector, Closes):
                stack.callback(connector.close)
        for each in (runner, asking, mailer):
            await each.start()
            stack.push_async_callback(each.stop)
        yield


def _takes_replies(connectors: Mapping[str, Connector], slug: str) -> bool:
    return slug in connectors and connectors[slug].abilities.reply


async def _sweep(store: Store, roster: Roster, data: Path | None) -> None:
    """Takes off the walls what has hung for its days, and out of our own engine's files what was erased."""
    leading = Conducting(store, roster)
    while True:
        try:
            for place in await roster.places():
                await store.age_out(place)
                await leading.now(place.slug)  # a blank that ran out is written down, if nobody looked
            if data is not None:
                await forget(store.connection, data)
        except Unavailable:
            log.debug("the sweep waits for the engine")
        except Exception:  # the next one may do better
            log.exception("a sweep failed")
        await asyncio.sleep(SWEEP)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what the caller waits for


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
