"""The receiver behind a `reply_url`: it checks the signature as the contract says, and knows a reply id again."""

from __future__ import annotations

import hashlib
import hmac

from tests.connectors.loopback import Loopback, Request, Response, answered


class ReplyEmulator(Loopback):
    def __init__(self, secret: str) -> None:
        super().__init__()
        # Computed as the README tells a stranger, not by our own function.
        self._key = hmac.new(secret.encode(), b"complicity reply v1", hashlib.sha256).digest()
        self.replies: dict[str, dict[str, str]] = {}  # by reply_id: what became public

    def answer(self, request: Request) -> Response:
        timestamp = request.headers["x-complicity-timestamp"]
        signed = timestamp.encode() + b"." + request.body
        made = "v1=" + hmac.new(self._key, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, request.headers["x-complicity-signature"]):
            return answered({"error": "signature"}, 401)
        given = request.json()
        self.replies.setdefault(given["reply_id"], given)
        ident = f"post-{list(self.replies).index(given['reply_id'])}"
        return answered({"id": ident, "url": f"https://forum.example/{ident}"}, 201)
