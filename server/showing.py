"""A demo: who plays in it, and the links that let anybody in as one of them.

Owns the settings that a demo insists on, its links and tokens, and what its start says. Must not know what the
messages of the demo are (`server.demo`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import Final

from moderation.domain import Role
from moderation.errors import NotFound, Unavailable
from moderation.roster import Person, Roster
from moderation.seals import digest
from server.services import Demo, Entry, Services
from server.settings import Channel, EngineSettings, Organisation, Settings

ROLES: Final[tuple[Role, ...]] = ("owner", "moderator", "manager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What a start gives away: the line of `--json`, in its order."""

    url: str
    pid: int
    desk: str
    tablet: str
    screen: str
    write: str
    tokens: dict[str, str]
    screen_token: str

    def spoken(self) -> str:
        return (
            f"A demonstration runs at {self.url}. Four links, valid until it stops:\n"
            f"  the screen   {self.screen}\n"
            f"  the phone    {self.write}\n"
            f"  the desk     {self.desk}\n"
            f"  the tablet   {self.tablet}\n"
            "Ctrl-C stops it."
        )

    def row(self) -> dict[str, object]:
        return asdict(self)


def settings_of_a_demo(settings: Settings, channels: Sequence[Channel]) -> Settings:
    """On loopback and on the embedded engine, whatever the file says, with the demo's channels and our shop's name."""
    organisation = settings.organisation
    if organisation == Organisation():
        organisation = replace(
            organisation,
            slug="lumiere",
            name="Maison Lumière",
            controller="Maison Lumière (démonstration)",
            contact="mur@lumiere.example",
        )
    return replace(
        settings,
        organisation=organisation,
        server=replace(settings.server, host="127.0.0.1"),
        engine=EngineSettings(),
        channels=(*settings.channels, *channels),
    )


@asynccontextmanager
async def open_doors(services: Services) -> AsyncIterator[tuple[Services, Links]]:
    """Links and tokens for the people of the demo, who are there already, until it stops: `--data` outlives it.

    Raises NotFound when nobody in the house has one of the roles.
    """
    roster, url = services.roster, services.settings.server.base_url
    people = await _people(roster)
    for role in ROLES:
        if role not in people:
            raise NotFound(role=role)
    place = (people["manager"].places or [each.slug for each in await roster.places()])[0]
    screen, device = await roster.create_screen(place, "Démonstration")
    made = {role: await roster.create_token(role, person=people[role].name, days=1) for role in ROLES}
    tokens: dict[str, str] = {role: bare for role, (_, bare) in made.items()}
    entries: dict[str, Entry] = {}

    def link(entry: Entry) -> str:
        secret = secrets.token_urlsafe(24)
        entries[digest(secret)] = entry
        return f"{url}/enter/{secret}"

    links = Links(
        url=url,
        pid=os.getpid(),
        desk=link(Entry(path="/desk", person=people["moderator"].name)),
        tablet=link(Entry(path="/tablet", person=people["manager"].name)),
        screen=link(Entry(path="/screen", device=device)),
        write=f"{url}/write/{place}",
        tokens=tokens,
        screen_token=device,
    )
    try:
        yield replace(services, demo=Demo(entries=entries)), links
    finally:
        with suppress(Unavailable, NotFound):  # an owner may have revoked one already
            await roster.revoke_screen(screen.id)
        for token, _ in made.values():
            with suppress(Unavailable, NotFound):
                await roster.revoke_token(token.id)


async def _people(roster: Roster) -> dict[Role, Person]:
    """One person a role; the first by name."""
    return {person.role: person for person in reversed(await roster.people())}
