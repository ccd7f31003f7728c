"""Whether our server would give the wall's page now, and if not, why, as a word for the waiting page.

Must not know browsers.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from typing import Final, Literal

OURS: Final = "X-Complicity-Release"  # on the wall's page, and on no hotel's
PATIENCE: Final = 8.0  # seconds

Reason = Literal["network", "refused", "silent", "certificate", "stranger", "failing"]


def trouble(wall: str) -> Reason | None:
    """None: it answers, with the wall's page."""
    try:
        with urllib.request.urlopen(f"{wall}?alive", timeout=PATIENCE) as answer:  # noqa: S310 - settings checked it
            return None if OURS in answer.headers else "stranger"
    except urllib.error.HTTPError as error:
        return "failing" if error.code >= 500 else "stranger"
    except urllib.error.URLError as error:
        return _why(error.reason)
    except (OSError, ValueError, http.client.HTTPException) as error:  # the last: it speaks no HTTP
        return _why(error)


def _why(reason: object) -> Reason:
    match reason:
        case ssl.SSLCertVerificationError():
            return "certificate"
        case ssl.SSLError():
            return "stranger"
        case TimeoutError():
            return "silent"
        case ConnectionRefusedError():
            return "refused"
        case OSError():
            return "network"
        case _:
            return "stranger"
