"""Words that say nothing about the subject of a question, as terms (stems for English)."""

from __future__ import annotations

_ENGLISH = """
a about all also am an and ani anyon anyth are as ask at be been befor being but by can cannot could
did didnt do doe does doesn doesnt don done dont each etc ever everi everyon explain for from get
give go got had has have havent he hello help her here hey hi him his how i if in into is isn isnt
it its itself just know let like make may me mean mine more most much must my myself need no not now
of on onli or other our out over per pleas possibl realli s she should show so some someon someth
still such sure t tell than thank that the their them then there these they thi thing this those to
too tri under until up us use veri via vs want was way we well were what when where whether whi
which while who whom whose will with without wont would yes you your
"""

_CHINESE = """
行不行 一片 的 了 是 我 你 您 他 她 它 们 我们 你们 他们 在 有 和 与 及 或 也 都 就 还 又 很 吗 呢 吧 啊 呀 么
把 被 对 从 到 向 给 让 用 要 会 能 可以 应该 需要 想 请 请问 怎么 怎样 怎么办 怎么样 如何 什么
为什么 为何 哪 哪里 哪个 哪些 谁 几 多少 这 那 这个 那个 这些 那些 这样 那样 这里 那里 一个 一下
一些 有没有 是不是 能不能 可不可以 可否 是否 没 没有 不 不是 不能 不会 老是 总是 一直 突然 之后 之前
以后 以前 后 前 时 时候 里 里面 上 下 中 出 来 去 过 着 得 地 之 其 而 但 但是 因为 所以 如果 的话
才 再 只 最 更 比较 帮 帮忙 告诉 知道 谢谢 你好 办 样 做 办法 问题 情况 现在 今天 为 于 以 等 啥 咋
咋办 点 种 件 个 次 不到 天天
"""

_JAPANESE = "方法 使い方 やり方 仕方 場合 何 時 事 後 私 教 中"

# Pairs of syllables, as `segment` makes them.
_KOREAN = """
어떻 떻게 어떤 무엇 무슨 왜 하나 나요 하는 해야 할까 까요 있나 없나 되나 합니 니다 습니 인가 가요
하고 싶어 어요 알려 려줘 주세 세요 수 것 때 후에 그리 리고 그럼
"""

_STOPS = frozenset(" ".join((_ENGLISH, _CHINESE, _JAPANESE, _KOREAN)).split())


def is_stop(term: str) -> bool:
    """Whether `term` says nothing about a subject."""
    return term in _STOPS or (len(term) == 1 and term.isascii())
