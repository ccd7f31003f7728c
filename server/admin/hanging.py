"""One screen: how it hangs. And one place: when it is open, and what hangs when it is not. Both take effect at once.

Owns what these two forms say. What may be said is the ground floor's rule (mounting, hours).
"""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from moderation.errors import Invalid, NotFound, decimal
from moderation.hours import DAYS, read_day, read_week, write_day
from moderation.mounting import CLOSED, COMFORTS, ROTATIONS, THEMES, length
from moderation.roster import Screen
from server.admin.room import FormRoom, Office, filled_in, place_named
from server.api_places import PAIRS
from server.bodies import text_of, typed
from server.records import choice_of, languages_of, mounting_of, named
from server.views import AdminHours, AdminScreen


class Hanging(FormRoom):
    path = "/admin/screen"
    roles = PAIRS
    fields = ("name", "diagonal", "measured", "distance", "comfort", "rotation", "languages", "theme")

    async def view(self, office: Office) -> AdminScreen:
        screen = await self._screen(office)
        hung, language = screen.mounting, self.hall.painter.language(office.request)
        place = next(place for place in office.places if place.slug == screen.place)
        return AdminScreen(
            screen=screen,
            place=place,
            comforts=COMFORTS,
            rotations=ROTATIONS,
            themes=THEMES,
            values={
                "name": screen.name,
                "diagonal": decimal(hung.diagonal, language),
                "distance": decimal(hung.distance, language),
                "comfort": hung.comfort,
                "rotation": str(hung.rotation),
                "languages": " ".join(hung.languages),
                "theme": hung.theme,
            },
        )

    @filled_in
    async def change(self, office: Office, form: FormData) -> Response:
        screen = await self._screen(office)
        hung = replace(
            mounting_of(form),
            rotation=ROTATIONS[choice_of(form, "rotation", [str(each) for each in ROTATIONS])],
            languages=languages_of(form),
            theme=THEMES[choice_of(form, "theme", THEMES)],
        )
        if text_of(form, "measured"):  # the line of the test card, which was drawn for what was said before
            hung = replace(hung, diagonal=screen.mounting.measured(length(text_of(form, "measured"), "cm")))
        await self.hall.roster.hang_screen(screen.id, named(form, "name", needed=False), hung.checked())
        return RedirectResponse(f"{self.path}/{screen.id}?done=changed", 303)

    async def _screen(self, office: Office) -> Screen:
        screen = await self.hall.roster.screen(office.request.path_params["id"])
        if screen is None or screen.place not in {place.slug for place in office.places}:
            raise NotFound
        return screen


class Hours(FormRoom):
    path = "/admin/hours"
    roles = PAIRS
    fields = ("given", "closed", *(f"hours_{day}" for day in DAYS))

    async def view(self, office: Office) -> AdminHours:
        place = place_named(office)
        language = self.hall.painter.language(office.request)
        week = [write_day(windows, language) for windows in place.hours or ()] or [""] * len(DAYS)
        return AdminHours(
            place=place,
            days=DAYS,
            closed=CLOSED,
            values={
                "given": "yes" if place.hours is not None else "no",
                "closed": place.closed,
                **{f"hours_{day}": text for day, text in zip(DAYS, week, strict=True)},
            },
        )

    @filled_in
    async def change(self, office: Office, form: FormData) -> Response:
        place = place_named(office)
        days = [text_of(form, f"hours_{day}") for day in DAYS]
        if text_of(form, "copy"):
            return await self._copied(office, form)
        # Hours typed where there were none mean hours, whatever stands above them.
        given = choice_of(form, "given", ("yes", "no")) == 0 or (place.hours is None and any(days))
        week = read_week(days) if given else None
        await self.hall.roster.open_hours(place.slug, week, CLOSED[choice_of(form, "closed", CLOSED)])
        return RedirectResponse(f"{self.path}/{place.slug}?done=changed", 303)

    async def _copied(self, office: Office, form: FormData) -> Response:
        """The first day with hours, into every day that is empty. Nothing is kept until the person says so."""
        week = {f"hours_{day}": text_of(form, f"hours_{day}") for day in DAYS}
        field = next((field for field, text in week.items() if read_day(text, field)), None)
        if field is None:
            raise Invalid("field_needed", field=f"hours_{DAYS[0]}")
        copies = {each: text or week[field] for each, text in week.items()}
        values = {**typed(form, *self.fields), **copies, "given": "yes"}
        return self.paint(office, replace(await self.view(office), values=values, copied=True))
