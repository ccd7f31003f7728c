"""A pointer that is not there: a cursor theme of one transparent pixel, in the format of libXcursor.

`python3 -m kiosk.cursor FOLDER` writes the theme `none` into FOLDER.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

IMAGE: Final = 0xFFFD0002
SIZE: Final = 24
NAMES: Final = ("default", "left_ptr", "pointer", "text", "xterm", "wait", "watch", "progress", "X_cursor")


def blank() -> bytes:
    head = struct.pack("<4s3I", b"Xcur", 16, 0x10000, 1)
    contents = struct.pack("<3I", IMAGE, SIZE, 28)
    chunk = struct.pack("<4I", 36, IMAGE, SIZE, 1)
    image = struct.pack("<6I", 1, 1, 0, 0, 0, 0)  # width, height, where it points, delay, one pixel
    return head + contents + chunk + image


def write(folder: Path) -> None:
    cursors = folder / "none" / "cursors"
    cursors.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (cursors / name).write_bytes(blank())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
