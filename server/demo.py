"""What a demo holds at its start: two places, named fictional persons, and messages decided by them.

Owns the demo's past. Must not know its links (`server.showing`).
"""

from __future__ import annotations

from moderation.domain import Incoming, Place
from moderation.intake import receive
from server.services import Services

GRENOBLE = Place(slug="grenoble", name="Grenoble, place Victor-Hugo")
LYON = Place(slug="lyon", name="Lyon, rue de la République")


async def furnish(services: Services, *, seed: int) -> None:
    """Fill an empty house; a house that has people is left as it is."""
    roster = services.roster
    if await roster.people():
        return
    for place in (GRENOBLE, LYON):
        await roster.add_place(place)
    await roster.add_person("Odile Martel", "owner", first_name="Odile")
    moderator = await roster.add_person("Malik Saadi", "moderator", first_name="Malik")
    await roster.add_person("Manon Vial", "manager", first_name="Manon", places=[GRENOBLE.slug])
    for number in range(20):
        item = Incoming(id=f"past-{seed}-{number}", text=f"Bonjour, visite numéro {number}.", kind="thanks")
        taken = await receive(services.store, "demo", [GRENOBLE.slug], [item])
        message = taken.received[0].message
        if message and number < 15:
            await services.actions.approve(moderator.actor(), message, revision=1)
