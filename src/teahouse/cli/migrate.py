"""`teahouse migrate`: the way home from Agent Builder.

Exit codes: 0 everything was carried over, 1 something needs a look, 2 it could not go on.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from teahouse import errors, settings
from teahouse.cli import language
from teahouse.errors import Language, Problem, Words

if TYPE_CHECKING:
    from teahouse.migrate.bring import Report
    from teahouse.migrate.export import Counts, Differences
    from teahouse.migrate.hosted import HostedChatKit

_SHOWN = 5

SAID: dict[Language, dict[str, str]] = {
    "en": {
        "reading": "Reading hosted threads into {folder}",
        "bringing": "Bringing the threads of {folder} into {database}",
        "looking": "Looking at the threads of {folder}",
        "verifying": "Reading everything back",
        "progress": "{threads} threads · {items} items · waited {waits} times",
        "brought": "{threads} threads · {items} items",
        "verified": "{threads} threads read back",
        "exported": "{threads} threads with {items} items are safe in {folder}.",
        "gone": "{gone} threads were deleted on the platform while we read.",
        "broken": "{count} files are damaged; delete them and run the command again: {names}",
        "would": "There are {threads} threads of {users} users. Nothing was written.",
        "same": "Compared {threads} threads with the platform: all are the same.",
        "missing": "Not in the folder ({count}): {names}. Run the export again.",
        "changed": "Changed on the platform since ({count}): {names}. Run the export again.",
        "imported": "{database} has {threads} threads with {items} items of {visitors} visitors; {already} were there.",
        "would_import": "{threads} threads with {items} items of {visitors} visitors could be brought; nothing was.",
        "kinds": "  items: {kinds}",
        "read_back": "Read back and compared: every item is there once, as it was.",
        "lost": "Not carried over: {count} × {loss} (e.g. {names})",
        "failed": "Not brought: {name}: {reason}",
        "damaged": "Damaged in the export, brought as far as it can be read ({count}): {names}",
        "differing": "Does not read back as it was written ({count}): {names}",
        "project": "{folder}: {agents} agents, {tools} tools, {guardrails} guardrails. Next: teahouse serve in there",
        "install": "It also needs: pip install {packages}",
        "not_carried": "Not carried over (also in {folder}/README.md):",
    },
    "zh": {
        "reading": "正在把托管线程读取到 {folder}",
        "bringing": "正在把 {folder} 中的线程写入 {database}",
        "looking": "正在查看 {folder} 中的线程",
        "verifying": "正在读回全部内容",
        "progress": "{threads} 个线程 · {items} 个条目 · 等待 {waits} 次",
        "brought": "{threads} 个线程 · {items} 个条目",
        "verified": "已读回 {threads} 个线程",
        "exported": "{threads} 个线程、{items} 个条目已安全保存在 {folder}。",
        "gone": "读取期间平台上有 {gone} 个线程被删除。",
        "broken": "{count} 个文件已损坏；请删除它们并再次运行该命令：{names}",
        "would": "共有 {users} 位用户的 {threads} 个线程。未写入任何内容。",
        "same": "已与平台比对 {threads} 个线程：全部一致。",
        "missing": "目录中缺少（{count}）：{names}。请再次运行导出。",
        "changed": "此后在平台上有变化（{count}）：{names}。请再次运行导出。",
        "imported": "{database}：{visitors} 位访客的 {threads} 个线程、{items} 个条目，其中 {already} 个原已存在。",
        "would_import": "可写入 {visitors} 位访客的 {threads} 个线程、{items} 个条目。未写入任何内容。",
        "kinds": "  条目：{kinds}",
        "read_back": "已读回并比对：每个条目都在，恰好一份，内容一致。",
        "lost": "未能迁移：{count} × {loss}（例如 {names}）",
        "failed": "未写入：{name}：{reason}",
        "damaged": "导出已损坏，能读的部分已写入（{count}）：{names}",
        "differing": "读回的内容与写入的不同（{count}）：{names}",
        "project": "{folder}：{agents} 个 Agent、{tools} 个工具、{guardrails} 个护栏。请在其中运行 teahouse serve",
        "install": "还需要：pip install {packages}",
        "not_carried": "未能迁移（也写在 {folder}/README.md）：",
    },
}


def threads(
    *,
    export: Path | None = None,
    import_: Annotated[Path | None, Parameter(name="--import")] = None,
    user: Annotated[list[str] | None, Parameter(negative=())] = None,
    users: Path | None = None,
    data: Path | None = None,
    base_url: str | None = None,
    verify: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Bring hosted ChatKit threads home. 取回托管的 ChatKit 线程。

    Without --export or --import it does both, by way of the folder `hosted` in the data folder. The key is
    OPENAI_API_KEY, of the organisation and project that own the workflow.

    Parameters
    ----------
    export
        Only save everything as JSON Lines in this folder. 只导出到此目录。
    import_
        Only bring an export from this folder into the store. 只从此目录写入存储。
    user
        Only this hosted user's threads; may be repeated. 只取该用户，可重复。
    users
        CSV file with the columns user,visitor: who is who here. 用户与访客对照表。
    data
        Folder of the database (default ./data, or $TEAHOUSE_DATA). 数据目录。
    base_url
        Address of the API (default OpenAI's, or $OPENAI_BASE_URL). 接口地址。
    verify
        After an export, read everything once more and compare. 导出后再读一遍并比对。
    dry_run
        Count, and write nothing. 只计数，不写入。
    """
    if export is not None and import_ is not None:
        reason = Words(
            "it cannot stand beside --export: leave both out to do both", "不能与 --export 同用；都不写则两步都做"
        )
        raise Problem(errors.SETTINGS_INVALID, setting="--import", source=settings.COMMAND_LINE, reason=reason)
    chosen = settings.load({"data": data})
    folder = export or import_ or chosen.data / "hosted"
    code = 0
    # An import that was interrupted goes on: reading hundreds of thousands of items again helps nobody.
    if import_ is None and not (export is None and _waits_to_be_brought(folder)):
        code = asyncio.run(_export(folder, user, _address(base_url), verify=verify, dry_run=dry_run))
    if export is None and not (dry_run and import_ is None):
        code |= asyncio.run(_import(folder, chosen, user, users, dry_run=dry_run))
    sys.exit(code)


def agent(export: Path, *, into: Path | None = None) -> None:
    """Make a project of an exported workflow. 把导出的工作流做成项目。

    Parameters
    ----------
    export
        The Python that Agent Builder exports (Code, Agents SDK, Python). 导出的 Python 文件。
    into
        A new folder for the project (default: the file's name). 项目目录。
    """
    from teahouse.migrate import exported, project

    found = exported.read(export)
    folder = into or Path(export.stem)
    project.write(found, folder)
    counts = {"agents": len(found.agents), "tools": len(found.tools), "guardrails": len(found.guardrails)}
    _say("project", folder=folder, **counts)
    if found.missing:
        _say("install", packages=" ".join(found.missing))
    if found.left:
        _say("not_carried", folder=folder)
        for line in exported.lines(found, language()):
            sys.stdout.write(f"  {line}\n")


def _waits_to_be_brought(path: Path) -> bool:
    from teahouse.migrate.folder import Folder

    state = Folder(path).state()
    return state is not None and state.finished_at is not None and state.brought_at is None


def _hosted(base_url: str) -> HostedChatKit:
    """The platform, with the key of the environment.

    Raises:
        Problem: SETTINGS_INVALID when there is no key.
    """
    from teahouse.migrate.hosted import HostedChatKit

    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key.isascii() or not key.isprintable() or not key:
        reason = Words("a key of the workflow's project has to be there", "应为工作流所属项目的密钥")
        source = Words("the environment", "环境变量")
        raise Problem(errors.SETTINGS_INVALID, setting="OPENAI_API_KEY", source=source, reason=reason)
    named = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
    headers = {header: os.environ[variable] for header, variable in named.items() if os.environ.get(variable)}
    return HostedChatKit(key, base_url=base_url, headers=headers)


def _address(base_url: str | None) -> str:
    from teahouse.migrate.hosted import OPENAI

    address = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI
    if not address.startswith(("http://", "https://")):
        reason = Words(
            "it is not an address such as https://api.openai.com/v1", "应为地址，例如 https://api.openai.com/v1"
        )
        raise Problem(errors.SETTINGS_INVALID, setting="--base-url", source=settings.COMMAND_LINE, reason=reason)
    return address.rstrip("/")


async def _export(path: Path, users: list[str] | None, address: str, *, verify: bool, dry_run: bool) -> int:
    from teahouse.migrate.export import Export, broken_files
    from teahouse.migrate.folder import Folder

    async with _hosted(address) as hosted:
        if dry_run:
            return await _count(hosted, users)
        folder = Folder(path)
        folder.open()
        try:
            _say_aside("reading", folder=path)
            with _progress() as show:
                export = Export(hosted, folder, base_url=address, users=users, told=lambda counts: _show(show, counts))
                counts = await export.run()
            _say("exported", threads=counts.threads, items=counts.items, folder=path)
            if counts.gone:
                _say("gone", gone=counts.gone)
            broken = await asyncio.to_thread(broken_files, folder)
            if broken:
                _say("broken", count=len(broken), names=", ".join(broken[:_SHOWN]))
            differs = verify and _tell(await export.compare())
            return int(bool(broken) or differs)
        finally:
            folder.close()


async def _count(hosted: HostedChatKit, users: list[str] | None) -> int:
    found = 0
    people: set[str] = set()
    everybody: list[str | None] = [None]
    for user in users or everybody:
        async for page in hosted.threads(user):
            found += len(page)
            people.update(str(thread.get("user")) for thread in page)
    _say("would", threads=found, users=len(people))
    return 0


def _tell(found: Differences) -> bool:
    """Say what a comparison found; whether there was anything."""
    if not found.found:
        _say("same", threads=found.threads)
    for what in ("missing", "changed", "broken"):
        ids: list[str] = getattr(found, what)
        if ids:
            _say(what, count=len(ids), names=", ".join(ids[:_SHOWN]))
    return found.found


async def _import(
    path: Path, chosen: settings.Settings, users: list[str] | None, table: Path | None, *, dry_run: bool
) -> int:
    from teahouse.migrate.bring import Import, visitors_in
    from teahouse.migrate.folder import Folder
    from teahouse.store import SqlStore, database_at

    folder = Folder(path)
    folder.expect()
    visitors = visitors_in(table) if table else {}
    some = set(users) if users else None
    if dry_run:
        _say_aside("looking", folder=path)
        report = await Import(folder, None, visitors=visitors, users=some).run()
        _say("would_import", threads=report.threads, items=report.items, visitors=len(report.visitors))
        return _tell_report(report)
    await asyncio.to_thread(chosen.data.mkdir, parents=True, exist_ok=True, mode=0o700)
    database = database_at(chosen.database, chosen.data, patient=True)
    _say_aside("bringing", folder=path, database=database.label)
    async with SqlStore(database) as store:
        with _progress() as show:
            work = Import(folder, store, visitors=visitors, users=some, told=lambda report: _show_report(show, report))
            report = await work.run()
        _say_aside("verifying")
        with _progress() as show:
            total = report.files
            await work.verify(lambda count: show(SAID[language()]["verified"].format(threads=count), count, total))
    written = {"threads": report.threads + report.already, "items": report.items, "already": report.already}
    _say("imported", **written, visitors=len(report.visitors), database=database.label)
    code = _tell_report(report)
    if not code:
        _say("read_back")
    if not users:
        folder.note_brought()
    return code


def _tell_report(report: Report) -> int:
    """Say what became of an export; the exit code."""
    from teahouse.migrate.carry import LOSSES

    tongue = language()
    if report.kinds:
        _say("kinds", kinds=" · ".join(f"{kind} {count}" for kind, count in sorted(report.kinds.items())))
    for name, (count, examples) in report.lost.items():
        _say("lost", count=count, loss=getattr(LOSSES[name], tongue), names=", ".join(examples))
    for name, reason in report.failed[:_SHOWN]:
        _say("failed", name=name, reason=getattr(reason, tongue))
    for what in ("damaged", "differing"):
        names: list[str] = getattr(report, what)
        if names:
            _say(what, count=len(names), names=", ".join(names[:_SHOWN]))
    return 0 if report.is_clean else 1


Show = Callable[[str, int, "int | None"], None]


@contextmanager
def _progress() -> Iterator[Show]:
    """A bar on a terminal, nothing elsewhere. What it gives shows a text, how many are done, and of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda said, done, total: bar.update(task, description=said, completed=done, total=total)


def _show(show: Show, counts: Counts) -> None:
    said = SAID[language()]["progress"].format(threads=counts.threads, items=counts.items, waits=counts.waits)
    show(said, counts.threads + counts.gone, counts.listed if counts.all_listed else None)


def _show_report(show: Show, report: Report) -> None:
    threads = report.threads + report.already
    show(SAID[language()]["brought"].format(threads=threads, items=report.items), report.files, None)


def _say(what: str, **details: object) -> None:
    sys.stdout.write(SAID[language()][what].format(**details) + "\n")


def _say_aside(what: str, **details: object) -> None:
    sys.stderr.write(SAID[language()][what].format(**details) + "\n")
