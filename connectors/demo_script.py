"""What the demo's customers say. Fiction: Maison Lumière sells lamps and furniture, and none of these people exist.

Owns the words. Must not know how or when they are told (`demo`). Three stories, one a channel: `avis` (reviews),
`chat` (a chat tool that sends both sides), `forum` (posts, in English too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from moderation.domain import By, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that reaches us. `ago`: how many days before was the experience it speaks of."""

    key: str
    text: str = ""
    name: str | None = None
    event: Event = "created"
    revision: int | None = None
    thread: str | None = None
    by: By = "author"
    kind: str | None = None
    stars: int | None = None
    ago: int | None = None
    private: bool = False
    consented: bool = False
    format: Literal["text", "html"] = "text"
    at_once: bool = False  # together with the line before


_LONG: Final = """\
Je vous écris longuement, parce que l’histoire le mérite et que je ne veux pas être injuste.

En mars, nous avons choisi chez vous trois suspensions « Opale » pour l’escalier d’une maison ancienne. Le conseil \
a été remarquable : le vendeur, Karim, est descendu chercher les modèles en réserve, les a branchés, a éteint les \
lumières du rayon pour nous montrer la couleur le soir, et nous a déconseillé le modèle le plus cher, trop lourd \
pour notre plafond. Voilà ce qu’on attend d’un magasin, et qu’aucun site ne fera.

La livraison, en revanche… Premier rendez-vous un mardi, entre 8 h et 13 h : personne. J’appelle, on me dit \
que le camion est en panne. Deuxième rendez-vous le vendredi : le livreur sonne, mais n’a que deux cartons sur \
trois. Troisième rendez-vous dix jours plus tard : le carton est là, et le verre est fêlé. À chaque fois j’ai posé \
une demi-journée. À chaque fois, quelqu’un d’aimable m’a répondu au téléphone sans rien pouvoir décider.

C’est Léa, à l’accueil, qui a tout débloqué en cinq minutes : elle a pris le modèle d’exposition, l’a emballé \
elle-même et l’a fait porter chez nous le soir. Les trois lampes sont posées depuis l’été. Elles sont superbes, la \
lumière est douce, les enfants n’ont plus peur de l’escalier.

Alors que noter ? Le magasin, cinq étoiles. La livraison, une seule. Il faudrait que les gens qui répondent au \
téléphone aient le droit de réparer ce qui ne va pas : Léa l’avait, et cela change tout.
"""

_CHAT: Final = (
    Said(
        key="c1-1",
        thread="c1",
        text="Bonjour, ma suspension « Opale » clignote depuis que j’ai changé le variateur. C’est grave ?",
        name="Inès",
        kind="question",
        private=True,
    ),
    Said(
        key="c1-2",
        thread="c1",
        by="place",
        text="Bonjour Inès ! Non, rien de dangereux : le variateur attend sans doute une charge plus forte. "
        "Quelle puissance a votre ampoule ?",
        name="Karim",
        private=True,
    ),
    Said(key="c1-3", thread="c1", text="4 W, une LED.", name="Inès", private=True),
    Said(
        key="c1-4",
        thread="c1",
        by="place",
        text="C’est cela. Passez avec le variateur, on vous l’échange contre un modèle pour LED, sans frais.",
        name="Karim",
        private=True,
    ),
)

STORIES: Final[Mapping[str, tuple[Said, ...]]] = {
    "avis": (
        Said(
            key="merci-karim",
            text="Merci à Karim, rayon suspensions : il a pris le temps de tout brancher pour que je voie la "
            "différence entre 2 700 et 4 000 kelvins. Je suis reparti avec moins cher que prévu !",
            name="Étienne",
            stars=5,
            ago=2,
        ),
        Said(
            key="attente-caisse",
            text="Vingt-cinq minutes de caisse un samedi, deux caisses ouvertes sur six. J’ai posé mes trois ampoules "
            "et je suis parti. Vous ne pouvez pas vendre de la lumière et laisser les gens dans le noir.",
            name="Nadia B.",
            stars=1,
            ago=1,
        ),
        Said(
            key="idee-piles",
            text="Une idée : un bac pour rapporter les ampoules usées juste à l’entrée, pas au fond du parking. "
            "Je les garde dans un tiroir depuis deux ans faute de savoir où les mettre.",
            name="Colette",
            kind="idea",
        ),
        Said(key="trois-etoiles", name="M.", stars=3, ago=4),
        Said(
            key="faute-de-frappe",
            text="La lampe de bureau Héron est parfaire, je l’ai depuis un an. Dommage que la notice soit illisible.",
            name="Hugo",
            stars=4,
            ago=365,
        ),
        Said(
            key="telephone",
            text="Ma commande 48213 devait arriver lundi. Toujours rien, et personne ne rappelle. Vous pouvez me "
            "joindre au 06 39 98 12 34 ou à nadege.perrin@exemple.fr, après 18 h.",
            name="Nadège Perrin",
            kind="complaint",
            ago=3,
        ),
        Said(
            key="faute-de-frappe",
            event="edited",
            revision=2,
            text="La lampe de bureau Héron est parfaite, je l’ai depuis un an. Dommage que la notice soit illisible.",
            name="Hugo",
            stars=4,
            ago=365,
        ),
        Said(
            key="insulte",
            text="Le gars du SAV, celui avec la barbe, est un vrai connard. Il m’a ri au nez quand j’ai demandé un "
            "remboursement pour un variateur qui grille tous les deux mois.",
            name="DarkVador38",
            stars=1,
            ago=6,
        ),
        Said(key="recit", text=_LONG, name="Solène et Marc", stars=4, ago=120),
        Said(
            key="question-pmr",
            text="Est-ce que l’étage est accessible en fauteuil ? L’ascenseur était en panne en octobre et personne "
            "n’a su me dire jusqu’à quand.",
            name="Jeanne",
            kind="question",
            ago=30,
        ),
        Said(
            key="regret",
            text="Service nul, je déconseille à tout le monde.",
            name="anonyme",
            stars=1,
        ),
        Said(
            key="html",
            text="<p>Bravo pour la vitrine de Noël&nbsp;!</p><p>Ma fille l’appelle «&nbsp;le magasin des étoiles "
            "&lt;3&nbsp;».<br>On repasse exprès tous les soirs.</p>",
            name="Yann",
            format="html",
            kind="thanks",
        ),
        Said(
            key="vestiaire",
            text="Pourquoi fait-il si chaud dans votre magasin en hiver ? On vient en manteau, on repart en nage. Un "
            "vestiaire ou deux degrés de moins, ce serait gentil pour la planète et pour nous.",
            name="Béatrice",
            kind="idea",
            ago=1,
        ),
        Said(key="regret", event="deleted"),
        Said(
            key="merci-retour",
            text="Retour sans ticket, sans soupir et sans interrogatoire. Merci ! C’est pour ça que je reviens.",
            name="Aïcha",
            stars=5,
            ago=1,
        ),
        Said(
            key="prix",
            text="La même ampoule coûte 4 € de moins sur Internet. Je veux bien payer le conseil, mais ce jour-là "
            "il n’y avait personne pour en donner.",
            name="Philippe",
            stars=2,
            ago=8,
        ),
    ),
    "chat": (
        *_CHAT,
        Said(
            key="c1-5",
            thread="c1",
            text="Échange fait en dix minutes, plus un clignotement. Oui, vous pouvez afficher notre conversation, "
            "ça servira à d’autres !",
            name="Inès",
            private=True,
            consented=True,
        ),
        # The tool records the consent for the whole conversation: each turn comes again with it.
        *(replace(turn, consented=True, at_once=True) for turn in _CHAT),
        Said(
            key="c2-1",
            thread="c2",
            text="Hi, do you deliver to the hamlets above Saint-Égrève? The site says no, your colleague said yes.",
            name="Tom",
            kind="question",
            private=True,
        ),
        Said(
            key="c2-2",
            thread="c2",
            by="place",
            text="Hello Tom, yes we do, on Thursdays. The site only knows the town; I have told the web team.",
            name="Léa",
            private=True,
        ),
    ),
    "forum": (
        Said(
            key="restored",
            text="I brought in my grandmother’s brass lamp, expecting to be sold a new one. The workshop rewired "
            "it for 18 euros and wrapped it like a present. Thank you, Maison Lumière.",
            name="Eleanor",
            kind="thanks",
            ago=5,
        ),
        Said(
            key="opening",
            text="Are you open on the Sundays before Christmas? The door says one thing, the site another.",
            name="Daniel",
            kind="question",
        ),
        Said(
            key="bruit",
            text="La musique est si forte qu’on ne s’entend pas choisir. Mon père, qui porte un appareil, est ressorti "
            "au bout de cinq minutes. Une heure calme par semaine, est-ce trop demander ?",
            name="Florent",
            kind="complaint",
            ago=2,
        ),
        Said(
            key="broken-twice",
            text="Second desk lamp broken at the same joint in six months. I like the shape, I like the shop, but this "
            "hinge is not fit for use. Please talk to whoever makes it instead of just handing me a third one.",
            name="Priya",
            kind="complaint",
            ago=1,
        ),
        Said(
            key="atelier",
            text="Et si vous faisiez un atelier du mercredi pour apprendre aux enfants à monter une lampe ? Les miens "
            "s’inscriraient tout de suite (moi aussi).",
            name="Mehdi",
            kind="idea",
        ),
        Said(
            key="spam",
            text="LED strips -80% today only www.cheap-leds.example.com/promo use code WALL",
            name="best_deals_77",
        ),
        Said(
            key="repair",
            text="Idea: a small repair corner with a soldering iron and someone who knows how to use it. I would come "
            "every month.",
            name="Oskar",
            kind="idea",
        ),
        Said(
            key="merci-dame",
            text="À la dame aux cheveux gris du rayon abat-jour : vous avez passé une demi-heure avec ma mère, qui "
            "oublie tout, sans jamais lui faire sentir. Elle ne s’en souvient pas. Moi, si.",
            name="Vincent",
            kind="thanks",
            ago=1,
        ),
        Said(
            key="arabic",
            text="شكرا جزيلا على المساعدة، الموظفة شرحت لي كل شيء بصبر.",
            name="Samira",
            kind="thanks",
        ),
    ),
}
