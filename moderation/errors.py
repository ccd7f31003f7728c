"""The one tree of errors: a stable code, parameters, and a sentence for people in both languages.

Owns every code that CONTRACT.md names. Must not know HTTP: the server maps classes to statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final


class Problem(Exception):
    """Something that a person or a program is told. ``code`` is stable, ``params`` are facts."""

    code: ClassVar[str] = "problem"

    def __init__(self, code: str | None = None, /, **params: object) -> None:
        self.kind: str = code or type(self).code
        self.params: Mapping[str, object] = params
        super().__init__(f"{self.kind} {dict(params)}" if params else self.kind)

    def title(self, language: str) -> str:
        """The sentence for a person; French unless ``language`` is ``en``."""
        texts = TITLES.get(self.kind, TITLES["problem"])
        template = texts.get(language, texts["fr"])
        try:
            return template.format_map({name: said(value, language) for name, value in self.params.items()})
        except (KeyError, IndexError, ValueError):
            return template


def said(value: object, language: str) -> object:
    return decimal(value, language) if isinstance(value, float) else value


def decimal(value: float, language: str) -> str:
    """As people write it there: « 2,5 », "2.5"."""
    text = f"{value:g}"
    return text if language == "en" else text.replace(".", ",")


class SignedOut(Problem):
    """Nobody is signed in, or a signature does not hold."""

    code = "not_signed_in"


class NotAllowed(Problem):
    """This role may not do this."""

    code = "not_allowed"


class NotFound(Problem):
    """No such thing, or it belongs to another place."""

    code = "not_found"


class BadRequest(Problem):
    """The body is not what the call takes at all."""

    code = "bad_json"


class TooLarge(Problem):
    code = "too_large"


class Invalid(Problem):
    """Well formed, but it can't be accepted as it is."""

    code = "empty"


class Conflict(Problem):
    """The message is no longer where the caller believed it to be."""

    code = "conflict"


class TooMany(Problem):
    """``retry_after`` in seconds is always among the parameters."""

    code = "too_many"

    def title(self, language: str) -> str:
        seconds = self.params.get("retry_after")
        wait = in_words(seconds if isinstance(seconds, int) else 60, language)
        return Problem(self.kind, wait=wait).title(language)


def in_words(seconds: int, language: str) -> str:
    """How long, for a person: seconds up to a minute and a half, then minutes, never less than it is."""
    units = ("second", "minute") if language == "en" else ("seconde", "minute")
    count, unit = (seconds, units[0]) if seconds <= 90 else (-(-seconds // 60), units[1])
    return f"{count}\u00a0{unit}{'s' if count > 1 else ''}"


class Unavailable(Problem):
    """The engine does not answer; nothing that was acknowledged is lost."""

    code = "engine_unavailable"


class WrongSetting(Problem):
    """A setting is wrong: ``name`` of the key and what was ``expected``."""

    code = "wrong_setting"


# One sentence a code and language. French typography: U+202F before ; : ! ? and inside « ».
TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "problem": {
        "fr": "Quelque chose n’a pas marché.",
        "en": "Something went wrong.",
    },
    "not_signed_in": {
        "fr": "Connectez-vous d’abord.",
        "en": "Sign in first.",
    },
    "wrong_password": {
        "fr": "Ce nom et ce mot de passe ne vont pas ensemble.",
        "en": "This name and this password do not go together.",
    },
    "bad_signature": {
        "fr": "La signature ne correspond pas.",
        "en": "The signature does not match.",
    },
    "stale_signature": {
        "fr": "La signature date de plus de 300 secondes.",
        "en": "The signature is more than 300 seconds old.",
    },
    "not_allowed": {
        "fr": "Votre rôle ne permet pas cette action.",
        "en": "Your role does not allow this.",
    },
    "bad_csrf": {
        "fr": "Cette page a expiré. Rien n’a été enregistré\u202f: recommencez.",
        "en": "This page has expired. Nothing was saved: try again.",
    },
    "form_expired": {
        "fr": "La page était ouverte depuis trop longtemps. Votre texte est gardé\u202f: envoyez-le de nouveau.",
        "en": "The page had been open for too long. Your text is kept: send it again.",
    },
    "bad_origin": {
        "fr": "Cette demande vient d’un autre site.",
        "en": "This request comes from another site.",
    },
    "not_found": {
        "fr": "Introuvable.",
        "en": "Not found.",
    },
    "method_not_allowed": {
        "fr": "Cette adresse n’accepte pas cette méthode.",
        "en": "This address does not take this method.",
    },
    "bad_json": {
        "fr": "La demande n’est pas lisible.",
        "en": "The request can’t be read.",
    },
    "too_large": {
        "fr": "La demande est trop grande.",
        "en": "The request is too large.",
    },
    "conflict": {
        "fr": "Ce message n’est plus dans cet état\u202f: quelqu’un a déjà décidé.",
        "en": "This message is no longer in that state: somebody has already decided.",
    },
    "stale_revision": {
        "fr": "Le texte a changé depuis que vous l’avez lu.",
        "en": "The text has changed since you read it.",
    },
    "consent_required": {
        "fr": "Cet échange est privé\u202f: il attend l’accord de la personne.",
        "en": "This is a private chat: it waits for the person’s consent.",
    },
    "consent_missing": {
        "fr": "Cochez la case\u202f: sans votre accord, votre message ne peut pas être affiché.",
        "en": "Tick the box: without your consent your message can’t be shown.",
    },
    "nothing_to_undo": {
        "fr": "Il n’y a rien à annuler.",
        "en": "There is nothing to undo.",
    },
    "reason_required": {
        "fr": "Donnez le motif du refus.",
        "en": "Give the reason for the refusal.",
    },
    "reason_unknown": {
        "fr": "Ce motif n’est pas dans la liste.",
        "en": "This reason is not on the list.",
    },
    "reason_reserved": {
        "fr": "Ce motif est réservé à l’auteur du message.",
        "en": "This reason belongs to the author of the message.",
    },
    "passage_required": {
        "fr": "Sélectionnez le passage qui motive le refus.",
        "en": "Select the passage that the refusal rests on.",
    },
    "bad_positions": {
        "fr": "Ces positions ne sont pas dans le texte.",
        "en": "These positions are not in the text.",
    },
    "law_required": {
        "fr": "Citez la loi sur laquelle repose ce motif.",
        "en": "Cite the law that this reason rests on.",
    },
    "subject_required": {
        "fr": "Ce motif demande une précision\u202f: le sujet attendu, ou l’autre message.",
        "en": "This reason needs one more thing: the subject expected, or the other message.",
    },
    "due_required": {
        "fr": "Donnez la date prévue.",
        "en": "Give the planned date.",
    },
    "because_required": {
        "fr": "Dites pourquoi.",
        "en": "Say why.",
    },
    "stance_unknown": {
        "fr": "Cette position n’est pas dans la liste.",
        "en": "This stance is not on the list.",
    },
    "kind_unknown": {
        "fr": "Cette sorte de message n’est pas dans la liste.",
        "en": "This kind of message is not on the list.",
    },
    "place_unknown": {
        "fr": "Ce lieu n’existe pas encore\u202f: {place}.",
        "en": "This place does not exist yet: {place}.",
    },
    "too_long": {
        "fr": "Le texte est trop long\u202f: {limit} caractères au plus.",
        "en": "The text is too long: {limit} characters at most.",
    },
    "empty": {
        "fr": "Il n’y a rien à lire dans ce message.",
        "en": "There is nothing to read in this message.",
    },
    "number_range": {
        "fr": "Un nombre entier, de {least} à {most}.",
        "en": "A whole number, from {least} to {most}.",
    },
    "nothing_written": {
        "fr": "Écrivez quelques mots, ou donnez des étoiles.",
        "en": "Write a few words, or give stars.",
    },
    "field_needed": {
        "fr": "Il faut remplir ce champ.",
        "en": "This field has to be filled in.",
    },
    "place_needed": {
        "fr": "Choisissez au moins un lieu.",
        "en": "Choose at least one place.",
    },
    "too_many": {
        "fr": "Trop d’essais. Recommencez dans {wait}.",
        "en": "Too many tries. Try again in {wait}.",
    },
    "engine_unavailable": {
        "fr": "Le moteur ne répond pas. Rien de ce qui était enregistré n’est perdu\u202f; réessayez.",
        "en": "The engine does not answer. Nothing that was saved is lost; try again.",
    },
    "engine_failed": {
        "fr": "Le moteur n’a pas démarré\u202f: {why}.",
        "en": "The engine did not start: {why}.",
    },
    "data_busy": {
        "fr": "Un autre processus se sert des données de {data}. Arrêtez-le, ou réessayez plus tard.",
        "en": "Another process is using the data in {data}. Stop it, or try again later.",
    },
    "disk_full": {
        "fr": "Le disque est presque plein\u202f: on ne peut plus recevoir, seulement retirer.",
        "en": "The disk is nearly full: nothing more can be received, only taken down.",
    },
    "channel_unreachable": {
        "fr": "Ce canal ne répond pas. On réessaie, de plus en plus lentement.",
        "en": "This channel does not answer. It is tried again, ever more slowly.",
    },
    "source_closed": {
        "fr": "Cette source est fermée ou n’existe pas\u202f: vérifiez son nom.",
        "en": "This source is closed or does not exist: check its name.",
    },
    "credentials_refused": {
        "fr": "Ce canal refuse nos identifiants\u202f: vérifiez-les.",
        "en": "This channel refuses our credentials: check them.",
    },
    "channel_busy": {
        "fr": "Ce canal demande d’attendre {retry_after} secondes.",
        "en": "This channel asks to wait {retry_after} seconds.",
    },
    "answer_lost": {
        "fr": "Le canal n’a pas répondu\u202f: on ne sait pas si la réponse est partie.",
        "en": "The channel did not answer: whether the reply left is unknown.",
    },
    "reply_refused": {
        "fr": "Le canal refuse cette réponse.",
        "en": "The channel does not take this reply.",
    },
    "reply_too_long": {
        "fr": "La réponse est trop longue pour ce canal\u202f: {limit} caractères au plus.",
        "en": "The reply is too long for this channel: {limit} characters at most.",
    },
    "thread_locked": {
        "fr": "La discussion est fermée là-bas\u202f: on ne peut plus y répondre.",
        "en": "The thread is locked there: it takes no more replies.",
    },
    "thread_gone": {
        "fr": "Le message n’existe plus là-bas.",
        "en": "The message no longer exists there.",
    },
    "delivery_unknown": {
        "fr": "On ne sait pas si la réponse est arrivée. Regardez là-bas, puis dites-le ici.",
        "en": "Whether the reply arrived is unknown. Look there, then say so here.",
    },
    "wrong_setting": {
        "fr": "Réglage incorrect\u202f: {name}. Attendu\u202f: {expected}.",
        "en": "Wrong setting: {name}. Expected: {expected}.",
    },
    "code_unknown": {
        "fr": "Ce code ne correspond à aucun écran. Comparez-le à celui que l’écran affiche maintenant.",
        "en": "This code belongs to no screen. Compare it with the one that the screen shows now.",
    },
    "code_used": {
        "fr": "Ce code a déjà servi\u202f: l’écran est relié, ou en montre un nouveau.",
        "en": "This code has been used: the screen is paired, or shows a new one.",
    },
    "code_expired": {
        "fr": "Ce code n’est plus valable. L’écran en affiche un nouveau\u202f: tapez celui-là.",
        "en": "This code has run out. The screen shows a new one: type that one.",
    },
    "diagonal_wrong": {
        "fr": "La diagonale se donne en pouces, de {least} à {most}\u202f: par exemple 55.",
        "en": "Give the diagonal in inches, from {least} to {most}: for example 55.",
    },
    "distance_wrong": {
        "fr": "La distance de lecture se donne en mètres, de {least} à {most}\u202f: par exemple 3.",
        "en": "Give the reading distance in metres, from {least} to {most}: for example 3.",
    },
    "screen_too_far": {
        "fr": "De si loin, on ne lit rien sur un écran de {diagonal} pouces\u202f: {farthest} m au plus.",
        "en": "From so far away nobody can read a screen of {diagonal} inches: {farthest} m at most.",
    },
    "measured_wrong": {
        "fr": "La longueur mesurée se donne en centimètres, de {least} à {most}.",
        "en": "Give the measured length in centimetres, from {least} to {most}.",
    },
    "hours_unreadable": {
        "fr": "On ne comprend pas «\u202f{text}\u202f». Écrivez par exemple\u202f: "
        "9\u00a0h – 12\u00a0h\u00a030, 14\u00a0h – 19\u00a0h\u202f; ou bien\u202f: fermé.",
        "en": "“{text}” can’t be understood. Write for example: 9:00 – 12:30, 14:00 – 19:00; or: closed.",
    },
    "hours_overlap": {
        "fr": "Deux plages de ce jour, ou du lendemain, se recouvrent.",
        "en": "Two spans of this day, or of the next one, overlap.",
    },
    "code_length": {
        "fr": "Un code a {length} lettres et chiffres, celui-ci en a {typed}\u202f: tapez celui que l’écran affiche.",
        "en": "A code has {length} letters and digits, this one has {typed}: type the one that the screen shows.",
    },
    "code_missing": {
        "fr": "Tapez le code que l’écran affiche.",
        "en": "Type the code that the screen shows.",
    },
    "already_set_up": {
        "fr": "La mise en service est déjà faite.",
        "en": "Set-up has already been done.",
    },
    "name_taken": {
        "fr": "Ce nom est déjà pris.",
        "en": "This name is already taken.",
    },
    "place_declared": {
        "fr": "Ce lieu est déclaré dans wall.toml\u202f: c’est là qu’il se change.",
        "en": "This place is declared in wall.toml: change it there.",
    },
    "person_changed": {
        "fr": "Quelqu’un vient de changer ce compte. Relisez-le, puis recommencez.",
        "en": "Somebody has just changed this account. Read it again, then try again.",
    },
    "last_owner": {
        "fr": "C’est le dernier propriétaire qui puisse se connecter\u202f: nommez-en d’abord un autre.",
        "en": "This is the last owner who can sign in: give that role to somebody else first.",
    },
    "wrong_current": {
        "fr": "Ce n’est pas votre mot de passe actuel.",
        "en": "This is not your current password.",
    },
    "passwords_differ": {
        "fr": "Les deux nouveaux mots de passe ne sont pas les mêmes.",
        "en": "The two new passwords are not the same.",
    },
    "role_beyond": {
        "fr": "{name} a le rôle {theirs}\u202f: un jeton ne peut pas lui donner le rôle {role}.",
        "en": "{name} is {theirs}: a token can’t give them the role {role}.",
    },
    "slug_taken": {
        "fr": "Cet identifiant est déjà celui d’un autre lieu.",
        "en": "This identifier is already that of another place.",
    },
    "not_blank": {
        "fr": "Le mur n’est plus éteint\u202f: éteignez-le de nouveau s’il le faut.",
        "en": "The wall is no longer blank: blank it again if need be.",
    },
    "minutes_unknown": {
        "fr": "De 1 à {most}\u00a0minutes\u202f: les autres messages attendent leur tour.",
        "en": "From 1 to {most}\u00a0minutes: the other messages wait for their turn.",
    },
    "hours_unknown": {
        "fr": "Chaque plage a un début, une fin et un rythme ({most} plages au plus).",
        "en": "Each window has a start, an end and a pace ({most} windows at most).",
    },
    "weak_password": {
        "fr": "Il faut au moins {least} caractères.",
        "en": "It takes at least {least} characters.",
    },
    "bad_slug": {
        "fr": "Un identifiant n’a que des minuscules, des chiffres et des tirets (40 au plus).",
        "en": "An identifier has only small letters, digits and dashes (40 at most).",
    },
}
