"""The owner's pages, and everybody's own account, one room each: what there is, and what is made or ended there.

Owns which rooms there are. Must not know how records are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.admin.account import Account
from server.admin.channels import Channels
from server.admin.hanging import Hanging, Hours
from server.admin.overview import Overview
from server.admin.people import People, Person
from server.admin.places import Place, Places
from server.admin.poster import Poster
from server.admin.room import Hall
from server.admin.screens import Screens
from server.admin.tokens import Tokens
from server.auth import Doors
from server.limits import Limits
from server.pages import Painter
from server.passwords import Passwords
from server.services import Services


@dataclass(frozen=True, slots=True)
class Administration:
    overview: Overview
    places: Places
    place: Place
    people: People
    person: Person
    screens: Screens
    hanging: Hanging
    hours: Hours
    poster: Poster
    channels: Channels
    tokens: Tokens
    account: Account


def administration(
    services: Services, painter: Painter, doors: Doors, limits: Limits, passwords: Passwords
) -> Administration:
    hall = Hall(painter, doors, services.roster)
    return Administration(
        Overview(hall, services),
        Places(hall),
        Place(hall, services),
        People(hall, passwords),
        Person(hall, passwords),
        Screens(hall, services, limits),
        Hanging(hall),
        Hours(hall),
        Poster(hall),
        Channels(hall, services),
        Tokens(hall),
        Account(hall, limits),
    )
