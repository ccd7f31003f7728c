"""The project's own Reddit on loopback, and a channel that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.reddit import Reddit
from tests.connectors.channels import Channel
from tests.connectors.reddit_emulator import EmulatedReddit, serve


@pytest.fixture
def there() -> Iterator[EmulatedReddit]:
    with serve() as reddit:
        yield reddit


@pytest.fixture
def reddit(there: EmulatedReddit) -> Iterator[Reddit]:
    connector = Reddit(Channel(kind="reddit", slug="reddit", options=there.options()), settle=0.0)
    yield connector
    connector.close()
