"""A sheet of paper for the counter: where to write, in the languages of the organisation, with its code.

Must not change anything.
"""

from __future__ import annotations

from server import cautions
from server.admin.room import Hall, Office, Room, place_named
from server.api_places import PAIRS
from server.settings import Settings
from server.views import AdminPoster, Paper


class Poster(Room):
    path = "/admin/poster"
    roles = PAIRS

    def __init__(self, hall: Hall, settings: Settings) -> None:
        super().__init__(hall)
        self._settings = settings

    async def view(self, office: Office) -> AdminPoster:
        paper: Paper = "a5" if office.request.query_params.get("paper") == "a5" else "a4"
        lost = any(each.code == "no_address" for each in cautions.of_settings(self._settings))
        return AdminPoster(
            place=place_named(office), paper=paper, local=lost or self._settings.server.loopback
        )
