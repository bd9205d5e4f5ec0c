"""Reasons that others give, pydantic and the operating system, in our two languages."""

from __future__ import annotations

import errno

from pydantic_core import ErrorDetails

from teahouse.errors import Words

_PYDANTIC: dict[str, Words] = {
    "missing": Words("it is missing", "缺少此项"),
    "extra_forbidden": Words("there is no such key", "没有这个键"),
    "string_type": Words("it has to be text", "应为文本"),
    "string_too_short": Words("it needs {min_length} characters or more", "至少需要 {min_length} 个字符"),
    "too_short": Words("it is too short, {min_length} is the least", "过短，至少 {min_length}"),
    "string_too_long": Words("it may have {max_length} characters at most", "最多 {max_length} 个字符"),
    "int_type": Words("it has to be a whole number", "应为整数"),
    "int_parsing": Words("it has to be a whole number", "应为整数"),
    "float_type": Words("it has to be a number", "应为数字"),
    "float_parsing": Words("it has to be a number", "应为数字"),
    "bool_type": Words("it has to be true or false", "应为 true 或 false"),
    "bool_parsing": Words("it has to be true or false", "应为 true 或 false"),
    "dict_type": Words("it has to be an object", "应为对象"),
    "model_type": Words("it has to be an object", "应为对象"),
    "model_attributes_type": Words("it has to be an object", "应为对象"),
    "list_type": Words("it has to be a list", "应为列表"),
    "tuple_type": Words("it has to be a list", "应为列表"),
    "too_long": Words("it may have {max_length} entries at most", "最多 {max_length} 项"),
    "literal_error": Words("it has to be {expected}", "应为 {expected}"),
    "greater_than": Words("it has to be greater than {gt:g}", "应大于 {gt:g}"),
    "greater_than_equal": Words("it has to be {ge:g} or more", "应不小于 {ge:g}"),
    "less_than_equal": Words("it has to be {le:g} or less", "应不大于 {le:g}"),
    "union_tag_not_found": Words("its type is missing", "缺少 type"),
    "union_tag_invalid": Words("its type has to be one of {expected_tags}", "type 应为 {expected_tags} 之一"),
}

_SYSTEM: dict[int, Words] = {
    errno.EACCES: Words("no permission", "没有权限"),
    errno.EPERM: Words("no permission", "没有权限"),
    errno.EROFS: Words("the file system is read-only", "文件系统为只读"),
    errno.ENOSPC: Words("the disk is full", "磁盘已满"),
    errno.EDQUOT: Words("the disk quota is used up", "磁盘配额已用尽"),
    errno.ENOENT: Words("it does not exist", "不存在"),
    errno.ENOTDIR: Words("a part of the path is a file", "路径中有一部分是文件"),
    errno.EEXIST: Words("it is a file, not a folder", "它是文件，而不是目录"),
    errno.EISDIR: Words("it is a folder, not a file", "它是目录，而不是文件"),
    errno.ENAMETOOLONG: Words("the name is too long", "名称过长"),
    errno.EADDRNOTAVAIL: Words("this machine does not have the address", "本机没有该地址"),
}


def of_validation(error: ErrorDetails) -> Words:
    """Why a value is not valid; pydantic's own English where we have no words."""
    words = _PYDANTIC.get(error["type"])
    if words is None:
        message = error["msg"].removeprefix("Value error, ")
        raised = error.get("ctx", {}).get("error")
        return raised.args[0] if isinstance(raised, ValueError) and _are_words(raised) else Words(message, message)
    context = error.get("ctx", {})
    return Words(words.en.format(**context), words.zh.format(**context))


def _are_words(error: ValueError) -> bool:
    return bool(error.args) and isinstance(error.args[0], Words)


def of_system(error: OSError) -> Words:
    """Why the operating system refused."""
    said = error.strerror or str(error)
    return _SYSTEM.get(error.errno or 0, Words(said, said))
