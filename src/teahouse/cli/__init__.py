"""The command line: one file a command. A mistake ends with one sentence of cause, one of cure, exit code 2."""

from __future__ import annotations

import locale
import os
import sys
from typing import NoReturn

from cyclopts import App, CoercionError, CycloptsError, MissingArgumentError, UnknownOptionError
from cyclopts.exceptions import UnknownCommandError
from rich.console import Console
from rich.text import Text

import teahouse
from teahouse import errors, settings
from teahouse.errors import Language, Problem, Words, language_of

HELP: dict[Language, str] = {
    "en": "ChatKit, complete, on your own origin.",
    "zh": "完整的 ChatKit，运行在你自己的站点上。",
}


SERVE: dict[Language, str] = {
    "en": "Serve the chat, the element and the documents.",
    "zh": "启动聊天、组件与文档。",
}
EMULATE: dict[Language, str] = {
    "en": "Run a local OpenAI platform to develop and test against.",
    "zh": "启动本地 OpenAI 平台，用于开发与测试。",
}
MIGRATE: dict[Language, str] = {
    "en": "Come home from Agent Builder, which shuts down on 2026-11-30.",
    "zh": "从 Agent Builder 迁回（它将于 2026-11-30 关闭）。",
}
MIGRATE_COMMANDS: dict[str, dict[Language, str]] = {
    "threads": {"en": "Bring hosted ChatKit threads home.", "zh": "取回托管的 ChatKit 线程。"},
    "agent": {"en": "Make a project of an exported workflow.", "zh": "把导出的工作流做成项目。"},
}
DB: dict[Language, str] = {
    "en": "Look after the database.",
    "zh": "维护数据库。",
}
DB_COMMANDS: dict[str, dict[Language, str]] = {
    "upgrade": {"en": "Bring the database's schema up to date.", "zh": "升级数据库结构。"},
    "current": {"en": "Show the engine and the schema's revision.", "zh": "显示数据库类型与结构版本。"},
    "check": {"en": "Check connection, schema and contents.", "zh": "检查连接、结构与内容。"},
}


def language() -> Language:
    """The language of the person at the terminal, by their locale."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next(filter(None, names), None) or locale.getlocale()[0])


def build() -> App:
    """The commands. Each one's module is imported only when the command runs."""
    app = App(
        name="teahouse",
        help=HELP[language()],
        version=teahouse.__version__,
        version_flags=["--version"],
        # What is wrong with the arguments is told like everything else that is wrong.
        exit_on_error=False,
        print_error=False,
    )
    app.command("teahouse.cli.serve:serve", help=SERVE[language()])
    app.command("teahouse.cli.emulate:emulate", help=EMULATE[language()])
    database = App(name="db", help=DB[language()])
    for command, help_ in DB_COMMANDS.items():
        database.command(f"teahouse.cli.db:{command}", help=help_[language()])
    app.command(database)
    migrate = App(name="migrate", help=MIGRATE[language()])
    for command, help_ in MIGRATE_COMMANDS.items():
        migrate.command(f"teahouse.cli.migrate:{command}", help=help_[language()])
    app.command(migrate)
    return app


def main() -> None:
    """The `teahouse` command."""
    try:
        build()(sys.argv[1:])
    except Problem as problem:
        _refuse(problem)
    except CycloptsError as error:
        _refuse(_explain(error))


def _refuse(problem: Problem) -> NoReturn:
    console, tongue = Console(stderr=True, highlight=False, soft_wrap=True), language()
    console.print(Text("teahouse:", "bold red"), Text(problem.cause(tongue)))
    console.print(Text(problem.cure(tongue)))
    sys.exit(2)


def _explain(error: CycloptsError) -> Problem:
    """What is wrong with the arguments, in our two languages."""
    said = str(error).rstrip(".")
    match error:
        case UnknownCommandError() if error.unused_tokens:
            wrong, reason = error.unused_tokens[0], Words("there is no such command", "没有这个命令")
        case UnknownOptionError():
            wrong, reason = error.token.keyword or error.token.value, Words("there is no such option", "没有这个选项")
        case CoercionError() if error.token is not None:
            wrong = error.token.keyword or ""
            reason = Words(f"“{error.token.value}” does not fit", f"“{error.token.value}” 不合要求")
        case MissingArgumentError() if error.argument is not None:
            wrong, reason = error.argument.name, Words("its value is missing", "缺少取值")
        case _:
            wrong, reason = "", Words(said, said)
    return Problem(errors.SETTINGS_INVALID, setting=wrong, source=settings.COMMAND_LINE, reason=reason)
