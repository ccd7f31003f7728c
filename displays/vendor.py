"""Brings the self-hosted faces up to the versions that `static/fonts/vendor.json` names.

`python -m displays.vendor` packs each package with npm, copies the files and licences that the list
names, and writes their digests back; `--check` only compares. Run by a person, never by the product.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).parent / "static" / "fonts"
LIST: Final = FONTS / "vendor.json"


def differences() -> list[str]:
    """The files that are missing, or not what the list says."""
    return [
        name
        for package in json.loads(LIST.read_text("utf-8"))
        for name, file in package["files"].items()
        if not (FONTS / name).is_file() or _digest((FONTS / name).read_bytes()) != file["sha256"]
    ]


def refresh() -> None:
    packages = json.loads(LIST.read_text("utf-8"))
    for package in packages:
        with tempfile.TemporaryDirectory() as folder:
            wanted = f"{package['package']}@{package['version']}"
            command = ["npm", "pack", "--silent", "--pack-destination", folder, wanted]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own list
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                for name, file in package["files"].items():
                    member = archive.extractfile(f"package/{file['from']}")
                    assert member is not None, f"{wanted} has no {file['from']}"  # noqa: S101
                    content = member.read()
                    (FONTS / name).write_bytes(content)
                    file["sha256"] = _digest(content)
    LIST.write_text(json.dumps(packages, indent=2) + "\n", "utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    if "--check" not in sys.argv:
        refresh()
    sys.exit("\n".join(differences()) or 0)
