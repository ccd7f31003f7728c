"""`promises.toml` is whole: each promise delivered so far has a mutant, and each mutant still fits the code."""

from __future__ import annotations

import pytest

from tests import mutants
from tests.mutants import Mutant

DELIVERED = {"P1", "P2", "P3", "P4", "P6", "P7", "P8", "P10", "P11", "P12"}


def test_every_promise_delivered_has_a_mutant() -> None:
    assert {mutant.promise for mutant in mutants.read()} >= DELIVERED


def test_no_two_mutants_share_a_name() -> None:
    names = [mutant.name for mutant in mutants.read()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("mutant", mutants.read(), ids=lambda mutant: mutant.name)
def test_a_mutant_still_applies(mutant: Mutant) -> None:
    assert mutant.applied(mutants.ROOT)
    assert (mutants.ROOT / mutant.test.split("::")[0]).exists()
