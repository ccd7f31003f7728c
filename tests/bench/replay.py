"""What a screen holds after all that it has heard: the reference replica, fed from a record.

Done after the measuring, so that the crowd stays light while it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from displays.coding import encode, parse_down
from displays.protocol import Down
from displays.replica import Now, Replica

RID: Final = "r1"
AGAIN: Final = b""  # in a record: here the line was cut, and the screen came back


@lru_cache(maxsize=256)
def _parsed(payload: bytes) -> Down | None:
    return parse_down(payload)


def replayed(record: Sequence[bytes]) -> Replica:
    replica, now = Replica(lambda: RID), Now(0.0, 0.0)
    replica.hello(now)
    for payload in record:
        if payload == AGAIN:
            replica.hello(now)
        elif (frame := _parsed(payload)) is not None:
            replica.take(frame, now)
    return replica


def hello(record: Sequence[bytes] = ()) -> str:
    """What a screen says that has heard this."""
    return encode(replayed(record).hello(Now(0.0, 0.0))).decode()


def held(record: Sequence[bytes]) -> tuple[str, ...]:
    """The cards that it holds; none, while it is not joined."""
    replica = replayed(record)
    return tuple(sorted(replica.cards)) if replica.joined else ()
