"""When a text that was taken down is off a screen: said so, or silent for longer than its lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from displays.devices import Facts
from displays.standing import Standing, standing

NOW = datetime(2026, 11, 22, 12, 3, 30, tzinfo=UTC)
AGO = NOW - timedelta(seconds=300)
LATER = NOW + timedelta(milliseconds=1)
DOWN = 41  # the offset at which the wall was told


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(connected=True, acked=41, heard_at=NOW), Standing("off")),
        (Facts(connected=False, acked=42, silent_since=AGO, dark_from=LATER), Standing("off")),
        (Facts(connected=True, acked=40, heard_at=AGO), Standing("waiting", AGO)),
        # Connected, so somebody may be renewing its lease; a frozen page shows what it showed.
        (Facts(connected=True, acked=40, heard_at=AGO, silent_since=AGO), Standing("waiting", AGO)),
        (Facts(connected=True, heard_at=NOW), Standing("waiting", NOW)),
        (Facts(acked=40, silent_since=AGO, dark_from=LATER), Standing("silent", AGO, LATER)),
        (Facts(acked=40, silent_since=AGO, dark_from=NOW), Standing("dark", AGO, NOW)),
        (Facts(silent_since=AGO, dark_from=NOW), Standing("dark", AGO, NOW)),
        (Facts(), None),  # paired, and never there
    ],
)
def test_p6_off_is_what_was_acknowledged_or_what_no_lease_covers(
    facts: Facts, expected: Standing | None
) -> None:
    assert standing(facts, DOWN, NOW) == expected
