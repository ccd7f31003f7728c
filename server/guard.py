"""Tells when another distribution has overwritten one of our packages.

`server`, `displays`, `moderation` and `connectors` are common words: pip lets a later install write its files
into our folders without a word. Must import nothing of ours but this file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import Final

OURS: Final = "complicite"
PACKAGES: Final = ("server", "displays", "moderation", "connectors")


HOUSE: Final = Path(__file__).resolve().parent.parent


def check_packages(house: Path = HOUSE) -> str | None:
    """One sentence when a package is not ours any more; None when all is well."""
    for package in PACKAGES:
        if (
            not (found := util.find_spec(package))
            or Path(found.origin or "").parent.resolve() != house / package
        ):
            return _sentence(package)
    for path in _overwritten():
        return _sentence(path.split("/", 1)[0])
    return None


def _overwritten() -> Iterator[str]:
    """Installed files that are no longer what the wheel recorded. An editable install records none of them."""
    try:
        files = metadata.files(OURS) or []
    except metadata.PackageNotFoundError:
        return
    for file in files:
        if file.parts[0] in PACKAGES and file.suffix != ".pyc" and file.hash:
            try:
                content = Path(str(file.locate())).read_bytes()
            except OSError:
                content = b""
            digest = hashlib.new(file.hash.mode, content).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                yield str(file)


def _sentence(package: str) -> str:
    others = sorted(set(metadata.packages_distributions().get(package, [])) - {OURS})
    blame = f" by the distribution {others[0]}: uninstall it" if others else ""
    return f"Complicité's package `{package}` has been overwritten{blame}{'; then' if blame else ':'} reinstall {OURS}."
