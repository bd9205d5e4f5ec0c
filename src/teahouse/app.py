"""The composition root: settings in, an ASGI app out. Nothing else knows everybody."""

from __future__ import annotations

import asyncio
import errno
import importlib
import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from agents import Agent
from chatkit.server import ChatKitServer
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from teahouse import errors, limits, logs, reasons
from teahouse.agents import attachments, dictation, models
from teahouse.agents.guide.agent import GuideAgentServer
from teahouse.agents.guide.index import Changes, DocumentIndex
from teahouse.agents.guide.server import GuideServer
from teahouse.agents.server import AgentServer
from teahouse.agents.workflow import WorkflowServer
from teahouse.errors import Problem, Words
from teahouse.files import Attachments, Blobs, Disk
from teahouse.files.tickets import Tickets
from teahouse.hosted import HostedSessions
from teahouse.identity.anonymous import AnonymousIdentity, key_in
from teahouse.runs.log import MemoryLog, RunLog
from teahouse.runs.run import Bounds
from teahouse.runs.runs import Runs
from teahouse.runs.shared_log import SharedLog
from teahouse.runs.turn import Server
from teahouse.settings import Settings, bundled_docs, load
from teahouse.store import SqlStore, database_at
from teahouse.web import routes
from teahouse.web.hosted import HostedWorkflow
from teahouse.web.middleware import Front
from teahouse.web.runs import RUN_HEADER
from teahouse.web.services import Services

log = logs.get(__name__)


class Teahouse:
    """A whole Teahouse, to serve by itself or to mount in an application of yours.

        app = FastAPI()
        app.mount("/chat", Teahouse(agent=support).app)

    With neither `agent` nor `server` the guide answers, from the documents in `settings.docs`.

    Args:
        agent: an openai-agents `Agent`, or where one is: `"shop.agents:support"`.
        server: a `ChatKitServer`, its class (made with our store), or where one is: `"shop.chat:ShopServer"`.
        settings: how to run; by default what `teahouse.toml` and the environment say.

    Raises:
        Problem: SETTINGS_INVALID, BAD_TARGET.
    """

    def __init__(
        self,
        *,
        agent: Agent[Any] | str | None = None,
        server: Server | type[Server] | str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or load()
        self._agent: Agent[Any] | None = _resolve(agent or self.settings.agent, "--agent", (Agent,))
        self._server: Server | type[Server] | None = _resolve(
            server or self.settings.server, "--server", (ChatKitServer, type)
        )
        if self._agent is not None and self._server is not None:
            reason = Words("an agent is given as well; only one of them can answer", "同时指定了 Agent，两者只能选一")
            raise Problem(
                errors.BAD_TARGET, option="--server", target=str(server or self.settings.server), reason=reason
            )
        self._house = _House(self._open)
        self.app: ASGIApp = self._build()

    @property
    def refused(self) -> Problem | None:
        """What kept this Teahouse from opening, if that is what happened."""
        return self._house.refused

    async def start(self) -> None:
        """Open everything. Not needed: the ASGI lifespan does it, or else the first request."""
        await self._house.start()

    async def drain(self) -> None:
        """Let running answers finish within `limits.shutdown_seconds`, then end them; all else stays open.

        For servers that wait for their connections before they end the ASGI lifespan, as uvicorn does.
        """
        await self._house.services.runs.drain()

    async def stop(self) -> None:
        """Let running answers finish within `limits.shutdown_seconds`, and close everything."""
        await self._house.stop()

    def _build(self) -> ASGIApp:
        origins = self.settings.origins
        app: ASGIApp = _WithHouse(routes.build(lambda: self._house.services), self._house)
        app = Front(app, origins=origins)
        if origins:
            app = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_credentials=True,
                allow_methods=["GET", "POST", "PUT"],
                allow_headers=["*"],
                expose_headers=["X-Request-Id", "Retry-After", RUN_HEADER],
                max_age=86400,
            )
        return app

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Services]:
        settings = self.settings
        data = await asyncio.to_thread(_data_folder, settings.data)
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(SqlStore(database_at(settings.database, data)))
            given = await self._given_server(store, stack)
            server = given if given is not None else await stack.enter_async_context(self._guide(store, data / "guide"))
            runs = await stack.enter_async_context(await self._runs(server, store, stack))
            secret = settings.secret.get_secret_value() if settings.secret else await asyncio.to_thread(key_in, data)
            files = await self._files(server, store, secret, data / "files", stack)
            is_guide = self._agent is None and self._server is None
            yield Services(
                settings=settings,
                server=server,
                runs=runs,
                identity=AnonymousIdentity(secret, cross_site=bool(settings.origins)),
                rates=await stack.enter_async_context(limits.opened(settings)),
                explain=self._explain,
                ping=store.ping,
                docs=(settings.docs, bundled_docs()) if is_guide else (bundled_docs(),),
                is_guide=is_guide,
                files=files,
                hosted=await self._hosted(stack),
                answers_files=self._server is None,
                transcriber=await stack.enter_async_context(dictation.opened(settings)),
            )

    async def _runs(self, server: Server, store: SqlStore, stack: AsyncExitStack) -> Runs:
        """The runs of `server`, entered in its own database if that is one of ours."""
        if isinstance(server.store, SqlStore):
            store = server.store
        limits = self.settings.limits
        return Runs(
            server,
            store.ledger,
            await self._run_log(store, stack),
            Bounds(seconds=limits.response_seconds, bytes=limits.response_bytes),
            grace=limits.shutdown_seconds,
            lease=limits.lease_seconds,
        )

    async def _run_log(self, store: SqlStore, stack: AsyncExitStack) -> RunLog:
        match self.settings.runs_are_in:
            case "redis":
                from teahouse.runs.redis_events import RedisEvents

                assert self.settings.redis is not None  # noqa: S101 - the settings are valid
                events = RedisEvents(self.settings.redis)
                stack.push_async_callback(events.aclose)
                return SharedLog(events)
            case "database" if store.database.shared:
                from teahouse.store.run_frames import PostgresEvents

                return SharedLog(PostgresEvents(store.database))
            case _:
                return MemoryLog()

    async def _given_server(self, store: SqlStore, stack: AsyncExitStack) -> Server | None:
        """What was given to answer with, if anything was."""
        if self._agent is not None:
            run_config = await stack.enter_async_context(models.reached(self.settings.model))
            return AgentServer(store, self._agent, run_config, takes=self._takes())
        if isinstance(self._server, type) and issubclass(self._server, WorkflowServer):
            run_config = await stack.enter_async_context(models.reached(self.settings.model))
            return self._server(store, run_config, takes=self._takes())
        if isinstance(self._server, type):
            return _make(self._server, store)
        return self._server

    async def _files(
        self, server: Server, store: SqlStore, secret: str, folder: Path, stack: AsyncExitStack
    ) -> Attachments | None:
        """What takes attached files, for every server that keeps them with our store and brings nothing of its own."""
        if not self.settings.files.enabled or server.store is not store or server.attachment_store is not None:
            return None
        blobs, scratch = folder / "kept", folder / "coming"
        for place in (blobs, scratch):
            await asyncio.to_thread(_data_folder, place)
        kept = _blobs(self.settings, blobs, scratch)
        files = Attachments(store, kept, Tickets(secret), self.settings.files, scratch)
        server.attachment_store = files
        collector = asyncio.create_task(files.collect_forever(), name="files")
        stack.push_async_callback(_ended, collector)
        return files

    def _takes(self) -> attachments.Takes:
        """What of attached files the model is given as it is."""
        model = self.settings.model
        return attachments.takes(model, uses_responses=models.uses_responses(model))

    async def _hosted(self, stack: AsyncExitStack) -> HostedWorkflow | None:
        """The workflow that OpenAI runs, if one is configured."""
        config = self.settings.hosted
        if config.workflow_id is None:
            return None
        sessions = await stack.enter_async_context(HostedSessions(config=config))
        named = config.state_variables if isinstance(config.state_variables, str) else None
        return HostedWorkflow(sessions, _function(named, "hosted.state_variables") if named else None)

    @asynccontextmanager
    async def _guide(self, store: SqlStore, cache: Path) -> AsyncIterator[Server]:
        """The embedded assistant, keeping up with its documents; a model writes when one is configured."""
        folder, model = self.settings.docs, self.settings.model
        try:
            await asyncio.to_thread(os.listdir, folder)
        except OSError as error:
            raise Problem(errors.DOCS_FOLDER_MISSING, path=folder, reason=reasons.of_system(error)) from None
        index = DocumentIndex(folder, cache)
        watcher = asyncio.create_task(index.watch(changed=_report), name="documents")
        try:
            if models.is_configured(model):
                async with models.reached(model) as run_config:
                    yield GuideAgentServer(store, index, run_config, takes=self._takes())
            else:
                yield GuideServer(store, index)
        finally:
            await _ended(watcher)
            index.close()

    def _explain(self, error: Exception) -> Problem | None:
        known = models.explain(error)
        if known is None and self.settings.debug:
            return Problem(errors.AGENT_FAILED, reason=f" ({type(error).__name__}: {error})"[:500])
        return known


class _House:
    """What is open while a Teahouse runs, owned by one task from opening to closing.

    Mounted applications get no lifespan from Starlette, so the first request may have to open the house;
    the task that then owns it is not the request's.
    """

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened
        self._owner: asyncio.Task[None] | None = None
        self._open: asyncio.Future[Services] | None = None
        self._closing = asyncio.Event()
        self.refused: Problem | None = None

    @property
    def services(self) -> Services:
        """What the routes work with."""
        assert self._open is not None, "the house is closed"  # noqa: S101 - _WithHouse opened it
        return self._open.result()

    async def start(self) -> None:
        """Open it; at once when it is open already.

        Raises:
            Problem: what keeps it from opening. The next call tries again.
        """
        if self._open is None or (self._open.done() and self._open.exception() is not None):
            self._open = asyncio.get_running_loop().create_future()
            self._closing.clear()
            self._owner = asyncio.create_task(self._own(self._open), name="teahouse")
        await asyncio.shield(self._open)

    async def stop(self) -> None:
        """Close it."""
        self._closing.set()
        if self._owner is not None:
            await self._owner
        self._owner = self._open = None

    async def _own(self, opened: asyncio.Future[Services]) -> None:
        try:
            async with self._opened() as services:
                opened.set_result(services)
                await self._closing.wait()
        except Exception as error:
            if opened.done():
                raise
            self.refused = error if isinstance(error, Problem) else None
            opened.set_exception(error)


class _WithHouse:
    """Opens the house before the first request, whether or not the server speaks lifespan."""

    def __init__(self, app: ASGIApp, house: _House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        try:
            await self._house.start()
        except Problem as problem:
            # For whoever runs the server; visitors need not know where its folders are.
            log.error("cannot open", reason=str(problem))
            raise Problem(errors.INTERNAL_ERROR) from problem
        await self._app(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._house.start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._house.stop()
        await send({"type": "lifespan.shutdown.complete"})


def _blobs(settings: Settings, folder: Path, scratch: Path) -> Blobs:
    """Where attached files are kept.

    Raises:
        Problem: SETTINGS_INVALID when what talks to S3 is not installed.
    """
    if settings.files.s3.bucket is None:
        return Disk(folder)
    try:
        from teahouse.files.s3 import S3Blobs
    except ModuleNotFoundError:
        reason = Words(
            "what talks to S3 is not installed: pip install 'teahouse[s3]'",
            "尚未安装连接 S3 的组件：pip install 'teahouse[s3]'",
        )
        raise Problem(
            errors.SETTINGS_INVALID, setting="files.s3.bucket", source=Words("the settings", "设置"), reason=reason
        ) from None
    return S3Blobs(settings.files.s3, scratch)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task of ours, and wait until it has ended."""
    task.cancel()
    await asyncio.wait([task])


def _report(changes: Changes) -> None:
    """Say which documents were read, and name those that could not be."""
    for document in changes.skipped:
        log.warning("document skipped", path=document.path, reason=document.reason)
    log.info("documents indexed", read=len(changes.indexed), removed=len(changes.removed))


def _data_folder(path: Path) -> Path:
    """The data folder, made when missing.

    Raises:
        Problem: DATA_FOLDER_UNWRITABLE.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Problem(errors.DATA_FOLDER_UNWRITABLE, path=path, reason=reasons.of_system(error)) from None
    if not os.access(path, os.W_OK | os.X_OK):
        reason = reasons.of_system(PermissionError(errno.EACCES, "no permission"))
        raise Problem(errors.DATA_FOLDER_UNWRITABLE, path=path, reason=reason)
    return path


def _resolve(target: Any, option: str, kinds: tuple[type, ...]) -> Any:
    """What a target names, or is.

    Raises:
        Problem: BAD_TARGET with the reason.
    """
    if target is None:
        return None
    value = _load(target, option) if isinstance(target, str) else target
    fits = isinstance(value, kinds) and not (isinstance(value, type) and not issubclass(value, ChatKitServer))
    if not fits:
        wanted, found = kinds[0].__name__, getattr(value, "__name__", type(value).__name__)
        reason = Words(f"{found} is no {wanted}", f"{found} 不是 {wanted}")
        raise Problem(errors.BAD_TARGET, option=option, target=str(target), reason=reason)
    return value


def _function(target: str, option: str) -> Callable[..., Any]:
    """The function that a target names.

    Raises:
        Problem: BAD_TARGET with the reason.
    """
    value = _load(target, option)
    if not callable(value):
        name = type(value).__name__
        raise Problem(
            errors.BAD_TARGET, option=option, target=target, reason=Words(f"{name} is no function", f"{name} 不是函数")
        )
    return value  # type: ignore[no-any-return]


def _load(target: str, option: str) -> Any:
    def bad(en: str, zh: str) -> Problem:
        return Problem(errors.BAD_TARGET, option=option, target=target, reason=Words(en, zh))

    module_name, colon, path = target.partition(":")
    if not (colon and module_name and path):
        raise bad("it is not of the form module:name", "格式不是 模块:名称")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        value = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise bad(f"there is no module {error.name}", f"没有模块 {error.name}") from None
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}"
        raise bad(f"importing it fails with {said}", f"导入时出错 {said}") from error
    for name in path.split("."):
        if not hasattr(value, name):
            raise bad(f"the module has no {path}", f"模块中没有 {path}")
        value = getattr(value, name)
    return value


def _make(server: type[Server], store: SqlStore) -> Server:
    """An instance of somebody's ChatKitServer: with our store if it takes one, else with its own.

    Raises:
        Problem: BAD_TARGET when it takes something else, or fails.
    """
    parameters = inspect.signature(server).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    takes_store = any(p.name in ("store", "data_store") for p in parameters)
    try:
        return server(store) if takes_store or needed else server()  # type: ignore[call-arg]
    except Exception as error:
        name = f"{server.__module__}:{server.__qualname__}"
        said = f"{type(error).__name__}: {error}"
        reason = Words(f"making it fails with {said}", f"创建时出错 {said}")
        raise Problem(errors.BAD_TARGET, option="--server", target=name, reason=reason) from error
