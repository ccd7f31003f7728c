"""How long what hangs was really painted: seconds, kept by message and place, and by day for the public figures.

Owns these sums and the bound on what a screen may claim. A sum outlives the text: of what was erased only numbers
stay. Must not know what a screen is, nor why it painted what it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from moderation import scripts
from moderation.reads import Reads

GRACE_MS: Final = 1000  # a report is timed by another clock than ours
# A screen without a server paints for its lease, 15 minutes at the most, and tells it when it is back.
BACKLOG_MS: Final = 20 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What a screen painted of one card. ``n`` is never used twice by one screen."""

    n: int
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Aired:
    """``n``: the highest number that is stored of this screen; ``last``: the card that it painted last."""

    n: int
    last: str | None = None


class Airtimes(Reads):
    async def aired(self, screen: str) -> Aired:
        """Where a screen goes on. From its first question on it may claim time, and not for before."""
        claims = self.keys.table("claims")
        (row,) = await self.connection.gather([("hget", (claims, screen))])
        if row is None:
            await self.connection.gather([("hsetnx", (claims, screen, f"0 {self.clock()} "))])
            return Aired(0)
        n, _, last = row.split(" ")
        return Aired(int(n), last or None)

    async def air(self, screen: str, place: str, reports: Sequence[Report]) -> Aired:
        """Count these reports. Told again, they count once. Raises Unavailable."""
        now = self.clock()
        known = sorted(reports, key=lambda report: report.n)
        answer = await scripts.run(
            self.connection,
            "air",
            [
                self.keys.table("claims"),
                self.keys.airtime(place),
                *(self.keys.message(report.message) for report in known),
            ],
            {
                "screen": screen,
                "place": place,
                "now": str(now),
                "day": datetime.fromtimestamp(now / 1000, UTC).date().isoformat(),
                "grace": str(GRACE_MS),
                "backlog": str(BACKLOG_MS),
                "reports": [{"n": r.n, "id": r.message, "ms": round(r.seconds * 1000)} for r in known],
            },
        )
        n, last = answer.values
        return Aired(int(n), last or None)

    async def screen_seconds(self, place: str) -> Mapping[tuple[str, str], float]:
        """Seconds by day (UTC) and by what the author declared, as the ledger writes it."""
        days = await self.connection.ask(self.connection.commands.hgetall(self.keys.airtime(place)))
        found = {}
        for name, ms in days.items():
            day, declared = name.split(" ", 1)
            found[day, declared] = int(ms) / 1000
        return found
