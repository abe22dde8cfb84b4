"""Files that our pages load, all of them from us."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

_WEB: Final = Path(__file__).parent / "web"

# Below node_modules only what a page names: `npm ci` in `api/web` puts it there.
_FOLDERS: Final = {
    "candelabra": _WEB / "static",
    "graphiql": _WEB / "node_modules" / "graphiql",
    "react": _WEB / "node_modules" / "react" / "umd",
    "react-dom": _WEB / "node_modules" / "react-dom" / "umd",
}


def asset_routes() -> list[BaseRoute]:
    return [
        Mount(f"/assets/{name}", StaticFiles(directory=folder, check_dir=False)) for name, folder in _FOLDERS.items()
    ]
