"""The project's own Reddit, on loopback: what the connector needs of its API, with people in it and faults to order.

    with serve() as reddit:
        post = reddit.post("Les caisses", "Trop lentes le samedi.", author="lucie")
        reddit.order(Fault("api/comment", status=503, after_effect=True))
        ... reddit.url ...

Owns what people do there (write, edit, delete, remove, lock) and how Reddit shows it. Texts are ours. Methods may be
called from any thread while it serves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, RLock, Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

USER: Final = "maison_lumiere"
SECRET: Final = {
    "client_id": "an-id",
    "client_secret": "a-secret",
    "username": USER,
    "password": "a-password",
}
DEPTH: Final = 1000  # a listing shows no more
WORDS: Final = (
    "La file d'attente du samedi est trop longue.",
    "The fitting rooms are never cleaned.",
    "Merci à la personne du rayon lampes, elle a tout remonté avec moi.",
    "Pourquoi n'y a-t-il plus d'abat-jour en lin ?",
    "Your new opening hours are great 🙂",
    "**Deux** ampoules sur trois cassées dans le colis\n\n* la première\n* la troisième",
)


@dataclass
class Fault:
    """What happens instead, to the next `times` requests whose path holds `match`."""

    match: str = ""
    method: str | None = None
    status: int | None = None
    times: int = 1
    after_effect: bool = False  # the effect is had before the answer is spoilt
    hang: float = 0.0  # seconds of silence first
    drip: float = 0.0  # seconds during which an answer comes byte by byte
    drop: bool = False
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


RATELIMIT: Final = json.dumps(
    {
        "json": {
            "errors": [
                ["RATELIMIT", "Looks like you've been doing that a lot. Try again in 9 minutes.", "ratelimit"]
            ]
        }
    }
)
BAD_JSON: Final = "<html>upstream connect error"


@dataclass
class Item:
    data: dict[str, Any]
    by: str | None = None  # who took it away
    held: bool = False  # a filter keeps it back

    @property
    def name(self) -> str:
        return str(self.data["name"])


class EmulatedReddit:
    """A small Reddit. `things` is oldest first."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.things: dict[str, Item] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.posted: list[tuple[str, str]] = []  # parent, text: what hangs in public of us
        self.agents: set[str] = set()
        self.password = SECRET["password"]
        self.token = "token-1"
        self.moderating = False  # our account sees removed things whole
        self.ended = Event()
        self.url = ""
        self.stop: Callable[[], None] = self.ended.set  # as a service that is down
        self._count = 0

    def options(self, **more: Any) -> dict[str, object]:
        """A channel's settings that lead here."""
        told = {
            "subreddits": ["lumiere"],
            "reddit_url": self.url,
            "oauth_url": self.url,
            "timeout_seconds": 1.0,
        }
        return {**told, **SECRET, **more}

    # -- what people do

    def post(
        self, title: str, text: str = "", *, author: str = "lucie", link: str | None = None, **more: Any
    ) -> str:
        ident = self._next()
        data = {
            "title": title, "selftext": text, "is_self": link is None,
            "url": link or f"https://www.reddit.com/r/lumiere/comments/{ident}/", "name": f"t3_{ident}",
            "permalink": f"/r/lumiere/comments/{ident}/_/",
        }  # fmt: skip
        return self._add(data, author, more)

    def comment(self, parent: str, text: str, *, author: str = "karim", **more: Any) -> str:
        ident = self._next()
        link = self.things[parent].data.get("link_id", parent) if parent in self.things else parent
        data = {
            "body": text, "parent_id": parent, "link_id": link, "name": f"t1_{ident}",
            "permalink": f"/r/lumiere/comments/{link[3:]}/_/{ident}/",
        }  # fmt: skip
        return self._add(data, author, more)

    def burst(self, count: int, parent: str) -> list[str]:
        with self.lock:
            return [
                self.comment(parent, f"{WORDS[n % len(WORDS)]} ({n})", author=f"voisin{n % 40}")
                for n in range(count)
            ]

    def edit(self, name: str, text: str, at: int | None = None) -> None:
        with self.lock:
            data = self.things[name].data
            data["body" if name.startswith("t1_") else "selftext"] = text
            data["edited"] = float(at or int(time.time()))

    def delete(self, name: str) -> None:
        self.things[name].by = "author"

    def remove(self, name: str) -> None:
        self.things[name].by = "moderator"

    def delete_account(self, author: str) -> None:
        with self.lock:
            for item in self.things.values():
                if item.data["author"] == author:
                    item.data["author"] = None
                    item.data.pop("author_fullname", None)

    def lock_thread(self, name: str) -> None:
        self.things[name].data["locked"] = True

    def hold(self, name: str, held: bool = True) -> None:
        self.things[name].held = held

    def order(self, *faults: Fault) -> None:
        with self.lock:
            self.faults += faults

    def asked(self, part: str, method: str = "GET") -> int:
        return sum(m == method and part in path for m, path in self.requests)

    def _next(self) -> str:
        with self.lock:
            self._count += 1
            return f"z{self._count:05d}"

    def _add(self, data: dict[str, Any], author: str, more: Mapping[str, Any]) -> str:
        with self.lock:
            data |= {
                "author": author, "author_fullname": f"t2_{author}", "created_utc": time.time(), "edited": False,
                "subreddit": "lumiere", "locked": False, "removed_by_category": None, **more,
            }  # fmt: skip
            self.things[data["name"]] = Item(data)
            return str(data["name"])

    # -- how Reddit shows it

    def view(self, item: Item) -> dict[str, Any]:
        data = dict(item.data)
        if item.by == "moderator" and self.moderating:
            data |= {"removed": True, "banned_by": "a-moderator"}
        elif item.by:
            mark = "[deleted]" if item.by == "author" else "[removed]"
            data["author"] = None if item.by == "author" else "[deleted]"
            data.pop("author_fullname", None)
            data["body" if item.name.startswith("t1_") else "selftext"] = mark
            if item.name.startswith("t3_"):
                data["removed_by_category"] = "deleted" if item.by == "author" else "moderator"
        return {"kind": item.name[:2], "data": data}

    def listing(self, items: list[Item], query: Mapping[str, str]) -> dict[str, Any]:
        """Newest first. Whoever asks on from something that has left gets nothing, as on Reddit."""
        shown = [i for i in items if not i.held and (not i.by or (self.moderating and i.by == "moderator"))]
        shown = shown[::-1][:DEPTH]
        limit, after = int(query.get("limit", 25)), query.get("after")
        if after:
            at = next((n for n, item in enumerate(shown) if item.name == after), None)
            shown = shown[at + 1 :] if at is not None else []
        page = shown[: min(limit, 100)]
        more = page[-1].name if len(shown) > len(page) else None
        return {
            "kind": "Listing",
            "data": {"children": [self.view(i) for i in page], "after": more, "before": None},
        }

    def answer(
        self, method: str, path: str, query: Mapping[str, str], form: Mapping[str, str]
    ) -> tuple[int, Any]:
        parts = [part for part in path.split("/") if part]
        every = list(self.things.values())
        match method, parts:
            case "GET", ["api", "v1", "me"]:
                return 200, {"name": USER}
            case "GET", ["api", "info"]:
                known = [self.things[n] for n in query.get("id", "").split(",") if n in self.things]
                return 200, {
                    "kind": "Listing",
                    "data": {"children": [self.view(i) for i in known], "after": None},
                }
            case "GET", ["r", names, "new" | "comments" as which]:
                kind = "t3_" if which == "new" else "t1_"
                subs = names.lower().split("+")
                here = [i for i in every if i.name.startswith(kind) and i.data["subreddit"] in subs]
                return 200, self.listing(here, query)
            case "GET", ["user", name, "comments"]:
                return 200, self.listing(
                    [i for i in every if i.data["author"] == name and "body" in i.data], query
                )
            case "GET", ["comments", link, *rest]:
                root = self.things.get(f"t3_{link}")
                if root is None:
                    return 404, {"message": "Not Found", "error": 404}
                top = f"t1_{rest[1]}" if len(rest) > 1 else None
                below = [
                    self.tree(i)
                    for i in every
                    if i.name == top or (not top and i.data.get("parent_id") == root.name)
                ]
                return 200, [
                    {"kind": "Listing", "data": {"children": c, "after": None}}
                    for c in ([self.view(root)], below)
                ]
            case "POST", ["api", "comment"]:
                return self.reply(form)
        return 404, {"message": "Not Found", "error": 404}

    def tree(self, item: Item) -> dict[str, Any]:
        seen = self.view(item)
        below = [self.tree(i) for i in self.things.values() if i.data.get("parent_id") == item.name]
        seen["data"]["replies"] = (
            {"kind": "Listing", "data": {"children": below, "after": None}} if below else ""
        )
        return seen

    def reply(self, form: Mapping[str, str]) -> tuple[int, Any]:
        parent, text = self.things.get(form.get("thing_id", "")), form.get("text", "")
        if parent is None or parent.by:
            return 200, {"json": {"errors": [["DELETED_COMMENT", "that comment has been deleted", "parent"]]}}
        link = self.things.get(parent.data.get("link_id", ""), parent)
        if parent.data["locked"] or link.data["locked"]:
            return 403, {"message": "Forbidden", "error": 403}
        name = self.comment(parent.name, text.strip(), author=USER)
        self.posted.append((parent.name, text))
        return 200, {"json": {"errors": [], "data": {"things": [self.view(self.things[name])]}}}

    def sign_in(self, form: Mapping[str, str]) -> tuple[int, Any]:
        if form.get("grant_type") != "password" or form.get("password") != self.password:
            return 200, {"error": "invalid_grant"}
        return 200, {"access_token": self.token, "token_type": "bearer", "expires_in": 86400, "scope": "*"}


def _listing(children: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": children, "after": after, "before": None}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    reddit: EmulatedReddit

    def log_message(self, *args: object) -> None:
        """It says nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        reddit, parts = self.reddit, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with reddit.lock:
            reddit.requests.append((self.command, self.path))
            reddit.agents.add(self.headers.get("User-Agent", ""))
            fault = next(
                (
                    f
                    for f in reddit.faults
                    if f.match in self.path and f.method in (None, self.command) and f.times > 0
                ),
                None,
            )
            if fault:
                fault.times -= 1
        query, form = (
            {k: v[-1] for k, v in parse_qs(s, keep_blank_values=True).items()} for s in (parts.query, raw)
        )
        if fault is None:
            return self._say(*self._do(parts.path, query, form))
        done = self._do(parts.path, query, form) if fault.after_effect else None
        if fault.hang:
            reddit.ended.wait(fault.hang)
        if fault.drop:
            self.close_connection = True
            return None
        if fault.status or fault.body is not None:
            body = (
                fault.body
                if fault.body is not None
                else json.dumps({"message": "fault", "error": fault.status})
            )
            return self._say(fault.status or 200, body, fault.headers)
        return self._say(*(done or self._do(parts.path, query, form)), fault.headers, drip=fault.drip)

    def _do(self, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> tuple[int, Any]:
        with self.reddit.lock:
            if path == "/api/v1/access_token":
                return self.reddit.sign_in(form)
            if self.headers.get("Authorization", "").lower() != f"bearer {self.reddit.token}":
                return 401, {"message": "Unauthorized", "error": 401}
            return self.reddit.answer(self.command, path, query, form)

    def _say(
        self, status: int, body: Any, headers: Mapping[str, str] | None = None, *, drip: float = 0.0
    ) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        told = {"x-ratelimit-remaining": "990.0", "x-ratelimit-used": "10", "x-ratelimit-reset": "300"}
        try:
            self.send_response(status)
            for key, value in (told | dict(headers or {}) | {"Content-Length": str(len(content))}).items():
                self.send_header(key, value)
            self.end_headers()
            if drip:
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    if self.reddit.ended.wait(drip / len(content)):
                        break
            else:
                self.wfile.write(content)
        except OSError:
            self.close_connection = True  # who asked has gone


@contextmanager
def serve() -> Iterator[EmulatedReddit]:
    reddit = EmulatedReddit()
    handler = type("Handler", (_Handler,), {"reddit": reddit})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    reddit.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop() -> None:
        reddit.ended.set()
        server.shutdown()
        server.server_close()

    reddit.stop = stop
    try:
        yield reddit
    finally:
        stop()
