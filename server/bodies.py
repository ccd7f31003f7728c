"""What a request carries, read and checked: JSON bodies, forms and query parameters.

Owns ``bad_json`` and ``too_large``. Must not know what the values mean.
"""

from __future__ import annotations

import json
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from moderation.delivered import parsed
from moderation.errors import BadRequest, TooLarge

BODY_LIMIT: Final = 64 * 1024
# 2,000 characters as a reader counts them may be 2,000 emoji families of 25 bytes, each byte three when encoded.
FORM_LIMIT: Final = 256 * 1024
Shape = TypeVar("Shape", bound=BaseModel)


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The raw body, refused as soon as it is known to be too large, not after it was gathered."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLarge(limit=limit)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise TooLarge(limit=limit)
            parts.append(part)
    except ClientDisconnect as gone:  # nobody hears the answer, and it is no mistake of ours to be logged
        raise BadRequest(field=None) from gone
    return b"".join(parts)


async def read_json(request: Request, shape: type[Shape], *, needed: bool = True) -> Shape:
    """The body as ``shape``, or ``bad_json`` naming the first field that is wrong."""
    raw = await read_body(request)
    if not raw.strip() and not needed:
        raw = b"{}"
    try:
        # Twice through JSON: lone surrogates, which Python reads and UTF-8 can't hold, fall away.
        sound = json.dumps(parsed(raw), ensure_ascii=False).encode("utf-8", "ignore")
    except ValueError as wrong:
        raise BadRequest(field=None) from wrong
    try:
        return shape.model_validate_json(sound)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else None
        raise BadRequest(field=name, expected=first["msg"]) from wrong


async def read_form(request: Request, limit: int = FORM_LIMIT) -> FormData:
    """The fields of a form, without files."""
    if _charset(request) not in (b"utf-8", b"us-ascii"):
        raise BadRequest(field=None)
    raw = await read_body(request, limit)

    async def replay() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    try:
        return await Request(request.scope, replay).form(max_files=0, max_fields=100)
    except HTTPException as wrong:
        raise BadRequest(field=None) from wrong


def _charset(request: Request) -> bytes:
    """Starlette decodes with whichever the sender names, and Python has some that take the square of the length."""
    _, options = parse_options_header(request.headers.get("content-type"))
    return options.get(b"charset", b"utf-8").lower()


def text_of(form: FormData, name: str, most: int = 200, *, trim: bool = True) -> str:
    """One field, trimmed; missing is empty, longer than ``most`` is ``bad_json``."""
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(field=name)
    return value.strip() if trim else value


def typed(form: FormData, *names: str) -> dict[str, str]:
    """What was typed, to be shown again, whole: what was too long could not be shortened else.

    Of boxes that share a name, those that were ticked, with a blank between.
    """
    return {name: " ".join(each for each in form.getlist(name) if isinstance(each, str)) for name in names}


def number_of(raw: str | None, name: str, default: int, least: int, most: int) -> int:
    """A whole number of a query or a form, within bounds."""
    if raw is None or raw == "":
        return default
    if not raw.isascii() or not raw.isdecimal() or not least <= int(raw[:20]) <= most:
        raise BadRequest(field=name, expected=f"{least}-{most}")
    return int(raw)
