"""openapi.json, drawn from the table of rows and the shapes.

Owns the document and what a row of the table says. Must not know what a call does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from server.shapes import ProblemJson

Access = Literal["caller", "signature", "public"]
Endpoint = Callable[[Request], Awaitable[Response]]
BASE: Final = "/api/v1"
_REFERENCE: Final = "#/components/schemas/{model}"
_SECURITY: Final[Mapping[Access, list[dict[str, list[str]]]]] = {
    "caller": [{"token": []}, {"session": [], "csrf": []}],
    "signature": [{"signature": [], "timestamp": []}],
    "public": [],
}
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "signature": {"type": "apiKey", "in": "header", "name": "X-Complicity-Signature"},
    "timestamp": {"type": "apiKey", "in": "header", "name": "X-Complicity-Timestamp"},
}
_REASONS: Final = {
    400: "The body or a parameter is not what the call takes",
    401: "Not signed in, or the signature does not hold",
    403: "This role may not do this",
    404: "No such thing, or another place's",
    409: "The message is no longer where the caller believed it to be",
    413: "The body is too large",
    422: "Well formed, but it can't be accepted",
    429: "Too many tries; see Retry-After",
    503: "The engine does not answer; nothing acknowledged is lost",
}


@dataclass(frozen=True, slots=True)
class Query:
    name: str
    what: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One call of CONTRACT.md. ``errors`` are the statuses that it may answer with a problem."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str  # below BASE
    name: str
    what: str
    endpoint: Endpoint
    _: KW_ONLY
    access: Access = "caller"
    query: tuple[Query, ...] = ()
    body: type[BaseModel] | None = None
    body_needed: bool = True
    answer: type[Any] | None = None  # a typed dict; None answers without a body
    status: int = 200
    errors: tuple[int, ...] = ()


def document(rows: Sequence[Row], *, title: str, server: str, cookie: str) -> dict[str, Any]:
    """The whole description. ``cookie`` is the name that the session's cookie has here."""
    shapes: list[type[Any]] = [ProblemJson, *(row.answer for row in rows if row.answer is not None)]
    bodies: list[type[Any]] = [row.body for row in rows if row.body is not None]
    schemas = _schemas(shapes, bodies)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": server + BASE}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {**_SCHEMES, "session": {**_SCHEMES["session"], "name": cookie}},
        },
    }


def _operation(row: Row) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.what,
        "security": _SECURITY[row.access],
        "responses": {str(row.status): _success(row)}
        | {str(status): _failure(status) for status in sorted({*row.errors, 503})},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", row.path)
    ] + [
        {"name": query.name, "in": "query", "description": query.what, "schema": dict(query.schema)}
        for query in row.query
    ]
    if parameters:
        operation["parameters"] = parameters
    if row.body is not None:
        operation["requestBody"] = {
            "required": row.body_needed,
            "content": {"application/json": {"schema": _reference(row.body)}},
        }
    return operation


def _success(row: Row) -> dict[str, Any]:
    if row.answer is None:
        return {"description": "Done"}
    return {
        "description": "Done",
        "content": {"application/json": {"schema": _reference(row.answer)}},
    }


def _failure(status: int) -> dict[str, Any]:
    return {
        "description": _REASONS[status],
        "content": {"application/problem+json": {"schema": _reference(ProblemJson)}},
    }


def _reference(shape: type[Any]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=shape.__name__)}


def _schemas(answers: Iterable[type[Any]], bodies: Iterable[type[Any]]) -> dict[str, Any]:
    """Every shape under its own name, those that they use beside them."""
    shapes = list(dict.fromkeys([*answers, *bodies]))
    _, definitions = GenerateJsonSchema(ref_template=_REFERENCE).generate_definitions(
        [(shape.__name__, "validation", TypeAdapter(shape).core_schema) for shape in shapes]
    )
    return dict(sorted(definitions.items()))
