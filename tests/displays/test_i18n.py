"""Both languages say the same things, and French is set as French is set."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from displays import i18n

LOCALES = Path(i18n.__file__).parent / "locales"
SURFACES = sorted({path.name for path in LOCALES.glob("*/*.json")})


def read(language: str, surface: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((LOCALES / language / surface).read_text("utf-8"))
    return found


@pytest.mark.parametrize("surface", SURFACES)
def test_both_languages_have_the_same_keys_and_places(surface: str) -> None:
    french, english = read("fr", surface), read("en", surface)
    assert sorted(french) == sorted(english)
    for key, text in french.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_keys_begin_with_their_file_and_are_sorted(language: str, surface: str) -> None:
    keys = list(read(language, surface))
    assert keys == sorted(keys)
    assert all(key.startswith(surface.removesuffix("json")) for key in keys)


@pytest.mark.parametrize("surface", SURFACES)
def test_french_marks_stand_after_a_narrow_no_break_space(surface: str) -> None:
    for key, text in read("fr", surface).items():
        prose = re.sub(r"https?:\S+|\d:\d|{\w+}:{\w+}", "", text)
        assert not re.search(r"(?<!\u202f)[;!?»](?![\w])|(?<!\u202f):(?!//)|«(?!\u202f)", prose), key
        assert "'" not in prose, f"{key}: the apostrophe is ’"


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_number_is_parted_from_what_it_counts(language: str, surface: str) -> None:
    for key, text in read(language, surface).items():
        assert not re.search(r"{n} \w|[\d}] (?:h|min|m|cm|mm)\b", text), key


def test_a_count_takes_its_form() -> None:
    assert i18n.t("fr", "shared.ago.days", n=0) == "il y a 0\u00a0jour"
    assert i18n.t("fr", "shared.ago.days", n=3) == "il y a 3\u00a0jours"
    assert i18n.t("en", "shared.stars", n=1) == "1\u00a0star out of 5"


def test_an_unknown_key_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        i18n.t("fr", "shared.nothing_of_the_kind")


def test_dates_as_a_newspaper_sets_them() -> None:
    when = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    today = date(2026, 11, 22)
    assert (
        i18n.moment(when, "fr", "Europe/Paris", today=today) == "samedi 21\u00a0novembre, 14\u00a0h\u00a005"
    )
    assert i18n.moment(when, "en", "Europe/Paris", today=today) == "Saturday 21\u00a0November, 14:05"
    assert i18n.day(date(2025, 12, 1), "fr", today=today) == "lundi 1er\u00a0décembre\u00a02025"
    assert i18n.stamp(when) == "2026-11-21T13:05:00Z"


def test_a_time_zone_is_called_by_its_city_and_country() -> None:
    assert i18n.zone("Europe/London", "fr") == "Londres (Royaume-Uni) – Europe/London"
    assert i18n.zone("Indian/Reunion", "en") == "Réunion – Indian/Reunion"
    assert i18n.zone("Etc/GMT+5", "fr") == "Etc/GMT+5"
    names = [
        name for name, _ in i18n.zones(["Etc/GMT", "Europe/Paris", "Europe/Athens", "Africa/Lagos"], "fr")
    ]
    assert names == ["Europe/Athens", "Africa/Lagos", "Europe/Paris", "Etc/GMT"]


# What a delivery that waits, failed or is unknown may say of itself.
DELIVERY_CODES = (
    "answer_lost", "channel_busy", "channel_unreachable", "credentials_refused", "delivery_unknown",
    "reply_refused", "reply_too_long", "source_closed", "thread_gone", "thread_locked",
)  # fmt: skip


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_tablet_has_a_sentence_for_whatever_happens_to_an_answer(language: str) -> None:
    for code in DELIVERY_CODES:
        said = i18n.t(language, f"tablet.delivery.why.{code}", channel="Reddit")
        assert said.endswith("."), code
        assert code not in said
