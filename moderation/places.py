"""The places of the organisation.

Owns their records. Must not know the wall's settings file: it is handed what that declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from moderation.domain import Place
from moderation.errors import Conflict
from moderation.hours import Week
from moderation.mounting import Closed
from moderation.records import Records

SAID: Final = ("name", "timezone", "lease_seconds", "wall_days", "wall_max")


class Places(Records):
    async def places(self) -> tuple[Place, ...]:
        """In order of their slugs."""
        return tuple(sorted((place_of(raw) for raw in await self._rows("places")), key=lambda p: p.slug))

    async def place(self, slug: str) -> Place | None:
        raw = await self._row("places", slug)
        return place_of(raw) if raw else None

    async def kinds(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """What may be declared in any of these places."""
        places = [place for place in await self.places() if place.slug in slugs]
        return tuple(dict.fromkeys(kind for place in places for kind in place.kinds))

    async def add_place(self, place: Place) -> None:
        """Raises Conflict ``slug_taken``."""
        if not await self._put_new("places", place.slug, asdict(place)):
            raise Conflict("slug_taken", field="slug")

    async def change_place(self, place: Place) -> None:
        """Its name, time zone and numbers, from now on; its screens hear of it.

        Raises NotFound, Conflict ``place_declared``: what wall.toml says would be back at the next start.
        """
        known = await self.place(place.slug)
        if known is not None and known.declared:
            raise Conflict("place_declared")
        said = {field: getattr(place, field) for field in SAID}
        await self._amend("places", place.slug, place.slug, said)

    async def sync_places(self, declared: Iterable[Place]) -> None:
        """Write what wall.toml declares; places made in the pages stay as they are, and so do the hours of all."""
        for place in declared:
            known = await self.place(place.slug)
            if known is not None:
                place = replace(place, hours=known.hours, closed=known.closed)
            await self._put("places", place.slug, asdict(replace(place, declared=True)))

    async def open_hours(self, slug: str, hours: Week | None, closed: Closed) -> None:
        """When the place is open, and what hangs when it is not; its screens hear of it. Raises NotFound."""
        await self._amend("places", slug, slug, {"hours": hours, "closed": closed})


def place_of(raw: Mapping[str, Any]) -> Place:
    hours = raw.get("hours")
    week = None if hours is None else tuple(tuple((start, end) for start, end in day) for day in hours)
    return Place(**{**raw, "kinds": tuple(raw["kinds"]), "stances": tuple(raw["stances"]), "hours": week})
