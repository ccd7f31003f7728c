"""How an error becomes an answer: one table from the tree of errors to HTTP.

Owns statuses, ``application/problem+json`` (RFC 9457) and which codes are said more broadly outside. Must not
know what any call does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from moderation.domain import Message
from moderation.errors import (
    TITLES,
    BadRequest,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    SignedOut,
    TooLarge,
    TooMany,
    Unavailable,
)
from server.representation import message_json
from server.shapes import ProblemJson


class MethodNotAllowed(Problem):
    """The address exists, the method does not."""

    code = "method_not_allowed"


STATUSES: Final[Mapping[type[Problem], int]] = {
    BadRequest: 400,
    SignedOut: 401,
    NotAllowed: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}

# CONTRACT.md closes the list of codes that programs meet. What the house knows more narrowly is said in
# ``params.why``, under the contract's code, so that nobody has to learn a new one.
BROADER: Final[Mapping[str, tuple[int, str]]] = {
    "wrong_password": (401, "not_signed_in"),
    "bad_csrf": (403, "not_allowed"),
    "form_expired": (403, "not_allowed"),
    "bad_origin": (403, "not_allowed"),
    "code_unknown": (404, "not_found"),
    "code_used": (404, "not_found"),
    "code_expired": (404, "not_found"),
    "code_length": (404, "not_found"),
    "code_missing": (422, "empty"),
    "diagonal_wrong": (400, "bad_json"),
    "distance_wrong": (400, "bad_json"),
    "measured_wrong": (400, "bad_json"),
    "screen_too_far": (400, "bad_json"),
    "hours_unreadable": (400, "bad_json"),
    "hours_overlap": (400, "bad_json"),
    "already_set_up": (404, "not_found"),
    "due_required": (400, "bad_json"),
    "because_required": (400, "bad_json"),
    "stance_unknown": (400, "bad_json"),
    "kind_unknown": (400, "bad_json"),
    "place_unknown": (404, "not_found"),
    "not_blank": (409, "conflict"),
    "minutes_unknown": (400, "bad_json"),
    "hours_unknown": (400, "bad_json"),
    "disk_full": (503, "engine_unavailable"),
}


def status_of(problem: Problem) -> int:
    for kind in type(problem).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return 500


def answered(problem: Problem) -> tuple[int, str]:
    """The status, and the code that programs know."""
    return BROADER.get(problem.kind) or (status_of(problem), problem.kind)


def problem_json(problem: Problem, language: str) -> ProblemJson:
    """The body of an error for a program: the contract's code, the sentence of the narrowest one."""
    status, code = answered(problem)
    params = {name: _plain(value) for name, value in problem.params.items()}
    if code != problem.kind:
        params["why"] = problem.kind
    return {"status": status, "code": code, "title": problem.title(language), "params": params}


def problem_response(problem: Problem, language: str) -> JSONResponse:
    body = problem_json(problem, language)
    return JSONResponse(
        body,
        status_code=body["status"],
        media_type="application/problem+json",
        headers=extra_headers(problem),
    )


def extra_headers(problem: Problem) -> dict[str, str]:
    """What the status obliges us to say beside the body."""
    if isinstance(problem, TooMany):
        return {"Retry-After": str(problem.params.get("retry_after", 60))}
    if isinstance(problem, Unavailable):
        return {"Retry-After": "2"}
    if isinstance(problem, SignedOut):
        return {"WWW-Authenticate": "Bearer"}
    return {}


def http_problem(status: int) -> Problem:
    """What the router refuses by itself (an unknown address, a wrong method), in our words."""
    if status == 404:
        return NotFound()
    if status == 413:
        return TooLarge()
    if status == 405:
        return MethodNotAllowed("method_not_allowed")
    return BadRequest() if status < 500 else Problem()


def language_of(connection: HTTPConnection, languages: tuple[str, ...]) -> str:
    """The caller's language: ``?lang=``, then the cookie, then Accept-Language, then the house's first."""
    for wanted in (connection.query_params.get("lang"), connection.cookies.get("lang")):
        if wanted in languages:
            return wanted
    return accepted(connection.headers.get("accept-language", ""), languages) or languages[0]


def accepted(header: str, languages: tuple[str, ...]) -> str | None:
    """The best of ours that an Accept-Language header asks for (RFC 9110, 12.5.4), if any."""
    asked: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        asked.append((quality, tag.strip().lower().partition("-")[0]))
    asked.sort(key=lambda pair: -pair[0])
    return next((tag for quality, tag in asked if quality > 0 and tag in languages), None)


def _plain(value: object) -> object:
    if isinstance(value, Message):
        return message_json(value)
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


assert set(BROADER) <= set(TITLES)  # noqa: S101 - a narrower code without a sentence would say "problem"
