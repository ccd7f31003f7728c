"""The channels: whether each works, and what it sent that could not be taken.

Must not change anything: channels are declared in wall.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from connectors.contract import Pushed
from moderation.domain import Quarantined
from server.admin.room import Hall, Office, Room
from server.api_places import PAIRS
from server.services import Services
from server.settings import Channel
from server.views import AdminChannels, ChannelHealth

LATEST: Final = 10  # items put aside, of each channel, with their reason


class Channels(Room):
    path = "/admin/channels"
    roles = PAIRS

    def __init__(self, hall: Hall, services: Services) -> None:
        super().__init__(hall)
        self._channels = services.settings.channels
        self._store = services.store
        self._pushed = {slug for slug, each in services.connectors.items() if isinstance(each, Pushed)}

    async def view(self, office: Office) -> AdminChannels:
        return AdminChannels(channels=await self.health(office), places=office.places)

    async def health(self, office: Office) -> tuple[ChannelHealth, ...]:
        """Of the channels that bring something to where this person acts, or would if the place existed."""
        acts_in = office.session.person.actor().acts_in
        return tuple(
            [
                health_of(
                    channel,
                    await self._store.channel(channel.slug),
                    await self._store.quarantined(channel.slug),
                    pushed=channel.slug in self._pushed,
                )
                for channel in self._channels
                if any(acts_in(slug) for slug in channel.places)
            ]
        )


def health_of(
    channel: Channel, noted: Mapping[str, str], aside: Sequence[Quarantined], *, pushed: bool
) -> ChannelHealth:
    """What the runner, or the last delivery, noted: ``last_at``, and ``error`` while it is lost."""
    last_at, error = noted.get("last_at"), noted.get("error") or None
    return ChannelHealth(
        slug=channel.slug,
        name=channel.name or channel.slug,
        kind=channel.kind,
        places=channel.places,
        state="lost" if error else "working" if last_at else "new",
        last_at=datetime.fromisoformat(last_at) if last_at else None,
        error=error,
        quarantined=len(aside),
        latest=tuple(aside[:LATEST]),
        incoming=f"/api/v1/channels/{channel.slug}/incoming" if pushed else None,
    )
