"""Cards that a wall must show well: short and very long, in many scripts, with and without answers.

All persons and shops are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from displays.protocol import Card, Turn


def at(**ago: float) -> str:
    """So long ago, counted from this call: a test run lasts for minutes, and « à l’instant » does not."""
    now = datetime.now(UTC).replace(microsecond=0)
    return (now - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def reply(text: str, number: int = 1, **more: str | None) -> Turn:
    given: dict[str, str | None] = {"name": "Léa, responsable", "at": at(hours=20), **more}
    return Turn(id=f"r{number}", by="place", text=text, **given)  # type: ignore[arg-type]


def card(name: str, text: str, *turns: Turn, **more: object) -> Card:
    given: dict[str, object] = {
        "author": "Camille R.", "channel": "Avis en ligne", "published_at": at(days=1, hours=3),
        "experience_at": at(days=3), "approved_at": at(days=1), **more,
    }  # fmt: skip
    return Card(id=name, version=1, text=text, turns=turns, **given)  # type: ignore[arg-type]


PARAGRAPH: Final = (
    "J’ai attendu vingt-cinq minutes à la caisse samedi après-midi, avec deux caisses ouvertes sur six et une "
    "file qui remontait jusqu’au rayon des luminaires. Personne n’est venu nous dire pourquoi. "
    "La personne qui m’a servie était aimable et visiblement seule pour tout faire\u202f: ce n’est pas à elle "
    "que j’en veux, c’est à l’organisation.\n\n"
)
ANSWER: Final = (
    "Vous avez raison, et merci d’avoir dit que ma collègue n’y était pour rien. Samedi, deux personnes étaient "
    "absentes et nous n’avons pas rappelé de renfort assez tôt. "
)

CARDS: Final[tuple[Card, ...]] = (
    card(
        "typical",
        "J’ai attendu vingt-cinq minutes à la caisse samedi, avec deux caisses ouvertes sur six. "
        "La vendeuse était aimable et visiblement seule pour tout faire.",
        reply(
            "Vous avez raison. Deux personnes étaient absentes et nous n’avons pas rappelé de renfort assez "
            "tôt. Dès la semaine prochaine, une troisième caisse ouvre le samedi à partir de 14 h.",
            stance="planned", due="2026-12-03",
        ),
        kind="complaint", stars=None,
    ),
    card("short", "Merci à Karim, qui a passé une heure à réparer ma lampe.", kind="thanks", author="Jeanne"),
    card("one-word", "Parfait", stars=5, author="Paul"),
    card("unanswered", "Pourrait-on avoir un banc près des cabines\u202f? Ma mère ne peut pas rester debout.",
         kind="idea", published_at=at(days=3, hours=2), approved_at=at(days=3), experience_at=None),
    card("long", (PARAGRAPH * 4).strip(), kind="complaint"),
    card("long-long", (PARAGRAPH * 2).strip(), reply((ANSWER * 4).strip(), stance="studying"), stars=2),
    card("middling", PARAGRAPH.strip(), reply(ANSWER.strip(), stance="done"), stars=2),
    card("stars-only", "", stars=2, author=None),
    card("stars-only-answered", "", reply("Que pouvons-nous faire mieux\u202f? Dites-le-nous.", stance="read"),
         stars=2, author=None),
    card("declined", "Ouvrez donc le dimanche\u202f!",
         reply("Nous y avons réfléchi avec toute l’équipe.", stance="declined",
               because="personne dans l’équipe ne souhaite travailler le dimanche"), kind="idea"),
    card("masked", "Bravo à ██████, au rayon lampes. Appelez-moi au ██████ si vous voulez un témoignage.",
         masks=((8, 14), (48, 54)), kind="thanks"),
    card("arabic", "انتظرت نصف ساعة عند الصندوق، ثم ساعدني كريم في إصلاح المصباح. شكراً له!",
         reply("Merci, nous l’avons dit à Karim. شكراً جزيلاً!", stance="read"), author="سلمى", kind="thanks"),
    card("hebrew", "חיכיתי חצי שעה בקופה, ואז קארים תיקן לי את המנורה. תודה רבה!",
         reply("Merci beaucoup, תודה!", stance="read"), author="נועה", stars=4),
    card("cjk", "周末排队等了二十五分钟，六个收银台只开了两个。店员很亲切，但她一个人忙不过来。希望以后能多开几个。"
         "日本語の案内もあると助かります。", reply("谢谢您的意见。下周六起，我们会多开一个收银台。", stance="planned"),
         author="李娜", kind="complaint"),
    card("emoji", "😀😍👍🏽🎉🏳️\u200d🌈👩\u200d👩\u200d👧🇫🇷✨🔥💡" * 6, author="Zoé 🌻", kind="thanks"),
    card("unbroken", "W" * 260, reply("Nous avons bien lu."), author="X" * 80),
    card("zalgo", "Z̸̢̧a̶̡͝l̵̛͜g̴̡͠o̷͟ ici, tout va bien.", author="Z̸̢̧a̶̡͝l̵̛͜g̴̡͠o̷"),
    card("three-answers", "La lumière de la cabine est blafarde.",
         reply("Nous avons lu, merci.", 1, stance="read", at=at(days=5)),
         reply("Nous essayons deux sortes d’ampoules cette semaine.", 2, stance="studying", at=at(days=3)),
         reply("C’est changé dans les quatre cabines\u202f: venez voir.", 3, stance="done"), kind="complaint"),
    card("chat", "Bonjour, la lampe Orion existe-t-elle en noir\u202f?",
         *(Turn(id=f"t{i}", by="place" if i % 2 else "author", name="Hugo, conseiller" if i % 2 else None,
                text=text, at=at(days=2))
           for i, text in enumerate((
               "C’est pour une chambre d’enfant.", "Bonjour\u202f! Oui, en noir et en laiton.",
               "Et la prise est-elle comprise\u202f?", "Elle est comprise, et l’ampoule aussi.",
               "Peut-on la voir en magasin\u202f?", "Oui, au premier étage, près de la fenêtre.",
               "Parfait, je passe samedi. Merci pour votre patience, j’ai posé beaucoup de questions.",
               "À samedi\u202f! Demandez Hugo.",
           ))), channel="Messagerie", kind="question"),
    card("english", "The assistant told me the truth: the cheaper lamp was the better one for my desk.",
         reply("Thank you, Sam will be glad to read this.", name="Léa, store manager"), stars=5, author="Ann"),
    card("very-long", (PARAGRAPH * 14).strip(), reply("Merci de ce long récit. Nous vous appelons."),
         kind="complaint"),
    card("fresh", "La nouvelle rampe est bien pratique avec la poussette.", reply("Merci\u202f!", at=at(seconds=20)),
         approved_at=at(seconds=10), published_at=at(minutes=2), kind="thanks"),
)  # fmt: skip
BY_NAME: Final = {card.id: card for card in CARDS}
