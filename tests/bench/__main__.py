"""``python -m tests.bench [NAMES]``: prints tables, and writes nothing into the tree.

A bench is a function that prints its tables, and a line here.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.bench import desk, fanout, machine, painted, slow, storm, work

BENCHES: Final[Mapping[str, Callable[[], Awaitable[None]]]] = {
    "fanout": fanout.run,
    "storm": storm.run,
    "slow": slow.run,
    "painted": painted.run,
    "work": work.run,
    "desk": desk.run,
}


async def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all unless named")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    machine.many_files()
    machine.pin(machine.CLIENT)
    print(machine.described(), end="\n\n", flush=True)
    for name in asked.names or BENCHES:
        began = time.monotonic()
        await BENCHES[name]()
        print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
