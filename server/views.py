"""What each page is given: one frozen structure a template.

Owns the agreement between ``server.pages`` and ``displays/templates``. Every template is rendered with
exactly two names: ``frame`` (a ``Frame``, the same for all) and ``view`` (the class named after the template,
below). Must not know requests, cookies or the store. Times are aware datetimes in UTC; ``Place.timezone``
says how to print them.

template              view           forms (each form of a signed-in page also carries ``csrf``)
sign_in.html          SignIn         POST /sign-in: name, password, next
setup.html            SetUp          POST, same address: name, first_name, password, place_name, place_slug,
                                     timezone
setup_over.html       SetUpOver      -
desk.html             Desk           -
tablet.html           Tablet         -
admin.html            Admin          -
admin_places.html     AdminPlaces    POST /admin/places: name, slug, timezone, lease_seconds, wall_days,
                                     wall_max
admin_place.html      AdminPlace     POST /admin/place/{slug}: name, timezone, lease_seconds, wall_days, wall_max
admin_people.html     AdminPeople    POST /admin/people: name, first_name, password, role, place (repeated)
                                     POST /admin/people/{id}/remove
admin_person.html     AdminPerson    POST /admin/person/{id}: first_name, role, place (repeated), password (empty: as
                                     it is)
admin_screens.html    AdminScreens   POST /admin/screens: code, place, name, diagonal, distance, comfort
                                     POST /admin/screens/{id}/revoke
admin_screen.html     AdminScreen    POST /admin/screen/{id}: name, diagonal, measured, distance, comfort, rotation,
                                     languages, theme
admin_hours.html      AdminHours     POST /admin/hours/{place}: given, closed, hours_mon … hours_sun
admin_poster.html     AdminPoster    -
admin_channels.html   AdminChannels  -
admin_tokens.html     AdminTokens    POST /admin/tokens: name, role, place, days
                                     POST /admin/tokens/{id}/revoke
account.html          Account        POST /account: current, password, again
write.html            Write          POST /write/{place}: text, kind, stars, name, consent, token (no csrf)
receipt.html          Receipt        -
screen.html           Screen         - (its module calls POST and GET /screen/pairing)
error.html            Failure        -

Signing out is a form too: POST /sign-out with ``csrf``. A form that is refused is painted again with
``problem`` and the ``values`` that were typed (never a password); one that is accepted answers 303 to the
list with ``?done=WHAT``, which comes back as ``frame.done``: added, changed, removed, paired, revoked,
person_changed or place_changed.
``frame.boot`` goes into the page with ``{{ data("boot", frame.boot) }}`` wherever it is not None;
``server.pages`` names its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from displays.protocol import LostScreen
from moderation.domain import Message, Place, Quarantined, Role, Ruling
from moderation.mounting import COMFORTS
from moderation.roster import Screen as PairedScreen
from server.cautions import Caution


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What was wrong, already in the person's language. ``input`` names the field to blame, if one is."""

    status: int
    code: str
    title: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def input(self) -> str | None:
        name = self.params.get("field")
        return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A page with a form: what was typed, and what was wrong with it, when it is painted again."""

    values: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who is signed in. ``places`` are slugs; every place for an owner."""

    name: str
    role: Role
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page has around it."""

    page: str  # "desk": goes into <html data-page>
    language: str
    languages: tuple[str, ...]
    path: str  # this address; with ?lang=fr or ?lang=en it changes the language
    organisation: str  # its name
    base_url: str
    local: bool = False  # no other device could open it
    controller: str = ""  # who answers for the data, and how to reach them
    contact: str = ""
    csrf: str = ""  # empty when nobody is signed in
    me: Me | None = None
    demo: bool = False
    done: str | None = None
    boot: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Form):
    next: str = "/desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp(Form):
    least: int  # characters of a password
    timezones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpOver:
    """What a set-up link that is closed says. ``done``: to whoever finished it, else it tells nothing."""

    done: bool
    signed_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    places: tuple[Place, ...]
    first: str  # the slug of the place whose wall is conducted, unless this device knows another
    codes: tuple[str, ...]  # the refusal codes that a person may give, in the order of the digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Tablet:
    places: tuple[Place, ...]
    first: str  # the slug of the place to begin with, unless this device knows another
    minutes: int  # that a pairing code lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSummary:
    place: Place
    waiting: int
    shown: int
    screens: int
    connected: int
    lost: tuple[LostScreen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    places: tuple[PlaceSummary, ...]
    cautions: tuple[Caution, ...] = ()
    channels: tuple[ChannelHealth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPlaces(Form):
    places: tuple[Place, ...]  # ``declared``: comes from wall.toml, read-only here
    timezones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPlace(Form):
    place: Place
    timezones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    id: str
    name: str
    first_name: str
    role: Role
    places: tuple[str, ...] | None  # None: everywhere
    me: bool  # nobody removes or changes themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPeople(Form):
    people: tuple[PersonRow, ...]
    roles: tuple[Role, ...]
    places: tuple[Place, ...]
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPerson(Form):
    """One person: what they may do, and a new password."""

    id: str
    name: str
    roles: tuple[Role, ...]
    places: tuple[Place, ...]
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRow:
    id: str
    name: str
    place: str
    connected: bool
    silent_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminScreens(Form):
    screens: tuple[ScreenRow, ...]
    places: tuple[Place, ...]
    minutes: int  # that a code lasts
    comforts: tuple[str, ...] = COMFORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminScreen(Form):
    """One screen: how it hangs."""

    screen: PairedScreen
    place: Place
    comforts: tuple[str, ...]
    rotations: tuple[int, ...]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminHours(Form):
    """One place: when it is open."""

    place: Place
    days: tuple[str, ...]
    closed: tuple[str, ...]
    copied: bool = False  # one day into the others, not kept yet


Paper = Literal["a4", "a5"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPoster:
    """A sheet for the counter."""

    place: Place
    paper: Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """``state``: new (nothing yet), working, lost. ``error`` is a code, ``quarantined`` items put aside."""

    slug: str
    name: str
    kind: str
    places: tuple[str, ...]
    state: Literal["new", "working", "lost"]
    last_at: datetime | None = None
    error: str | None = None
    quarantined: int = 0
    latest: tuple[Quarantined, ...] = ()  # of them
    incoming: str | None = None  # where a webhook's sender posts to


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminChannels:
    channels: tuple[ChannelHealth, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    id: str
    name: str  # the person it acts for
    role: Role
    place: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTokens(Form):
    tokens: tuple[TokenRow, ...]
    roles: tuple[Role, ...]
    places: tuple[Place, ...]
    bare: str | None = None  # the token just made: shown once, never again


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Form):
    least: int  # characters of a password
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Form):
    place: Place
    token: str  # hidden field: one form, one message
    limit: int  # characters, as a reader counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a receipt, in order. ``done`` False: what comes next."""

    what: Literal[
        "received", "waiting", "shown", "shown_masked", "refused", "withdrawn", "erased", "answered"
    ]
    at: datetime | None = None
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    text: str
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``message`` is raw: this page is its author's. ``passage`` is the text the ruling rests on.

    ``pieces`` are its text, cut where masks begin and end; ``covered``: it hangs, and not whole.
    """

    message: Message
    pieces: tuple[Piece, ...]
    covered: bool
    steps: tuple[Step, ...]
    places: tuple[Place, ...]
    ruling: Ruling | None = None
    passage: str | None = None
    link: str = ""  # the address to keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """``place`` is None while the browser is not paired; ``frame.boot`` says the same to the module.

    ``revoked``: it was paired, and a person has ended that.
    """

    place: Place | None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    problem: Problem
    back: str = ""  # the page whose form it was
