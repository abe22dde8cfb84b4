"""GraphQL over HTTP as the audits of graphql-http see it, those for MUST, SHOULD and MAY."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.api.process import Process
from tests.clients.conftest import Run

pytestmark = pytest.mark.timeout(300)  # the first installs the clients

# By both media types, and by POST and GET: the query with which they find out whether a map of variables arrives asks
# for `__type`, which production does not tell.
_ABOUT_INTROSPECTION: Final = {"2EA1", "28B9", "D6D5", "6A70"}


def refused(audits: list[Mapping[str, Any]]) -> dict[str, str]:
    return {audit["id"]: f"{audit['name']}: {audit['reason']}" for audit in audits if audit["status"] != "ok"}


def test_every_audit_is_passed(run: Run, development: Process) -> None:
    """Sixty-one of sixty-one, without a word about any."""
    audits = run("audits.js", f"{development.url}/graphql", "")

    assert (len(audits), refused(audits)) == (61, {})


def test_production_passes_those_that_do_not_ask_for_the_schema(run: Run, production: Process, key: str) -> None:
    """It tells nobody its schema; everything else is as in development."""
    audits = run("audits.js", f"{production.url}/graphql", key)

    assert len(audits) == 61
    assert refused(audits).keys() == _ABOUT_INTROSPECTION, refused(audits)
    assert all("{variables}" in reason for reason in refused(audits).values())
