"""The web application: routes, lifespan, and the guard round all of them."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streetchief import __version__
from streetchief.accounts.model import SessionLimits
from streetchief.city import City, shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import Forbidden, StreetChiefError
from streetchief.settings import Settings
from streetchief.storage.engine import open_engine
from streetchief.web.api import (
    accounts,
    audit,
    cases,
    deadline,
    evaluation,
    features,
    handovers,
    health,
    joins,
    lifecycle,
    notices,
    patrolrecords,
    patrols,
    rematch,
    session,
    steps,
    tasks,
    why,
)
from streetchief.web.errors import INTERNAL_STATUS, add_handlers, answer
from streetchief.web.pages import heatmap, home
from streetchief.web.refusals import record_refusal

LOG = logging.getLogger("streetchief.web")
OUR_HOSTS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
ROOMS = (
    health, session, lifecycle, cases, steps, handovers, tasks, notices, deadline, features, why, audit, accounts,
    patrols, patrolrecords, rematch, joins, evaluation,
    home, heatmap,
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cache-Control": "no-store",
}


def from_environment() -> FastAPI:
    """The application as the environment sets it up: what the server starts by its import string."""
    settings = Settings.from_environment()
    return create_app(settings, read_city(settings.city_file or shipped_city_file()))


def create_app(settings: Settings, city: City) -> FastAPI:
    """The application of one city.  It opens (and migrates) its database when it starts and lets go when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = open_engine(
            database_url=settings.database_url,
            data_dir=settings.data_dir,
            postgres_bin=settings.postgres_bin,
            database=f"streetchief_{city.code}",
        )
        yield
        app.state.engine.dispose()

    # the documentation pages of FastAPI ask another host for their scripts: only the schema is served
    app = FastAPI(title="streetchief", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.city = city
    app.state.session_limits = SessionLimits(
        absolute=timedelta(hours=settings.session_hours), idle=timedelta(minutes=settings.session_idle_minutes)
    )
    for module in ROOMS:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    add_handlers(app)
    app.add_middleware(Guard)
    return app


class Guard:
    """Round every request: an id, our own host names only, the headers, and 500 for what nobody foresaw.

    HEAD is answered as GET, without the body.

    The service trusts whoever reaches the loopback address; a page of another site that points its own name there
    (DNS rebinding) sends that name as Host and is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET"} if is_head else scope  # a copy: the server still knows that it was HEAD
        scope["request_id"] = uuid4().hex
        guarded = _Guarded(send, scope["request_id"], without_body=is_head)
        request = Request(scope)
        if not OUR_HOSTS.fullmatch(Headers(scope=scope).get("host", "")):
            scope["headers"] = []  # nothing of such a request is believed, nor shown to it as a page
            foreign = Forbidden("foreign_host")
            await run_in_threadpool(record_refusal, request, foreign)
            await answer(request, foreign)(scope, receive, guarded)
            return
        try:
            await self.app(scope, receive, guarded)
        except Exception:
            LOG.exception("request %s failed: %s", scope["request_id"], scope["path"])
            if guarded.started:
                raise
            await answer(request, StreetChiefError(), INTERNAL_STATUS)(scope, receive, guarded)


class _Guarded:
    """A `send` that puts our headers on every answer; those that the route chose stay."""

    def __init__(self, send: Callable[..., object], request_id: str, *, without_body: bool) -> None:
        self.send = send
        self.without_body = without_body
        self.request_id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, "X-Request-ID": self.request_id}.items():
                headers.setdefault(name, value)
        elif self.without_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self.send(message)  # type: ignore[misc]
