"""What an export of Agent Builder holds, found in its syntax tree; it is not run.

The exports are modules for OpenAI's Agents SDK: agents, tools and guardrails as variables, output types as pydantic
models, and `run_workflow(workflow_input)`, in which nodes of the canvas have become calls of `Runner.run`, `if` and
`while`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from teahouse import errors, reasons
from teahouse.errors import Problem, Words

_LARGEST = 5 * 1024 * 1024
_TYPESCRIPT = re.compile(r"""from\s+['"]@openai/(agents|guardrails)['"]|new Agent\(\{""")

# By the SDK's class: what of a tool stays at OpenAI, and what to do.
_TOOLS: dict[str, Words | None] = {
    "WebSearchTool": Words(
        "web search runs at OpenAI: it needs an OpenAI model, or a search tool of your own",
        "网页搜索在 OpenAI 运行：需要 OpenAI 的模型，或自己的搜索工具",
    ),
    "FileSearchTool": Words(
        "the files of its vector store stay at OpenAI: download them, and let `teahouse serve --docs` or a function "
        "tool search them, or keep the store and an OpenAI model",
        "向量库中的文件留在 OpenAI：请下载后用 `teahouse serve --docs` 或函数工具检索，或继续用它与 OpenAI 的模型",
    ),
    "CodeInterpreterTool": Words(
        "its container runs at OpenAI: it needs an OpenAI model",
        "代码容器在 OpenAI 运行：需要 OpenAI 的模型",
    ),
    "ImageGenerationTool": Words(
        "images are made at OpenAI: it needs an OpenAI model", "图片在 OpenAI 生成：需要 OpenAI 的模型"
    ),
    "HostedMCPTool": Words(
        "OpenAI calls the MCP server: for other models use the Agents SDK's MCPServerStreamableHttp",
        "由 OpenAI 调用 MCP 服务器：其他模型请用 Agents SDK 的 MCPServerStreamableHttp",
    ),
}
_CONNECTOR = Words(
    "a connector's sign-in stays at OpenAI: give `authorization` an access token of your own",
    "连接器的登录信息留在 OpenAI：请在 `authorization` 中填写自己的访问令牌",
)
_EMPTY_TOOL = Words("its body is empty: write what it does", "函数体为空：请写出它的功能")
_APPROVAL = Words(
    "the person was asked in the chat; the exported function only says yes: ask with a widget, or refuse",
    "原本在聊天中询问用户，导出的函数只会同意：请用小组件询问，或改为拒绝",
)
_STATE = Words(
    "begins anew with each message: keep what has to last in the thread's metadata",
    "每条消息都会重新开始：需要长期保留的内容请放进线程的 metadata",
)
_INPUT = Words("nobody gives it a value: give it a default", "没有人给它赋值：请设默认值")
_NO_ENTRY = Words("there is no run_workflow: the first agent answers", "没有 run_workflow：由第一个 Agent 回答")


@dataclass
class Found:
    """What an export holds.

    Attributes:
        source: the module, as it is.
        agents: variables and names of its agents.
        tools: variables and classes of its tools; functions have the class `function`.
        guardrails: what guards it.
        outputs: names of its output types.
        handoffs: how many agents hand over to others.
        entry: the name of the function that runs it; None when there is none.
        title: the workflow's name.
        branches: how many `if` and `while` the entry has.
        missing: packages that it imports and that are not installed here.
        left: what could not be carried over: where, and what to do.
    """

    source: str
    agents: dict[str, str] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    guardrails: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    handoffs: int = 0
    entry: str | None = None
    title: str = ""
    branches: tuple[int, int] = (0, 0)
    missing: list[str] = field(default_factory=list)
    left: list[tuple[str, Words]] = field(default_factory=list)


def read(path: Path) -> Found:
    """What the export at `path` holds.

    Raises:
        Problem: AGENT_EXPORT_UNUSABLE with the reason.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise _unusable(path, Words("it is larger than 5 MiB", "超过 5 MiB"))
        source = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unusable(path, reasons.of_system(error)) from None
    except UnicodeDecodeError:
        raise _unusable(path, Words("it is not UTF-8", "不是 UTF-8 编码")) from None
    if path.suffix in (".ts", ".tsx", ".mts", ".js", ".mjs") or _TYPESCRIPT.search(source):
        raise _unusable(path, Words(*_TYPESCRIPT_SAID))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        raise _unusable(path, Words(f"line {line} is not Python", f"第 {line} 行不是 Python")) from None
    found = _Reader(tree, source).found
    if not found.agents:
        raise _unusable(path, Words("there is no Agent in it", "其中没有 Agent"))
    return found


_TYPESCRIPT_SAID = (
    "it is TypeScript. In Agent Builder choose Code, Agents SDK, then Python, and save that",
    "它是 TypeScript。请在 Agent Builder 中依次选择 Code、Agents SDK、Python，并保存那份导出",
)


class _Reader:
    """Walks through a module's tree."""

    def __init__(self, tree: ast.Module, source: str) -> None:
        self.found = Found(source)
        for node in tree.body:
            match node:
                case ast.Import() | ast.ImportFrom():
                    self._import(node)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    self._assign(name, call)
                case ast.Assign(targets=[ast.Name(id=name)]) if "guardrail" in name.lower():
                    self.found.guardrails.append(name)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(node)
        self._inputs(tree)
        if self.found.entry is None and self.found.agents:
            self.found.left.append(("run_workflow", _NO_ENTRY))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            package = name.partition(".")[0]
            if package and find_spec(package) is None:
                self.found.missing.append(_PACKAGES.get(package, package))

    def _assign(self, name: str, call: ast.Call) -> None:
        kind = _name_of(call.func)
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if kind == "Agent":
            self.found.agents[name] = _text_in(given.get("name")) or name
            if isinstance(given.get("output_type"), ast.Name):
                self.found.outputs.append(_name_of(given["output_type"]))
            self.found.handoffs += isinstance(given.get("handoffs"), ast.List)
            if "input_guardrails" in given or "output_guardrails" in given:
                self.found.guardrails.append(name)
        elif kind in _TOOLS:
            self.found.tools[name] = kind
            advice = _CONNECTOR if "connector_id" in ast.dump(call) else _TOOLS[kind]
            if advice is not None:
                self.found.left.append((name, advice))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = {_name_of(decorator) for decorator in node.decorator_list}
        if "function_tool" in decorators:
            self.found.tools[node.name] = "function"
            if _is_empty(node):
                self.found.left.append((node.name, _EMPTY_TOOL))
        elif decorators & {"input_guardrail", "output_guardrail"}:
            self.found.guardrails.append(node.name)
        elif node.name == "approval_request":
            self.found.left.append((node.name, _APPROVAL))
        elif node.name in ("run_workflow", "main") and isinstance(node, ast.AsyncFunctionDef) and node.args.args:
            self._entry(node)

    def _entry(self, node: ast.AsyncFunctionDef) -> None:
        self.found.entry = node.name
        inside = list(ast.walk(node))
        self.found.branches = (
            sum(isinstance(part, ast.If) for part in inside),
            sum(isinstance(part, ast.While) for part in inside),
        )
        for part in inside:
            match part:
                case ast.Call(func=ast.Name(id="trace"), args=[ast.Constant(value=str(title)), *_]):
                    self.found.title = title
                case ast.Assign(targets=[ast.Name(id="state")], value=ast.Dict(keys=keys)) if keys:
                    names = ", ".join(str(key.value) for key in keys if isinstance(key, ast.Constant))
                    self.found.left.append((f"state: {names}", _STATE))

    def _inputs(self, tree: ast.Module) -> None:
        classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "WorkflowInput")
        for part in (part for node in classes for part in node.body):
            match part:
                case ast.AnnAssign(target=ast.Name(id=name), value=None) if name != "input_as_text":
                    self.found.left.append((f"WorkflowInput.{name}", _INPUT))


_PACKAGES = {"guardrails": "openai-guardrails", "agents": "openai-agents", "dotenv": "python-dotenv"}
"""Packages whose modules are called otherwise."""


def _name_of(node: ast.AST | None) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return _name_of(func)
    return ""


def _text_in(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_empty(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(_says_nothing(part) for part in node.body)


def _says_nothing(part: ast.stmt) -> bool:
    match part:
        case ast.Pass() | ast.Raise() | ast.Expr(value=ast.Constant()):
            return True
    return False


def _unusable(path: Path, reason: Words) -> Problem:
    return Problem(errors.AGENT_EXPORT_UNUSABLE, path=path, reason=reason)


def lines(found: Found, language: str) -> Iterator[str]:
    """What could not be carried over, a line each."""
    for where, what in found.left:
        yield f"{where}: {getattr(what, language)}"
