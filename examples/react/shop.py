"""The built shop and Teahouse, on one origin: `uvicorn --app-dir examples/react --factory shop:app`."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from teahouse import Settings, Teahouse

DIST = Path(__file__).parent / "dist"


def app(settings: Settings | None = None) -> FastAPI:
    """The shop's page at `/`, its files in `/shop`; everything else is the chat's."""
    shop = FastAPI()
    shop.mount("/shop", StaticFiles(directory=DIST / "shop"))

    @shop.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(DIST / "index.html")

    shop.mount("/", Teahouse(settings=settings).app)
    return shop
