"""What is known of a channel: its cursor and health, what was put aside, and who is to be asked for consent.

Owns these records. Must not know how a channel is called (``connectors``).
"""

from __future__ import annotations

from moderation.domain import Quarantined
from moderation.quarantine import Quarantine
from moderation.reads import Reads


class Channels(Reads):
    async def channel(self, slug: str) -> dict[str, str]:
        """What the runner noted about a channel: cursor, health."""
        return dict(await self.connection.ask(self.connection.commands.hgetall(self.keys.channel(slug))))

    async def note_channel(self, slug: str, **facts: str) -> None:
        """What the runner learned of a channel's health."""
        await self.connection.ask(self.connection.commands.hset(self.keys.channel(slug), mapping=facts))

    async def quarantine(self, channel: str, upstream: str, code: str, field: str | None = None) -> None:
        """Put a bad item aside, so that the rest go on and nobody loops on it. Its id is not used up."""
        await Quarantine(self.connection, self.keys, channel).put(upstream, code, field, self.clock())

    async def quarantined(self, slug: str) -> tuple[Quarantined, ...]:
        """Items put aside as they could not be taken in, newest first."""
        return await Quarantine(self.connection, self.keys, slug).rows()

    async def ask_consent(self, slug: str, thread: str) -> None:
        """The author of this private thread is to be asked, unless that was done before."""
        ask, k = self.connection, self.keys
        if not await ask.ask(ask.commands.sismember(k.asked(slug), thread)):
            await ask.ask(ask.commands.sadd(k.asking(slug), thread))

    async def to_ask(self, slug: str) -> tuple[str, ...]:
        found = await self.connection.ask(self.connection.commands.smembers(self.keys.asking(slug)))
        return tuple(sorted(found))

    async def asked(self, slug: str, thread: str) -> None:
        ask, k = self.connection, self.keys
        await ask.ask(ask.commands.sadd(k.asked(slug), thread))
        await ask.ask(ask.commands.srem(k.asking(slug), thread))
