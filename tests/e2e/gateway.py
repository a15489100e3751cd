"""One address for three services that each have their own, as a reverse proxy in front of an installation gives it.

It also answers for the development identity's addresses, which the `mandate` command asks for tokens.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mandate_local.processes import free_port

HOP_BY_HOP = {"connection", "content-length", "content-encoding", "transfer-encoding", "host", "keep-alive"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Gateway:
    """Serves `/<service>/...` from the ports given."""

    def __init__(self, ports: Mapping[str, int], token: Callable[[str], str], personas: Mapping[str, str]) -> None:
        self.port = free_port()
        self._ports = ports
        self._token = token
        self._personas = personas
        routes = [
            Route("/identity/token", self._sign_in, methods=["POST"]),
            Route("/identity/personas", self._people),
            Route("/{service}/{path:path}", self._forward, methods=METHODS),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=self.port, log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(30)

    async def _sign_in(self, request: Request) -> JSONResponse:
        persona = (await request.json())["persona"]
        return JSONResponse({"access_token": self._token(persona), "token_type": "Bearer", "expires_in": 3600})

    async def _people(self, _: Request) -> JSONResponse:
        items = [{"name": name, "role": name, "person": person} for name, person in self._personas.items()]
        return JSONResponse({"items": items, "next": None})

    async def _forward(self, request: Request) -> Response:
        port = self._ports[request.path_params["service"]]
        address = f"http://127.0.0.1:{port}/{request.path_params['path']}?{request.url.query}"
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.request(request.method, address, headers=headers, content=await request.body())
        kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return Response(answer.content, answer.status_code, kept)
