"""One's own account: whoever is signed in changes their password, whatever their role.

Must not know how a password is proven or kept.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.responses import Response

from moderation.domain import ROLES
from moderation.errors import Invalid
from server.admin.room import FormRoom, Hall, Office, filled_in
from server.limits import Limits
from server.passwords import LEAST
from server.records import password_of
from server.views import Account as View


class Account(FormRoom):
    path = "/account"
    roles = frozenset(ROLES)
    fields = ()  # a password is never painted again

    def __init__(self, hall: Hall, limits: Limits) -> None:
        super().__init__(hall)
        self._limits = limits

    async def view(self, office: Office) -> View:
        return View(least=LEAST, has_password=office.session.person.password is not None)

    @filled_in
    async def change_password(self, office: Office, form: FormData) -> Response:
        """This browser goes on in a new session; every other one signs in again."""
        new = password_of(form)
        if new != password_of(form, "again"):
            raise Invalid("passwords_differ", field="again")
        secret = await self.hall.doors.change_password(
            office.session.person,
            password_of(form, "current"),
            new,
            self._limits.address(office.request),
        )
        response = self.done("changed")
        self.hall.doors.admit(response, secret)
        return response
