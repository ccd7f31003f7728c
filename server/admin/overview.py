"""The first room: each place in numbers, how the channels are, and what will not work as it is set.

Must not change anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moderation.domain import Place
from moderation.roster import Screen
from server import cautions
from server.admin.channels import Channels
from server.admin.room import Hall, Office, Room
from server.api_places import PAIRS
from server.cautions import Caution
from server.services import Services
from server.views import Admin, PlaceSummary


class Overview(Room):
    path = "/admin"
    roles = PAIRS

    def __init__(self, hall: Hall, services: Services) -> None:
        super().__init__(hall)
        self._services = services
        self._channels = Channels(hall, services)

    async def view(self, office: Office) -> Admin:
        screens = await self.hall.roster.screens()
        return Admin(
            places=tuple([await self._summary(place, screens) for place in office.places]),
            cautions=tuple(self._cautions([place.slug for place in await self.hall.roster.places()])),
            channels=await self._channels.health(office),
        )

    async def _summary(self, place: Place, screens: Iterable[Screen]) -> PlaceSummary:
        mine = [screen for screen in screens if screen.place == place.slug]
        return PlaceSummary(
            place=place,
            waiting=await self._services.store.count(place.slug, "pending"),
            shown=await self._services.store.count(place.slug, "approved"),
            screens=len(mine),
            connected=sum(self._services.hub.facts(screen).connected for screen in mine),
            lost=self._services.hub.lookout.lost.get(place.slug, ()),
        )

    def _cautions(self, known: Iterable[str]) -> Iterator[Caution]:
        if not self._services.room():
            yield Caution("disk_full")
        yield from cautions.of_settings(self._services.settings)
        yield from cautions.of_places(self._services.settings, known)
