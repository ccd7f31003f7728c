"""The stories that the demo tells, read from `demo.toml`.

Owns the shape of a line. Must not know how or when lines are told (`demo`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from moderation.domain import By, Event, Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that reaches us. `ago`: days since the experience it speaks of. `at_once`: with the line before."""

    key: str
    text: str = ""
    name: str | None = None
    event: Event = "created"
    revision: int | None = None
    thread: str | None = None
    by: By = "author"
    kind: str | None = None
    stars: int | None = None
    ago: int | None = None
    private: bool = False
    agrees: bool = False  # with this line comes the consent for the whole conversation
    consented: bool = False
    format: Literal["text", "html"] = "text"
    at_once: bool = False

    def incoming(self, prefix: str, at: datetime) -> Incoming:
        """As an upstream would hand it over at that moment."""
        return Incoming(
            id=prefix + self.key,
            event=self.event,
            revision=self.revision,
            thread=prefix + self.thread if self.thread else None,
            by=self.by,
            author_name=self.name,
            text=self.text,
            format=self.format,
            stars=self.stars,
            kind=self.kind,
            published_at=at,
            experience_at=at - timedelta(days=self.ago) if self.ago is not None else None,
            private=self.private,
            consent_at=at if self.consented or self.agrees else None,
        )


def _lines(rows: list[dict[str, object]]) -> Iterator[Said]:
    said: list[Said] = []
    for row in rows:
        line = Said(**row)  # type: ignore[arg-type]  # our own file, read whole by the tests
        yield line
        if line.agrees:
            # A chat tool records it for the conversation: each earlier turn comes again, with the consent.
            earlier = (turn for turn in said if turn.thread == line.thread)
            yield from (replace(turn, consented=True, at_once=True) for turn in earlier)
        said.append(line)


STORIES: Final[Mapping[str, tuple[Said, ...]]] = {
    name: tuple(_lines(rows))
    for name, rows in tomllib.loads(Path(__file__).with_name("demo.toml").read_text("utf-8")).items()
}
