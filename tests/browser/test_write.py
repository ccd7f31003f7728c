"""A customer's phone: one form without script, and the receipt that tells what became of it (P9)."""

from __future__ import annotations

import pytest
from playwright.async_api import Response, expect

from tests.browser.house import PHONE, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST = 60_000  # bytes of a first load


@pytest.mark.parametrize(
    ("language", "thanks"), [("fr-FR", "Nous l’avons reçu."), ("en-GB", "We have received it.")]
)
async def test_a_message_is_written_without_script_or_account(
    house: House, language: str, thanks: str
) -> None:
    async with house.at("/write/grenoble", size=PHONE, language=language, java_script_enabled=False) as page:
        assert await page.context.cookies() == []
        await page.fill("#text", f"Écrit sans script 😀 {language}")
        await page.check('[name="kind"][value="idea"]')
        await page.check('[name="stars"][value="4"]')
        await page.fill("#name", "Zoé")
        await page.check('[name="consent"]')
        await page.click("button.first")
        await page.wait_for_url("**/receipt/*")
        await expect(page.locator(".step").first).to_have_text(thanks)
        await expect(page.locator(".said .words")).to_have_text(f"Écrit sans script 😀 {language}")
    sent = [
        m
        for m in await house.product.messages(state="pending")
        if m["text"] == f"Écrit sans script 😀 {language}"
    ]
    assert [(m["author"]["name"], m["declared"]) for m in sent] == [("Zoé", {"stars": 4, "kind": "idea"})]


async def test_the_first_load_is_under_sixty_kilobytes(house: House) -> None:
    async with house.at("/write/grenoble", size=PHONE) as page:
        responses: list[Response] = []
        page.on("response", lambda response: responses.append(response))
        await page.reload(wait_until="networkidle")
        sizes = [await response.request.sizes() for response in responses]
        weights = [each["responseBodySize"] + each["responseHeadersSize"] for each in sizes]
        assert len(weights) > 3
        assert sum(weights) < MOST, sum(weights)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


async def test_what_was_typed_survives_a_refused_form(house: House) -> None:
    async with house.at("/write/grenoble", size=PHONE, java_script_enabled=False) as page:
        long = "trop " * 401 + "long"
        await page.fill("#text", long)
        await page.fill("#name", "Zoé")
        await page.check('[name="kind"][value="question"]')
        await page.check('[name="consent"]')
        await page.click("button.first")
        await expect(page.locator("#text-error")).to_contain_text("2000")
        await expect(page.locator("#text")).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#text")).to_have_value(long)
        await expect(page.locator("#name")).to_have_value("Zoé")
        await expect(page.locator('[name="kind"][value="question"]')).to_be_checked()
        await page.fill("#text", "Plus court.")
        await page.click("button.first")
        await page.wait_for_url("**/receipt/*")


@pytest.mark.parametrize("script", [True, False])
async def test_an_empty_page_is_answered_in_our_words_at_the_field(house: House, script: bool) -> None:
    async with house.at("/write/grenoble", size=PHONE, java_script_enabled=script) as page:
        await page.click("button.first")
        await expect(page.locator("#text-error")).to_have_text(
            "Écrivez quelques mots, ou donnez des étoiles."
        )
        await expect(page.locator("#text")).to_be_focused()
        await page.fill("#text", "Un mot.")
        await page.click("button.first")
        await expect(page.locator("#consent-error")).to_contain_text("Cochez la case")
        await expect(page.locator('[name="consent"]')).to_be_focused()


async def test_the_room_left_is_said_when_it_gets_short(house: House) -> None:
    async with house.at("/write/grenoble", size=PHONE) as page:
        await page.fill("#text", "Court.")
        await expect(page.locator("#count")).to_be_empty()
        await page.fill("#text", "👍🏽" * 1990)
        await expect(page.locator("#count")).to_have_text("Encore 10 caractères.")


async def test_a_text_that_is_too_long_comes_back_with_its_count(house: House) -> None:
    async with house.at("/write/grenoble", size=PHONE) as page:
        await page.fill("#text", "a" * 2003)
        await page.check('[name="consent"]')
        await page.click("button.first")
        await expect(page.locator("#text-error")).to_be_visible()
        await expect(page.locator("#count")).to_have_text("3 caractères de trop.")


async def test_p4_the_receipt_shows_what_hangs_and_what_is_masked(house: House) -> None:
    text = "Appelez le 06 12 34 56 78, merci"
    receipt = await house.product.write(text, name="Camille Dupont")
    message = next(m for m in await house.product.messages(state="pending") if m["text"] == text)
    body = {"revision": 1, "masks": [[11, 25]], "mask_author": True}
    await house.product.post(f"messages/{message['id']}/approve", body)
    async with house.at(receipt, size=PHONE, java_script_enabled=False) as page:
        await expect(page.locator(".steps")).to_contain_text("Affiché au mur, avec des passages masqués.")
        hangs = page.locator(".said.hangs")
        await expect(hangs.locator(".words")).to_have_text("Appelez le ██████, merci")
        await expect(hangs.locator(".name")).to_have_text("██████")
        yours = page.locator(".said:not(.hangs)")
        await expect(yours.locator(".words")).to_have_text(text)
        await expect(yours.locator("u")).to_have_text(["06 12 34 56 78", "Camille Dupont"])


async def test_p9_the_receipt_tells_shown_and_answered(house: House) -> None:
    receipt = await house.product.write("Une question pour le reçu", kind="question")
    message = next(
        m for m in await house.product.messages(state="pending") if m["text"] == "Une question pour le reçu"
    )
    async with house.at(receipt, size=PHONE, java_script_enabled=False) as page:
        await expect(page.locator(".steps .next")).to_have_text("Une personne va le lire.")
        await house.product.post(f"messages/{message['id']}/approve", {"revision": 1})
        await page.reload()
        await expect(page.locator(".steps")).to_contain_text("Affiché au mur.")
        reply = {"place": "grenoble", "text": "Oui, dès mardi.", "stance": "done", "nonce": "receipt"}
        await house.product.post(f"messages/{message['id']}/replies", reply, "manager")
        await page.reload()
        await expect(page.locator(".answer .words")).to_have_text("Oui, dès mardi.")
        await expect(page.locator(".answer .stamp")).to_have_text("C’est fait")
        await expect(page.locator(".link a")).to_have_attribute("href", house.product.url + receipt)


async def test_the_receipts_link_can_be_copied(house: House) -> None:
    receipt = await house.product.write("Un lien à garder")
    address = house.product.url + receipt
    async with house.at(receipt, size=PHONE, permissions=["clipboard-read", "clipboard-write"]) as page:
        await page.click("text=Copier")
        await expect(page.locator("button.copy")).to_have_text("Copié")
        assert await page.evaluate("() => navigator.clipboard.readText()") == address
    async with house.at(receipt, size=PHONE, java_script_enabled=False) as page:
        await expect(page.locator(".link a")).to_have_text(address)
        await expect(page.locator("button")).to_have_count(0)


async def test_p9_the_receipt_tells_why_and_which_passage(house: House) -> None:
    text = "😀 Appelez le 06 12 34 56 78"
    receipt = await house.product.write(text)
    message = next(m for m in await house.product.messages(state="pending") if m["text"] == text)
    at = text.index("06")
    body = {"revision": 1, "reason": "personal-data", "passage": [at, at + 14]}
    await house.product.post(f"messages/{message['id']}/refuse", body)
    async with house.at(receipt, size=PHONE, java_script_enabled=False) as page:
        await expect(page.locator(".steps")).to_contain_text("Données personnelles")
        await expect(page.locator("blockquote.passage")).to_have_text("06 12 34 56 78")


async def test_p12_what_a_customer_types_is_inert_on_their_own_pages(house: House) -> None:
    text = "</textarea><script>alert(1)</script><img src=x onerror=alert(2)>"
    async with house.at("/write/grenoble", size=PHONE) as page:
        page.on("dialog", lambda _: pytest.fail("a script ran"))
        await page.fill("#text", text)
        await page.fill("#name", text[:60])
        await page.evaluate("document.querySelector('[name=consent]').required = false")
        await page.click("button.first")
        await expect(page.locator("#consent-error")).to_be_visible()
        await expect(page.locator("#text")).to_have_value(text)
        await page.check('[name="consent"]')
        await page.click("button.first")
        await page.wait_for_url("**/receipt/*")
        assert await page.locator(".said .words").text_content() == text
        assert await page.locator(".said img, .said script").count() == 0
