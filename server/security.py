"""What every answer carries, and what no log may hold.

Owns security headers and the redaction of secrets in access logs. Must not know who
is signed in or what a page is about.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECRET_PATH: Final = re.compile(r"/(receipt|enter|setup)/[^\s\"?#]+")
_QUERY: Final = re.compile(r"\?[^\s\"]*")
# Nothing of this is needed by a page of ours but to keep a screen awake and to fill it.
_PERMISSIONS: Final = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=(), fullscreen=(self), screen-wake-lock=(self)"
)


def headers_for(base_url: str) -> Mapping[str, str]:
    """The headers of every answer of a server that is reached at ``base_url``."""
    address = urlsplit(base_url)
    secure = address.scheme == "https"
    socket = f"{'wss' if secure else 'ws'}://{address.netloc}"
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
            f"connect-src 'self' {socket}; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: with that a browser sends "Origin: null" with our own forms, and the Origin
        # check would refuse them. Pages with a secret in their address and no form set it themselves.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cache-Control": "no-store",  # private unless an endpoint says otherwise
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


class SecurityHeaders:
    """ASGI middleware: adds what the endpoint has not set itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def redact(text: str) -> str:
    """The same line without what opens a receipt, a demo's link or the set-up, and without queries."""
    return _QUERY.sub("?…", _SECRET_PATH.sub(r"/\1/…", text))


class RedactSecrets(logging.Filter):
    """Rewrites a record before any handler sees it. Never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = redact(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(redact(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def keep_secrets_out_of_logs() -> None:
    """uvicorn writes the address of each request (access) and of each socket (error)."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, RedactSecrets) for known in logger.filters):
            logger.addFilter(RedactSecrets())
