"""Pages for browsers: what they hold, and what they may load."""

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse

from api.http.assets import WEB

# Nothing from another host, and no script that is not a file of ours.
_OURS: Final = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
_DASHBOARD_POLICY: Final = f"{_OURS}; style-src 'self'; img-src 'self'; frame-ancestors 'none'"
# GraphiQL's editor sets styles of its own, and brings its pictures and fonts as data.
_GRAPHIQL_POLICY: Final = (
    f"{_OURS}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"
)


async def dashboard(_: Request) -> FileResponse:
    return _page("dashboard.html", _DASHBOARD_POLICY)


def graphiql() -> FileResponse:
    return _page("graphiql.html", _GRAPHIQL_POLICY)


def _page(name: str, policy: str) -> FileResponse:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(WEB / name, headers=headers)
