"""Who is asking: cookie sessions, bearer tokens, and the two checks against requests from elsewhere.

Owns cookies' names and attributes, the CSRF and Origin checks, and signing in. Must not know what the caller
wants to do: roles and places are ``moderation.actions``' business.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from displays.i18n import t
from moderation.domain import Actor
from moderation.errors import Invalid, NotAllowed, SignedOut
from moderation.roster import SESSION_SECONDS, Person, Roster, Session
from server.bodies import read_form, text_of
from server.limits import SIGN_IN_ADDRESS, SIGN_IN_NAME, SIGN_IN_PERSON, SIGN_IN_WARY, Limits
from server.passwords import Passwords
from server.settings import Settings

log = logging.getLogger("complicity.doors")

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEVICE_SECONDS: Final = 400 * 86400  # the longest that browsers keep a cookie; a screen hangs for months


class Cookies:
    """Names and attributes. Under HTTPS ``__Host-`` keeps other hosts and paths from setting them."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def name(self, what: str) -> str:
        return f"__Host-{what}" if self._secure and what != "lang" else what

    def read(self, connection: HTTPConnection, what: str) -> str | None:
        return connection.cookies.get(self.name(what))

    def write(self, response: Response, what: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self.name(what),
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, what: str) -> None:
        response.delete_cookie(self.name(what), path="/", secure=self._secure, httponly=True, samesite="lax")


class Doors:
    def __init__(self, settings: Settings, roster: Roster, limits: Limits, passwords: Passwords) -> None:
        self._origins = settings.server.origins
        self._languages: Sequence[str] = settings.organisation.languages
        self._roster = roster
        self._limits = limits
        self._passwords = passwords
        self.cookies = Cookies(secure=settings.server.secure)

    async def session(self, connection: HTTPConnection, *, touch: bool = True) -> Session | None:
        """The signed-in person behind a cookie, if there is one. Without ``touch`` it may go idle all the same."""
        secret = self.cookies.read(connection, "session")
        return await self._roster.session(secret, touch=touch) if secret else None

    async def actor(self, connection: HTTPConnection) -> Actor:
        """Who calls the API: a bearer token, else a session with the header that only our pages can send."""
        bearer = bearer_of(connection)
        if bearer is not None:
            actor = await self._roster.token(bearer)
            if actor is None:
                raise SignedOut
            return actor
        session = await self.session(connection)
        if session is None:
            raise SignedOut
        if connection.scope.get("method", "GET") not in SAFE:
            self.check_origin(connection)
            self.check_csrf(session, connection.headers.get("x-csrf-token"))
        return session.person.actor()

    def check_origin(self, connection: HTTPConnection) -> None:
        """Exactly ours. Absent is left to the CSRF token: every browser sends Origin with unsafe methods."""
        origin = connection.headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise NotAllowed("bad_origin")

    async def form(self, request: Request, session: Session) -> FormData:
        """The fields of a form that one of our pages sent for this session."""
        self.check_origin(request)
        fields = await read_form(request)
        self.check_csrf(session, text_of(fields, "csrf") or request.headers.get("x-csrf-token"))
        return fields

    def check_csrf(self, session: Session, given: str | None) -> None:
        if not hmac.compare_digest((given or "").encode(), session.csrf.encode()):
            raise NotAllowed("bad_csrf")

    async def sign_in(self, name: str, password: str, address: str) -> tuple[Person, str]:
        """Who it is and the secret of a new session."""
        person = await self._proven(name, password, address)
        return person, await self._roster.open_session(person)

    async def change_password(self, person: Person, current: str, new: str, address: str) -> str:
        """The secret of a new session: all that there were are over (ASVS 5, 6.2.3 and 7.4.3)."""
        try:
            proven = await self._proven(person.name, current, address)
        except SignedOut:
            raise Invalid("wrong_current", field="current") from None
        changed = replace(proven, password=await self._passwords.hash(new))
        changed = await self._roster.change_person(proven, changed)
        log.warning("%s (%s) has changed their password.", person.name, person.id)
        return await self._roster.open_session(changed)

    async def _proven(self, name: str, password: str, address: str) -> Person:
        """Whose name and password these are; guesses are counted.

        Unknown name and wrong password are one answer, in the same time.
        """
        who = name.strip().casefold()[:200]
        await self._limits.spend(SIGN_IN_ADDRESS, address)
        await self._limits.spend(SIGN_IN_PERSON, who, address)
        if not await self._limits.within(SIGN_IN_NAME, who):
            await self._limits.spend(SIGN_IN_WARY, who, address)
        person = await self._roster.person(who)
        if not await self._passwords.fits(person.password if person else None, password) or person is None:
            raise SignedOut("wrong_password")
        for rule in (SIGN_IN_PERSON, SIGN_IN_WARY):
            await self._limits.forgive(rule, who, address)
        return person

    def admit(self, response: Response, secret: str) -> None:
        self.cookies.write(response, "session", secret, SESSION_SECONDS)

    async def sign_out(self, connection: HTTPConnection, response: Response) -> None:
        secret = self.cookies.read(connection, "session")
        if secret:
            await self._roster.close_session(secret)
        self.cookies.drop(response, "session")

    def signature(self, person: Person) -> str:
        """How a reply is signed on the wall: first name and role, in the house's first language."""
        return signature(person, self._languages[0])


def signature(person: Person, language: str) -> str:
    return f"{person.first_name}, {t(language, f'role.{person.role}')}"


def bearer_of(connection: HTTPConnection) -> str | None:
    """The bare token of an Authorization header; "" when the header is of another kind."""
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
