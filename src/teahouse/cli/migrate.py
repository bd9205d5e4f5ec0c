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
    from teahouse.migrate.export import Counts, Differences
    from teahouse.migrate.hosted import HostedChatKit

SAID: dict[Language, dict[str, str]] = {
    "en": {
        "reading": "Reading hosted threads into {folder}",
        "progress": "{threads} threads · {items} items · waited {waits} times",
        "exported": "{threads} threads with {items} items are safe in {folder}.",
        "gone": "{gone} threads were deleted on the platform while we read.",
        "broken": "{count} files are damaged; delete them and run the command again: {names}",
        "would": "There are {threads} threads of {users} users. Nothing was written.",
        "same": "Compared {threads} threads with the platform: all are the same.",
        "missing": "Not in the folder ({count}): {names}. Run the export again.",
        "changed": "Changed on the platform since ({count}): {names}. Run the export again.",
    },
    "zh": {
        "reading": "正在把托管线程读取到 {folder}",
        "progress": "{threads} 个线程 · {items} 个条目 · 等待 {waits} 次",
        "exported": "{threads} 个线程、{items} 个条目已安全保存在 {folder}。",
        "gone": "读取期间平台上有 {gone} 个线程被删除。",
        "broken": "{count} 个文件已损坏；请删除它们并再次运行该命令：{names}",
        "would": "共有 {users} 位用户的 {threads} 个线程。未写入任何内容。",
        "same": "已与平台比对 {threads} 个线程：全部一致。",
        "missing": "目录中缺少（{count}）：{names}。请再次运行导出。",
        "changed": "此后在平台上有变化（{count}）：{names}。请再次运行导出。",
    },
}


def threads(
    *,
    export: Path | None = None,
    user: Annotated[list[str] | None, Parameter(negative=())] = None,
    base_url: str | None = None,
    verify: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Bring hosted ChatKit threads home. 取回托管的 ChatKit 线程。

    The key is OPENAI_API_KEY, of the organisation and project that own the workflow.

    Parameters
    ----------
    export
        Save everything as JSON Lines in this folder. 导出到此目录。
    user
        Only this hosted user's threads; may be repeated. 只取该用户，可重复。
    base_url
        Address of the API (default OpenAI's, or $OPENAI_BASE_URL). 接口地址。
    verify
        Read everything once more and compare. 再读一遍并比对。
    dry_run
        Count, and write nothing. 只计数，不写入。
    """
    if export is None:
        raise Problem(
            errors.SETTINGS_INVALID,
            setting="--export",
            source=settings.COMMAND_LINE,
            reason=Words("it is missing", "缺少此项"),
        )
    sys.exit(asyncio.run(_export(export, user, base_url, verify=verify, dry_run=dry_run)))


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


async def _export(path: Path, users: list[str] | None, base_url: str | None, *, verify: bool, dry_run: bool) -> int:
    from teahouse.migrate.export import Export, broken_files
    from teahouse.migrate.folder import Folder

    address = _address(base_url)
    async with _hosted(address) as hosted:
        if dry_run:
            return await _count(hosted, users)
        folder = Folder(path)
        folder.open()
        try:
            with _progress(path) as told:
                export = Export(hosted, folder, base_url=address, users=users, told=told)
                counts = await export.run()
            _say("exported", threads=counts.threads, items=counts.items, folder=path)
            if counts.gone:
                _say("gone", gone=counts.gone)
            broken = await asyncio.to_thread(broken_files, folder)
            if broken:
                _say("broken", count=len(broken), names=", ".join(broken[:5]))
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
            _say(what, count=len(ids), names=", ".join(ids[:5]))
    return found.found


@contextmanager
def _progress(folder: Path) -> Iterator[Callable[[Counts], None]]:
    """A bar on a terminal; for a log, a line when it begins."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    _say_aside("reading", folder=folder)
    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(counts: Counts) -> None:
            said = SAID[language()]["progress"].format(threads=counts.threads, items=counts.items, waits=counts.waits)
            total = counts.listed if counts.all_listed else None
            bar.update(task, description=said, completed=counts.threads + counts.gone, total=total)

        yield told


def _say(what: str, **details: object) -> None:
    sys.stdout.write(SAID[language()][what].format(**details) + "\n")


def _say_aside(what: str, **details: object) -> None:
    sys.stderr.write(SAID[language()][what].format(**details) + "\n")
