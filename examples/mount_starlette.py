"""Teahouse in a Starlette application: `uvicorn examples.mount_starlette:app`, then open http://127.0.0.1:8000/chat/.

Without a lifespan of its own the Teahouse opens with the first request.
"""

from examples.server import ParrotServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from teahouse import Teahouse


async def home(_: Request) -> PlainTextResponse:
    """The application's own business."""
    return PlainTextResponse("Welcome to the tea shop. Ask us at /chat/")


app = Starlette(routes=[Route("/", home), Mount("/chat", Teahouse(server=ParrotServer).app)])
