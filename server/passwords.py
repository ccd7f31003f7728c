"""Passwords: what is asked of one, and how it is kept.

Owns argon2 and the least length. Must not know sessions or requests. Hashing takes some 50 ms of a core, so it
runs in threads, two at a time: a burst of sign-ins may wait, the screens may not.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderation.errors import Invalid

LEAST: Final = 12  # characters; no rules of composition (OWASP ASVS 5.0, 6.2)
MOST: Final = 256


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = CapacityLimiter(2)

    @cached_property
    def _nobody(self) -> str:
        """Checked for names that nobody has, so that the time of an answer does not tell who exists."""
        return self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to keep, or ``weak_password``."""
        check(password)
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._threads)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether this is the password. ``kept`` None (an unknown person, or one without) takes as long."""
        return await to_thread.run_sync(self._verify, kept, password[:MOST], limiter=self._threads)

    def _verify(self, kept: str | None, password: str) -> bool:
        nobody = self._nobody  # made at the first sign-in, whoever that is
        try:
            return self._hasher.verify(kept or nobody, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def check(password: str) -> None:
    if len(password) < LEAST:
        raise Invalid("weak_password", least=LEAST, field="password")
    if len(password) > MOST:
        raise Invalid("too_long", limit=MOST, field="password")
