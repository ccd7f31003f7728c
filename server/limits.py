"""How often anybody may try: sign-in, pairing, the write page.

Owns the rules and the client's address. Counts live in this process: they protect people's patience and
argon2's cost, nothing that must survive a restart. Must not know what is being tried.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, NoReturn

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import HTTPConnection

from moderation.errors import TooMany


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    item: RateLimitItem


def _rule(name: str, rate: str) -> Rule:
    return Rule(name, parse(rate))


SIGN_IN_PERSON: Final = _rule("sign-in person", "10 per 15 minutes")  # one name from one address
# One name from everywhere. Past it nobody is locked out, or a few addresses could shut the owner out of their house
# (ASVS 5, 6.1.1): each address still has a few tries, its own, and guessing gets slower with every one it needs.
SIGN_IN_NAME: Final = _rule("sign-in name", "100 per hour")
SIGN_IN_WARY: Final = _rule("sign-in wary", "3 per 15 minutes")
SIGN_IN_ADDRESS: Final = _rule("sign-in address", "60 per 15 minutes")
PAIRING_BEGIN: Final = _rule("pairing begin", "120 per 10 minutes")  # a floor of screens has one address
# Wrong codes of one person at one address: a code lives ten minutes, so whoever mistypes it must not wait as long.
PAIRING_TRIES: Final = (_rule("pairing minute", "5 per minute"), _rule("pairing hour", "30 per hour"))
SET_UP: Final = _rule("set-up", "30 per 10 minutes")
# Everybody in a shop shares one address: the form and the place are counted first, the address is only the
# last fence.
WRITE_FORM: Final = _rule("write form", "10 per hour")
WRITE_PLACE: Final = _rule("write place", "60 per minute")
WRITE_ADDRESS: Final = _rule("write address", "60 per 10 minutes")


class Limits:
    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._trusted = trusted_proxies

    def address(self, connection: HTTPConnection) -> str:
        return counted(client_address(connection, self._trusted))

    async def spend(self, rule: Rule, *who: str) -> None:
        """Counts one try, or raises TooMany with the seconds to wait."""
        if not await self.within(rule, *who):
            await self._refuse(rule, *who)

    async def within(self, rule: Rule, *who: str) -> bool:
        """Counts one try; whether it was among those that the rule has."""
        return await self._limiter.hit(rule.item, rule.name, *who)

    async def check(self, rule: Rule, *who: str) -> None:
        """Counts nothing; raises TooMany when nothing is left."""
        if not await self._limiter.test(rule.item, rule.name, *who):
            await self._refuse(rule, *who)

    async def _refuse(self, rule: Rule, *who: str) -> NoReturn:
        window = await self._limiter.get_window_stats(rule.item, rule.name, *who)
        raise TooMany(retry_after=max(1, math.ceil(window.reset_time - time.time())))

    async def forgive(self, rule: Rule, *who: str) -> None:
        """Forgets the tries: the last one was right."""
        await self._limiter.clear(rule.item, rule.name, *who)


def client_address(connection: HTTPConnection, trusted_proxies: Sequence[str]) -> str:
    """Whom to count. A forwarding header is believed only as far as the settings' proxies wrote it."""
    peer = connection.client.host if connection.client else ""
    # All lines of it: some proxies add a line of their own below the one that the client made up.
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    while chain and _within(peer, trusted_proxies):
        peer = chain.pop()
    return peer


def counted(address: str) -> str:
    """Who one address stands for: whoever has an IPv6 address has the 2^64 beside it too."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))


def _within(address: str, networks: Sequence[str]) -> bool:
    try:
        return any(ip_address(address) in ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
