"""A feed on loopback: entries that a test adds and changes, told as RSS or Atom, with ETag and Last-Modified."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from xml.sax.saxutils import escape

from tests.connectors.loopback import Loopback, Request, Response

MODIFIED = "Sat, 21 Nov 2026 10:00:00 GMT"


class FeedEmulator(Loopback):
    def __init__(self, form: str = "atom") -> None:
        super().__init__()
        self.form = form
        self.entries: dict[str, str] = {}  # id: HTML, oldest first
        self.validators = True
        self.moved: Mapping[str, str] = {}  # path: where it went
        self.not_modified = 0

    def document(self) -> bytes:
        rows = [self._entry(at, *row) for at, row in reversed(list(enumerate(self.entries.items())))]
        if self.form == "rss":
            return f'<rss version="2.0"><channel><title>Avis</title>{"".join(rows)}</channel></rss>'.encode()
        return (
            f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:im="urn:im"><title>Avis</title>{"".join(rows)}</feed>'
        ).encode()

    def _entry(self, at: int, ident: str, text: str) -> str:
        minute = f"{at // 60 % 24:02}:{at % 60:02}"
        if self.form == "rss":
            return (
                f"<item><guid isPermaLink='false'>{ident}</guid><description>{escape(text)}</description>"
                f"<link>https://avis.example/{ident}</link><pubDate>Sat, 21 Nov 2026 {minute}:00 GMT</pubDate></item>"
            )
        return (
            f"<entry><id>{ident}</id><author><name>Noé</name></author><im:rating>4</im:rating>"
            f"<content type='html'>{escape(text)}</content><link href='https://avis.example/{ident}'/>"
            f"<published>2026-11-21T{minute}:00Z</published></entry>"
        )

    def answer(self, request: Request) -> Response:
        if request.path in self.moved:
            return Response(status=301, headers={"Location": self.moved[request.path]})
        body = self.document()
        if not self.validators:
            return Response(body=body, headers={"Content-Type": "application/xml"})
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            self.not_modified += 1
            return Response(status=304, headers={"ETag": etag})
        return Response(
            body=body,
            headers={
                "Content-Type": "application/xml; charset=utf-8",
                "ETag": etag,
                "Last-Modified": MODIFIED,
            },
        )
