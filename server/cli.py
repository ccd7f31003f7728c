"""The console script `complicity`.

Owns the order: first that our packages are still ours, then the commands, which import them.
"""

from __future__ import annotations

import sys

from server.guard import check_packages


def main() -> None:
    if overwritten := check_packages():
        sys.exit(overwritten)
    from server.commands import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
