"""What every answer carries, and what no log holds."""

from __future__ import annotations

import asyncio
import logging
import socket

import httpx
import pytest
import uvicorn

from moderation.roster import Roster
from moderation.store import Store
from server.security import redact
from tests.support.houses import House, behind, house

PATHS = ("/sign-in", "/screen", "/write/grenoble", "/nothing", "/healthz", "/api/v1/messages", "/api/v1/openapi.json",
         "/qr/write/grenoble.svg", "/static/css/base.css", "/static/nothing.css", "/metrics")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_headers(home: House, path: str) -> None:
    async with home.browser() as browser:
        headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "connect-src 'self' ws://wall.test;" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"]
    assert "strict-transport-security" not in headers, "not over http"


async def test_p12_no_page_has_a_line_of_inline_script_or_style(home: House) -> None:
    import re

    async with home.browser("owner") as browser:
        for path in (
            "/sign-in",
            "/desk",
            "/tablet",
            "/admin",
            "/admin/tokens",
            "/screen",
            "/write/grenoble",
            "/x",
        ):
            page = (await browser.get(path, follow_redirects=True)).text
            for script in re.findall(r"<script[^>]*>", page):
                assert "src=" in script or 'type="application/json"' in script, (path, script)
            assert "<style" not in page, path
            assert not re.search(
                r"\son\w+=|\sstyle=", re.sub(r"<script.*?</script>", "", page, flags=re.S)
            ), path


@pytest.mark.parametrize("path", ["/desk/", "/static", "/write/grenoble/", "/api/v1/messages/"])
async def test_no_answer_sends_a_browser_to_the_host_that_a_request_made_up(home: House, path: str) -> None:
    """ASVS 5, 4.1.4: only `public_url` says where we are."""
    async with home.client(headers={"Host": "evil.example"}) as client:
        answer = await client.get(path)
    assert "evil.example" not in answer.headers.get("location", "")
    assert answer.status_code == 404


@pytest.mark.parametrize("charset", ["punycode", "undefined", "idna", "utf-16"])
async def test_a_form_can_not_choose_how_it_is_decoded(home: House, charset: str) -> None:
    """Some of Python's codecs take a quarter of a megabyte for 12 s, in which no screen hears of a removal."""
    body = b'--x\r\nContent-Disposition: form-data; name="text-"\r\n\r\nb-b\r\n--x--\r\n'
    for path in ("/write/grenoble", "/sign-in"):
        async with home.client(
            headers={"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        ) as client:
            assert (await client.post(path, content=body)).status_code == 400


async def test_under_https_the_sockets_and_hsts_follow(store: Store, roster: Roster) -> None:
    async with house(store, roster, behind("https://wall.example:8443")) as home, home.browser() as browser:
        headers = (await browser.get("/sign-in")).headers
    assert "connect-src 'self' wss://wall.example:8443;" in headers["content-security-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("/receipt/abcdef234567", "/receipt/…"),
        ("/enter/s3cret-of-the-demo", "/enter/…"),
        ("/setup/aaa/../bbb", "/setup/…"),
        ("/receipt/abc?lang=fr", "/receipt/…?…"),
        ("/sign-in?next=/receipt/abc", "/sign-in?…"),
        ('"GET /receipt/abc HTTP/1.1" 200', '"GET /receipt/… HTTP/1.1" 200'),
        ("/api/v1/messages", "/api/v1/messages"),
    ],
)
def test_a_line_of_a_log_without_its_secrets(line: str, kept: str) -> None:
    assert redact(line) == kept


async def test_secrets_never_reach_the_access_log(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """A real uvicorn, with its own access log."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(home.app, loop="asyncio", lifespan="off", log_config=None, access_log=True)
    server = uvicorn.Server(config)
    caplog.set_level(logging.INFO)
    # Another test's uvicorn may have cut this logger off from the root one.
    access = logging.getLogger("uvicorn.access")
    access.addHandler(caplog.handler)
    access.setLevel(logging.INFO)
    task = asyncio.create_task(server.serve([listening]))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
            for path in (
                "/receipt/s3cret-one",
                "/enter/s3cret-two",
                "/setup/s3cret-three?x=s3cret-four",
                "/healthz",
            ):
                await client.get(path)
    finally:
        server.should_exit = True
        await task
        access.removeHandler(caplog.handler)
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert "GET /healthz" in said
    assert "GET /receipt/…" in said
    assert "s3cret" not in said
