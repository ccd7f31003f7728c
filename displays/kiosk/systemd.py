"""What systemd is told: that we are ready, that we live, and how it goes, as `systemctl status` shows it."""

from __future__ import annotations

import contextlib
import socket


class Systemd:
    """``address``: its NOTIFY_SOCKET; empty where nothing listens."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("@", "\0", 1) if address.startswith("@") else address

    def tell(self, status: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(f"READY=1\nWATCHDOG=1\nSTATUS={status}".encode(), self._address)
