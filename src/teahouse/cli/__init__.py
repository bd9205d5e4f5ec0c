"""The command line: one file a command. A mistake ends with one sentence of cause, one of cure, exit code 2."""

from __future__ import annotations

import locale
import os
import sys

from cyclopts import App, CycloptsError
from rich.console import Console

import teahouse
from teahouse.errors import Language, Problem, language_of

HELP: dict[Language, str] = {
    "en": "ChatKit, complete, on your own origin.",
    "zh": "完整的 ChatKit，运行在你自己的站点上。",
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
        # What goes wrong in the arguments ends like everything else: with exit code 2.
        exit_on_error=False,
        print_error=True,
    )
    app.command("teahouse.cli.serve:serve")
    return app


def main() -> None:
    """The `teahouse` command."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        build()()
    except Problem as problem:
        tongue = language()
        errors.print(f"[bold red]teahouse:[/] {_plain(problem.cause(tongue))}")
        errors.print(_plain(problem.cure(tongue)))
        sys.exit(2)
    except CycloptsError:
        sys.exit(2)  # said by cyclopts already


def _plain(text: str) -> str:
    """`text` with nothing in it that rich would take for markup."""
    return text.replace("[", r"\[")
