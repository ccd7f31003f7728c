"""A sheet of paper for the counter: where to write, in the languages of the organisation, with its code.

Must not change anything.
"""

from __future__ import annotations

from server.admin.room import Office, Room, place_named
from server.api_places import PAIRS
from server.views import AdminPoster, Paper


class Poster(Room):
    path = "/admin/poster"
    roles = PAIRS

    async def view(self, office: Office) -> AdminPoster:
        paper: Paper = "a5" if office.request.query_params.get("paper") == "a5" else "a4"
        return AdminPoster(place=place_named(office), paper=paper)
