"""Keyed hashes, which only this house can make; and the plain one, as which a secret is kept.

Owns how words are sealed. Must not know what is sealed. Two keys: the organisation's lies in the engine, for what
whoever holds its data may know anyway; the receipts' lies outside the engine and its backups, since a receipt opens a
message to whoever has its secret, and a leaked backup must not tell it.
"""

from __future__ import annotations

import hmac
import json
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Seals:
    organisation: bytes
    receipts: bytes

    def name(self, *parts: str) -> str:
        """An id of 20 characters."""
        return _sealed(self.organisation, parts)[:20]

    def person(self, ident: str) -> str:
        """How the public ledger names a person."""
        return _person(self.organisation, ident)

    def words(self, *parts: str) -> str:
        return _sealed(self.organisation, ["seal", *parts])

    def receipt(self, channel: str, upstream: str) -> str:
        return _sealed(self.receipts, ["seal", "receipt", channel, upstream])


def digest(secret: str) -> str:
    """How a secret is kept at rest."""
    return sha256(secret.encode()).hexdigest()


@lru_cache(1024)  # few people, and each decision names one
def _person(key: bytes, ident: str) -> str:
    return _sealed(key, ("person", ident))[:8]


def _sealed(key: bytes, parts: Sequence[str]) -> str:
    raw = hmac.digest(key, json.dumps(parts).encode(), sha256)
    return b32encode(raw).decode().rstrip("=").lower()
