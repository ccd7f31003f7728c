"""How often one Reddit account is asked, and until when it is left alone: one pace, however many channels share it.

Owns the bucket and the two waits. Must not know what is asked. The waits are told by Reddit to whoever meets them, in
the account's threads; who asks too soon is answered here, without a call.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final
from weakref import WeakValueDictionary

# Reddit allows an account 100 requests a minute. Polls take 30 at once and then 66 a minute, so 96 in any minute;
# what is left over is for replies, which are not made to wait.
BURST: Final = 30
A_SECOND: Final = 1.1
LONGEST: Final = 3600.0  # seconds: whoever says more is asked again all the same


class Pace:
    """A bucket that fills steadily, for all that polls; `wait` holds for every request, `mute` for what is posted."""

    def __init__(self, burst: float = BURST, a_second: float = A_SECOND) -> None:
        self._burst, self._a_second = burst, a_second
        self._left, self._at = burst, monotonic()
        self._quiet_until = self._mute_until = 0.0

    async def turn(self) -> None:
        """Who asks too soon waits."""
        now = monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._a_second) - 1
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / self._a_second)  # until its turn

    def wait(self, seconds: float) -> None:
        """Nothing for so long."""
        self._quiet_until = max(self._quiet_until, monotonic() + min(seconds, LONGEST))

    def mute(self, seconds: float) -> None:
        """No comment for so long. What is there may still be read."""
        self._mute_until = max(self._mute_until, monotonic() + min(seconds, LONGEST))

    @property
    def quiet(self) -> float:
        """Seconds to wait before anything is asked."""
        return max(0.0, self._quiet_until - monotonic())

    @property
    def muted(self) -> float:
        """Seconds to wait before anything is posted."""
        return max(self.quiet, self._mute_until - monotonic())


_PACES: Final[WeakValueDictionary[tuple[str, str], Pace]] = WeakValueDictionary()


def pace_of(oauth_url: str, username: str) -> Pace:
    """The account's, the same for every channel of it."""
    return _PACES.setdefault((oauth_url, username.lower()), Pace())
