"""Files that our pages load, all of them from us."""

from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

WEB: Final = Path(__file__).parents[1] / "web"
_LIBRARIES: Final = WEB / "node_modules"

# Of the libraries only what a page names: `npm ci` in `api/web` puts them there.
_DASHBOARD: Final = {
    "candelabra": WEB / "static",
    "dashboard": WEB / "dashboard",
    "graphql-ws": _LIBRARIES / "graphql-ws" / "dist",
    "lightweight-charts": _LIBRARIES / "lightweight-charts" / "dist",
}
_GRAPHIQL: Final = {
    "graphiql": _LIBRARIES / "graphiql",
    "react": _LIBRARIES / "react" / "umd",
    "react-dom": _LIBRARIES / "react-dom" / "umd",
}


class _Files(StaticFiles):
    """Browsers ask each time whether a file changed, so that no page runs with files of two versions."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def asset_routes(*, serves_graphiql: bool) -> list[BaseRoute]:
    folders = _DASHBOARD | (_GRAPHIQL if serves_graphiql else {})
    return [Mount(f"/assets/{name}", _Files(directory=folder, check_dir=False)) for name, folder in folders.items()]
