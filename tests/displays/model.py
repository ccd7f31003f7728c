"""A model of feed, server, hub, line and screen, against what P6 says. Pure and fast.

The screen is the product's ``Replica`` and the decision between resume and snapshot the product's
``verdict``; everything else is the smallest thing that behaves like the real one, and worse: the line
loses, repeats and reorders frames, the feed is trimmed, backups are restored, older replicas promoted.

A text on the wall is a ``token``: one approval of one revision. Taken down, its token is spent; only a new
approval by a person makes a new one. So "never comes back" is: no spent token is painted again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from displays.delivery import stamp
from displays.protocol import Card, Down, Heartbeat, Hello, Put, Removal, Resync, Snap, Welcome
from displays.replica import Now, Replica
from moderation.domain import Cursor
from moderation.feeds import verdict

IDS: Final = ("a", "b", "c")
LEASE: Final = 30
FAR: Final = 6
Verdict = Callable[..., str | None]


class Broken(AssertionError):
    """A promise of P6 does not hold."""


@dataclass(frozen=True, slots=True)
class Message:
    """``token`` is set while it hangs. ``before`` is what undo goes back to."""

    state: str = "pending"
    version: int = 0
    token: str | None = None
    before: tuple[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    offset: int
    nonce: str
    what: str
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Engine:
    """One life of the data; frozen, so that a backup and a replica are just references."""

    epoch: str = "e0"
    entries: tuple[Entry, ...] = ()
    first: int = 1
    messages: tuple[Message, ...] = (Message(),) * len(IDS)

    @property
    def head(self) -> Cursor:
        last = self.entries[-1] if self.entries else Entry(0, "", "", "", 0)
        return Cursor(epoch=self.epoch, offset=last.offset, nonce=last.nonce)

    def at(self, id_: str) -> Message:
        return self.messages[IDS.index(id_)]

    def with_(self, id_: str, message: Message) -> Engine:
        at = IDS.index(id_)
        return replace(self, messages=(*self.messages[:at], message, *self.messages[at + 1 :]))

    def told(self, what: str, id_: str, nonce: str) -> Engine:
        entry = Entry(self.head.offset + 1, nonce, what, id_, self.at(id_).version)
        return replace(self, entries=(*self.entries, entry))

    def kept(self, after: int) -> list[Entry]:
        """As XRANGE and XREAD answer: without a word about what was trimmed."""
        return [entry for entry in self.entries if entry.offset > after and entry.offset >= self.first]

    @property
    def wall(self) -> dict[str, Message]:
        return {id_: m for id_, m in zip(IDS, self.messages, strict=True) if m.token is not None}


@dataclass
class Line:
    """One connection. ``clean`` until a frame of it was lost or moved."""

    up: deque[Hello] = field(default_factory=deque)
    down: deque[Down] = field(default_factory=deque)
    live: bool = False
    clean: bool = True


class World:
    def __init__(self, screen: type[Replica] = Replica, judge: Verdict = verdict) -> None:
        self.judge = judge
        self.minted = 0
        self.time = 1000.0
        self.mono = 0.0
        # server
        self.engine = Engine()
        self.replicated = self.engine
        self.backup: Engine | None = None
        self.finals: set[str] = set()  # as in removals.log: never rolled back
        self.spent: set[str] = set()
        self.true_at: dict[str, float] = {}  # when a token was last on the wall
        # hub
        self.told = self.engine.head
        self.early: set[str] = set()
        self.lost = False
        # line and screen
        self.line: Line | None = None
        self.answers: list[Snap] = []  # snapshots that may still arrive, whenever
        self.screen = screen(lambda: self.mint("r"))
        self.old: Replica | None = None
        self.held: set[str] = set()
        self.dropped: set[str] = set()

    def mint(self, kind: str) -> str:
        self.minted += 1
        return f"{kind}{self.minted}"

    @property
    def now(self) -> Now:
        return Now(self.mono, self.time)

    # what people and channels do

    def approve(self, id_: str) -> None:
        was = self.engine.at(id_)
        if was.state in ("pending", "refused", "withdrawn"):
            self._move(id_, "approved", self.mint("t"), (was.state, was.token), synced=True)

    def withdraw(self, id_: str) -> None:
        was = self.engine.at(id_)
        if was.state == "approved":
            self._move(id_, "withdrawn", None, (was.state, was.token), synced=True)

    def undo(self, id_: str) -> None:
        was = self.engine.at(id_)
        if was.before is not None:
            state, hung = was.before
            # A person puts it back: that is a new approval by name.
            self._move(id_, state, self.mint("t") if hung else None, None, synced=True)

    def edit(self, id_: str) -> None:
        if self.engine.at(id_).state != "erased":
            self._move(id_, "pending", None, None)

    def delete(self, id_: str) -> None:
        if self.engine.at(id_).state != "erased":
            self.finals.add(id_)
            self._move(id_, "erased", None, None, synced=True)

    def answer(self, id_: str) -> None:
        was = self.engine.at(id_)
        if was.token is not None:
            self._move(id_, was.state, was.token, None)

    def age(self, id_: str) -> None:
        was = self.engine.at(id_)
        if was.token is not None:
            self._move(id_, was.state, None, None)

    def _move(
        self,
        id_: str,
        state: str,
        token: str | None,
        before: tuple[str, str | None] | None,
        *,
        synced: bool = False,
    ) -> None:
        was = self.engine.at(id_)
        engine = self.engine.with_(id_, Message(state, was.version + 1, token, before))
        if token is not None:
            engine = engine.told("put", id_, self.mint("n"))
        elif was.token is not None:
            engine = engine.told("withdraw" if state == "erased" else "hide", id_, self.mint("n"))
        self._become(engine)
        if synced:  # decisions and erasures wait for the replicas (WAIT)
            self.replicated = engine

    def _become(self, engine: Engine) -> None:
        before = {m.token for m in self.engine.wall.values() if m.token}
        after = {m.token for m in engine.wall.values() if m.token}
        self.engine = engine
        self.spent = (self.spent | (before - after)) - after
        self._see_truth()

    def _see_truth(self) -> None:
        for message in self.engine.wall.values():
            if message.token is not None:
                self.true_at[message.token] = self.time

    # what happens to data

    def trim(self, least: int) -> None:
        self.pump()  # a feed keeps far more than a follower lags behind; screens may lag more
        kept = max(self.engine.first, self.engine.head.offset + 1 - least)
        self.engine = replace(self.engine, first=kept)

    def save(self) -> None:
        self.backup = self.engine

    def restore(self) -> None:
        """An old backup: its epoch is new, removals are applied, what can't be trusted waits again."""
        if self.backup is None:
            return
        engine = replace(self.backup, epoch=self.mint("e"))
        for id_ in IDS:
            was = engine.at(id_)
            if id_ in self.finals:
                engine = engine.with_(id_, Message("erased", was.version))
            elif was.token is not None and was.token in self.spent:
                engine = engine.with_(id_, Message("pending", was.version))
        self._become(engine)
        self.replicated = engine
        self.restart()

    def promote(self) -> None:
        """The primary is gone; a replica that lacks the last unsynced changes goes on, same epoch."""
        self._become(self.replicated)
        self.lost = True

    def restart(self) -> None:
        self.told, self.lost = self.engine.head, False
        self.early.clear()
        self.disconnect()

    # the hub

    def pump(self) -> None:
        """The follower: what is new, and whether it is still the same feed."""
        entries = self.engine.kept(self.told.offset)
        whole = [entry.offset for entry in entries] == list(
            range(self.told.offset + 1, self.told.offset + 1 + len(entries))
        )
        if self.lost or not whole:
            self.lost = False
            if self._judge(self.told, far=10_000) is not None:
                self.told = self.engine.head
                self.early.clear()
                if self.line is not None and self.line.live:
                    self.line.live = False
                    self.line.down.append(Resync("fork"))
                return
        for entry in entries:
            frame = self._frame(entry, self.early)
            self.told = frame.c
            if self.line is not None and self.line.live:
                self.line.down.append(frame)

    def beat(self) -> None:
        self.pump()
        if self.line is not None and self.line.live:
            self.line.down.append(Heartbeat(self.told.offset, self.time))

    def serve(self) -> None:
        """Answer one hello: the same path for start and resume."""
        if self.line is None or not self.line.up:
            return
        self.pump()
        hello, line = self.line.up.popleft(), self.line
        why = self._judge(hello.c, far=FAR)
        mode = "snapshot" if why is not None else "resume"
        line.down.append(Welcome(hello.rid, "grenoble", 10, LEASE, mode, why, self.time))  # type: ignore[arg-type]
        if why is not None:
            cards = tuple(self._card(id_, message) for id_, message in self.engine.wall.items())
            reached = self.engine.head
            snap = Snap(hello.rid, reached, cards)
            line.down.append(snap)
            self.answers.append(snap)
            offset = reached.offset
        else:
            assert hello.c is not None
            entries = self.engine.kept(hello.c.offset)
            early: set[str] = set()
            line.down.extend(self._frame(entry, early) for entry in entries)
            offset = entries[-1].offset if entries else hello.c.offset
        line.down.append(Heartbeat(offset, self.time))
        line.live, line.clean = True, True

    def _judge(self, cursor: Cursor | None, *, far: int) -> str | None:
        offset = cursor.offset if cursor is not None else 0
        kept = self.engine.kept(0)
        nonce_at = next((entry.nonce for entry in kept if entry.offset == offset), None)
        first = kept[0].offset if kept else self.engine.head.offset + 1
        if offset == 0:
            nonce_at, first = "", 0 if first == 1 else first
        return self.judge(cursor, self.engine.head, first=first, nonce_at=nonce_at, far=far)

    def _frame(self, entry: Entry, early: set[str]) -> Put | Removal:
        """Under its own offset, what is true now."""
        cursor = Cursor(epoch=self.engine.epoch, offset=entry.offset, nonce=entry.nonce)
        message = self.engine.at(entry.id)
        hangs = message.token is not None
        settled = hangs == (entry.what == "put") and not (hangs and message.version != entry.version)
        cursor = stamp(cursor, entry.id, settled=settled, early=early)
        if hangs:
            return Put(cursor, self._card(entry.id, message))
        version = message.version if entry.what == "put" else entry.version
        return Removal(cursor, "withdraw" if message.state == "erased" else "hide", entry.id, version)

    def _card(self, id_: str, message: Message) -> Card:
        return Card(id=id_, version=message.version, text=message.token or "")

    # the line

    def connect(self) -> None:
        if self.line is None:
            self.line = Line()
            self.line.up.append(self.screen.hello(self.now))

    def disconnect(self) -> None:
        self.line = None

    def lose(self, at: int) -> None:
        """A frame of the feed never arrives, and nobody notices."""
        if self.line is not None and at < len(self.line.down):
            del self.line.down[at]
            self.line.clean = False

    def repeat(self, at: int) -> None:
        if self.line is not None and at < len(self.line.down):
            self.line.down.insert(at, self.line.down[at])

    def swap(self, at: int) -> None:
        """Neighbours change places, but nothing overtakes the end of a feed's life."""
        if self.line is not None and at + 1 < len(self.line.down):
            down = self.line.down
            if not isinstance(down[at], Resync) and not isinstance(down[at + 1], Resync):
                down[at], down[at + 1] = down[at + 1], down[at]
                self.line.clean = False

    def stale(self, at: int) -> None:
        """A snapshot that was once sent to this device arrives now (again)."""
        if self.line is not None and at < len(self.answers):
            self.line.down.appendleft(self.answers[-1 - at])

    # the screen

    def deliver(self, most: int) -> None:
        """A frozen page is one to which nothing is delivered while time goes on."""
        for _ in range(most):
            if self.line is None or not self.line.down:
                return
            self._say(self.screen.take(self.line.down.popleft(), self.now))
            self.check()

    def woke(self) -> None:
        if self.line is not None:
            self._say(self.screen.woke(self.now))

    def keep_page(self) -> None:
        """The browser keeps the page as it is; it may come back with all that it believed then."""
        copy = type(self.screen)(lambda: self.mint("r"))
        for name, value in vars(self.screen).items():
            if name != "_mint":
                setattr(copy, name, value.copy() if isinstance(value, dict) else value)
        self.old = copy

    def old_page(self) -> None:
        if self.old is not None:
            self.screen, self.old = self.old, None
            self.disconnect()
            self.line = Line()
            self._say(self.screen.woke(self.now))

    def _say(self, hello: Hello | None) -> None:
        if hello is not None and self.line is not None:
            self.line.up.append(hello)

    # time

    def wait(self, seconds: int) -> None:
        self.mono += seconds
        self.sleep(seconds)

    def sleep(self, seconds: int) -> None:
        """The machine is suspended: its monotonic clock stands still."""
        self.time += seconds
        self._see_truth()

    # what P6 says

    def check(self) -> None:
        painted = {card.text for card in self.screen.shown(self.now).values()}
        for token in painted:
            if self.time - self.true_at[token] > LEASE:
                raise Broken(f"{token} is painted {self.time - self.true_at[token]} s after it was true")
        self.dropped &= self.spent  # a promotion may have made it true again
        if back := painted & self.dropped:
            raise Broken(f"{back} came back without a new approval")
        held = {card.text for card in self.screen.cards.values()}
        # Only what it once held and let go as it was taken down: a frame on its way is late, not back.
        self.dropped |= (self.held - held) & self.spent
        self.held = held
        line = self.line
        if line is None or line.up or line.down or not (line.live and line.clean and self.screen.joined):
            return
        if self.told.offset == self.engine.head.offset and not self.lost:
            self.same("all that was sent has arrived")

    def same(self, when: str) -> None:
        held = {id_: (card.version, card.text) for id_, card in self.screen.cards.items()}
        truth = {id_: (message.version, message.token) for id_, message in self.engine.wall.items()}
        if held != truth:
            raise Broken(f"{when}, but the screen holds {held} and the wall is {truth}")

    def settle(self) -> None:
        """Left in peace, every screen comes to hold the wall and nothing else."""
        for _ in range(6):
            self.connect()
            self._drain()
            self.beat()
            self._drain()
            beaten = self.line is not None and self.line.live
            if beaten and self.screen.joined and self.screen.fresh(self.now):
                self.same("in peace")
                return
            self.disconnect()  # a screen that is not welcomed, or hears no heartbeat, tries another socket
        raise Broken("a screen never comes to rest")

    def _drain(self) -> None:
        for _ in range(40):
            line = self.line
            if line is None or not (line.up or line.down):
                return
            self.serve()
            self.deliver(100)


Step = tuple[str, int]

# Name of a step and how far its number goes. What happens often is named often.
STEPS: Final[dict[str, int]] = {
    "approve": 2, "withdraw": 2, "undo": 2, "edit": 2, "delete": 2, "answer": 2, "age": 2,
    "trim": 3, "save": 0, "restore": 0, "promote": 0, "restart": 0,
    "connect": 0, "disconnect": 0, "pump": 0, "serve": 0, "beat": 0, "settle": 0,
    "lose": 2, "repeat": 2, "swap": 2, "stale": 2, "deliver": 4, "woke": 0, "keep_page": 0, "old_page": 0,
    "wait": 40, "sleep": 40,
}  # fmt: skip


def play(steps: Sequence[Step], screen: type[Replica] = Replica, judge: Verdict = verdict) -> None:
    """Raises Broken where a promise does not hold."""
    world = World(screen, judge)
    for name, number in steps:
        act = getattr(world, name)
        most = STEPS[name]
        if name in ("approve", "withdraw", "undo", "edit", "delete", "answer", "age"):
            act(IDS[number % len(IDS)])
        elif most:
            act(number % (most + 1))
        else:
            act()
        world.check()
    world.settle()
