"""The files of the pages: scripts, styles, faces.

Owns how long a browser may keep them: as long as it likes, but it asks each time whether they changed, so that
a screen which hangs for months never mixes two releases. Must not know which page uses what.
"""

from __future__ import annotations

import os
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from displays.release import prefix


class Assets(StaticFiles):
    def __init__(self) -> None:
        super().__init__(packages=[("displays", "static")])

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """With this release in the address, or without any; another release's files are not ours to give."""
        return super().lookup_path(path.removeprefix(prefix()))

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        *args: Any,
        **kwargs: Any,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, *args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
