"""The people of the tests, one a role."""

from moderation.domain import Actor

OWNER = Actor(id="p-ada", name="Ada", role="owner")
MODERATOR = Actor(id="p-mia", name="Mia", role="moderator", places=("grenoble",))
COLLEAGUE = Actor(id="p-noe", name="Noé", role="moderator", places=("grenoble",))
MANAGER = Actor(id="p-lea", name="Léa", role="manager", places=("grenoble",), signed="Léa, responsable")
STAFF = Actor(id="p-tom", name="Tom", role="staff", places=("grenoble",), signed="Tom, vendeur")
AUDITOR = Actor(id="p-ufc", name="UFC", role="auditor", places=("grenoble",))
STRANGER = Actor(id="p-zoe", name="Zoé", role="moderator", places=("lyon",))
