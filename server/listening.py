"""The listening socket and uvicorn's run on it.

Owns how the server listens, how it hears a signal and how long it takes to stop. Must not know what it serves.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from moderation.errors import WrongSetting
from server.patience import PatientHTTP
from server.settings import Server
from server.transport import UVICORN, DirectWebSocket, harden

GRACE: Final = 8  # seconds for what is under way at a stop
BACKLOG: Final = 4096  # connections that the kernel keeps for us …
ACCEPTED: Final = 64  # … and how many of them asyncio takes in one turn of its loop
# Ten thousand sockets are a million objects, and Python looks at the young ones every 700 allocations: a sixth of what
# it takes to let a screen in, and a tenth of a second of silence for each look at all of them.
COLLECTED: Final = (10_000, 50, 100)


def listen(server: Server) -> socket.socket:
    """Bound before anything else is started, so that a port in use is said at once."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        listening = socket.create_server((server.host, server.port), family=family, backlog=BACKLOG)
    except OSError as error:
        if (error.errno or 0) < 0 or error.errno == errno.EADDRNOTAVAIL:  # below 0: a name that nobody knows
            raise WrongSetting(name="server.host", expected="an address of this machine") from None
        if error.errno == errno.EACCES:
            raise WrongSetting(name="server.port", expected="a port that this user may listen on") from None
        raise
    harden(listening)
    return listening


class Uvicorn(uvicorn.Server):
    """uvicorn, that says when it is ready and leaves signals to us: its own way raises them again at the end,
    which would kill us before the engine is stopped."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # asyncio has one number for both, and has set the small one
        gc.freeze()  # what the start has made stays
        gc.set_threshold(*COLLECTED)
        if not self.should_exit:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_server(app: Any, server: Server, ready: Callable[[], None]) -> Uvicorn:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=PatientHTTP,
        ws=DirectWebSocket,
        lifespan="off",
        log_config=None,
        access_log=False,  # addresses of receipts and set-up links are secrets
        server_header=False,
        backlog=ACCEPTED,
        ssl_certfile=server.tls_cert or None,
        ssl_keyfile=server.tls_key or None,
        proxy_headers=bool(server.trusted_proxies),
        forwarded_allow_ips=list(server.trusted_proxies),
        timeout_graceful_shutdown=GRACE,
        **UVICORN,
    )
    return Uvicorn(config, ready)


@contextmanager
def stopping_at_signals(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for each in signals:
        loop.add_signal_handler(each, stop)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
