"""The whole way, with four people at four browsers: written on a phone, approved at the desk, painted on the
screen within a second, answered from the tablet, taken down. In both languages; in the clear and over TLS."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.async_api import Browser, Cookie, Page, expect
from playwright.async_api import TimeoutError as Late

from displays.i18n import t
from tests.support.chromium import chromium
from tests.support.engines import free_port
from tests.support.process import running

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOST: Final = "wall.example"
SIZES: Final = {"write": (390, 844), "desk": (1280, 800), "screen": (1920, 1080), "tablet": (800, 1280)}
COOKIES: Final = {"write": (), "desk": ("session",), "screen": ("device",), "tablet": ("session",)}
WORDS: Final = {
    "fr": ("La musique du rayon enfants est vraiment trop forte.", "C'est baissé depuis ce matin, merci !"),
    "en": (
        "The music in the children's corner is far too loud.",
        "We turned it down this morning, thank you!",
    ),
}
# The browser's clock when the card is, or no longer is, in a painted frame.
PAINTED: Final = """([id, there]) => new Promise((done) => {
  const look = () => {
    const found = document.querySelector(`article[data-message="${id}"]`) !== null;
    requestAnimationFrame(found === there ? () => done(Date.now()) : look);
  };
  look();
})"""


@dataclass(frozen=True)
class Shop:
    """A running demonstration, and the browser that reaches it."""

    browser: Browser
    links: dict[str, str]
    secure: bool

    @asynccontextmanager
    async def person(self, surface: str, language: str) -> AsyncIterator[Page]:
        """Somebody's own browser, at one of the four links; whatever the page complains about fails."""
        width, height = SIZES[surface]
        context = await self.browser.new_context(viewport={"width": width, "height": height}, locale=language)
        complaints: list[str] = []
        try:
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            await page.goto(self.links[surface])
            await expect(page.locator("html")).to_have_attribute("lang", language)
            yield page
            self.check(surface, await context.cookies())
            assert complaints == []
        finally:
            await context.close()

    def check(self, surface: str, cookies: list[Cookie]) -> None:
        """Over TLS no other host or path can set them. Who writes needs none."""
        prefix = "__Host-" if self.secure else ""
        assert {cookie.get("name") for cookie in cookies} == {prefix + name for name in COOKIES[surface]}
        for cookie in cookies:
            assert cookie.get("httpOnly")
            assert cookie.get("path") == "/"
            assert cookie.get("secure", False) == self.secure


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["plain", "tls"])
async def shop(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("demo")
    async with AsyncExitStack() as stack:
        port, settings = free_port(), ""
        if request.param == "tls":
            settings, key = _behind_tls(folder, port)
            # This one key is trusted, for this one name: nothing else about certificates is switched off.
            trust = f"--ignore-certificate-errors-spki-list={key}"
            mapped = f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
            browser = await stack.enter_async_context(chromium(trust, mapped))
        demo = running(folder, "demo", "--still", settings=settings, port=port)
        yield Shop(browser, (await stack.enter_async_context(demo)).ready, bool(settings))


def _behind_tls(folder: Path, port: int) -> tuple[str, str]:
    """Its own certificate for another host name: the settings, and the key's hash as browsers name it."""
    leaf = trustme.CA().issue_cert(HOST)
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    for pem in leaf.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    public = load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    settings = f"""
[server]
public_url = "https://{HOST}:{port}"
tls_cert = "{folder / "cert.pem"}"
tls_key = "{folder / "key.pem"}"
"""
    return settings, b64encode(sha256(spki).digest()).decode()


async def choose(page: Page, said: str) -> str:
    """Opens the message at the desk or on the tablet, live: without loading the page again. Its id."""
    line, fresh = page.locator(".line", has_text=said), page.locator("#fresh")
    async with asyncio.timeout(20):
        while not await line.count():
            if await fresh.is_visible():
                with suppress(Late):  # the list was drawn anew, with the line in it, before we could press
                    await fresh.click(timeout=1000)
            await asyncio.sleep(0.02)  # between two looks
    await line.click()
    await expect(page.locator("#stage")).to_contain_text(said)
    ident = await page.locator("#stage").get_attribute("data-message")
    assert ident
    return ident


async def seconds_until(screen: Page, ident: str, there: bool, desk: Page, verb: str, *keys: str) -> float:
    """From the moment when the desk sends its decision, made by ``keys``, to the screen's painted frame."""
    painted = asyncio.create_task(screen.evaluate(PAINTED, [ident, there]))
    async with desk.expect_request(f"**/messages/{ident}/{verb}") as sent:
        for key in keys:
            await desk.keyboard.press(key)
    request = await sent.value
    await request.response()
    return float(await asyncio.wait_for(painted, 10) - request.timing["startTime"]) / 1000


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_way_of_a_message(shop: Shop, language: str) -> None:
    said, answer = WORDS[language]
    async with AsyncExitStack() as stack:
        phone, desk, screen, tablet = [
            await stack.enter_async_context(shop.person(surface, language))
            for surface in ("write", "desk", "screen", "tablet")
        ]
        await screen.wait_for_function("() => document.documentElement.dataset.state === 'live'")

        await phone.get_by_label(t(language, "write.text")).fill(said)
        await phone.locator('input[name="consent"]').check()
        await phone.get_by_role("button", name=t(language, "write.send")).click()
        await phone.wait_for_url("**/receipt/*")

        message = await choose(desk, said)
        assert await seconds_until(screen, message, True, desk, "approve", "f") < 1  # P6
        card = screen.locator(f'article[data-message="{message}"]')
        await expect(card).to_contain_text(said)

        await choose(tablet, said)
        await tablet.get_by_label(t(language, "tablet.your_answer")).fill(answer)
        await tablet.get_by_role("button", name=t(language, "tablet.publish"), exact=True).click()
        await expect(card).to_contain_text(answer)
        await expect(card).to_contain_text(said)  # beside it, not in its place

        await desk.click("#tab-approved")
        await choose(desk, said)
        await desk.keyboard.press("d")
        await desk.click('[data-focus="whole"]')
        assert await seconds_until(screen, message, False, desk, "withdraw", "8") < 1  # P6
        assert await screen.evaluate("document.documentElement.dataset.state") == "live"
