"""A channel's settings, as the server would hand them over, and deliveries signed by their sender."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.webhook import SIGNATURE, TIMESTAMP, sign

SECRET = "a-secret-of-thirty-two-characters"


@dataclass(frozen=True)
class Channel:
    kind: str = "webhook"
    slug: str = "avis"
    places: tuple[str, ...] = ("grenoble",)
    options: Mapping[str, object] = field(default_factory=lambda: {"secret": SECRET})


def body_of(*items: object) -> bytes:
    return json.dumps({"items": items}).encode()


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    return {TIMESTAMP: timestamp, SIGNATURE: sign(secret.encode(), timestamp, body)}
