"""JSON as strangers deliver it: UTF-8 and nothing that JSON does not know (CONTRACT.md, HTTP API).

Owns what is JSON at all. Must not know what any field means.
"""

from __future__ import annotations

import json
from typing import Final

# Python refuses to read whole numbers of some thousands of digits; one that long is no number of ours.
DIGITS: Final = 300


def parsed(body: bytes) -> object:
    """What it says. Raises ValueError. Lone surrogates pass, escaped or not: the text table removes and counts them."""
    try:
        found: object = json.loads(
            body.decode("utf-8-sig", "surrogatepass"), parse_int=_whole, parse_constant=_unknown
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return found


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= DIGITS else float(digits)


def _unknown(name: str) -> object:
    """NaN and Infinity, which only Python writes."""
    raise ValueError(name)
