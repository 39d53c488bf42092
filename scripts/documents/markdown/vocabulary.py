"""The words of labels, in Chinese and English, and how values are written."""

import json
import re
from typing import Any

from attrs import frozen

from scripts.documents.markdown.blocks import Text

LABELS: dict[str, str] = {
    # attribute -> how it is labelled; the first that fits counts
    "default": r"默认|缺省|预设|default",
    "optional": r"^可选(参数|项)?$|选填|是否可选|^optional$",
    "required": r"必需|必填|必选|必须|必传|必要|required|mandatory",
    "min_bytes": r"最小(文件|图片|视频)?大小$|min(imum)? (file )?size",
    "max_bytes": r"(文件|图片|视频)?大小(上限|限制)?$|(文件|图片|视频)(上限|限制)$|file size|max(imum)? size"
    r"|size limit",
    "media_types": r"格式.*支持|支持.*格式|(接受|允许|支持|可用).*类型|文件(类型|格式)|媒体类型|file (type|format)",
    "min_length": r"最小长度|最短|最少字符|min(imum)?[ _-]?length",
    "max_length": r"最大长度|最长|最[大多]字(符|数)|字(数|符数?)(上限|限制)|长度(上限|限制)?$"
    r"|max(imum)?[ _-]?(length|char)|character limit",
    "max_items": r"(最大|最多)(数量|张数|个数|项数|文件数)|数量上限|max(imum)?[ _-]?(items|files|images|count|number)",
    "min_items": r"(最小|最少)(数量|张数|个数|项数|文件数)|min(imum)?[ _-]?(items|files|images|count|number)",
    "multiple": r"多文件|multiple(?! of)",
    "step": r"步长|步进|\bstep|increment|multiple of",
    "range": r"范围|区间|值域|range|limits?$",
    "minimum": r"最小值?$|下限|^min(imum)?( value)?$",
    "maximum": r"最大值?$|上限|^max(imum)?( value)?$",
    "enum": r"可选值|可用值|选项|可选项|枚举|取值|可能的?值|支持的?值|有效值|允许的?值|options?|choices|enum|^values$"
    r"|(allowed|possible|valid|accepted|supported|available) value",
    "in": r"位置|传递方式|location|^in$|^sent in",
    "type": r"类型|\btype\b",
    "example": r"示例|例子|样例|举例|example|sample|^e\.g\.?$",
    "description": r"描述|说明|含义|备注|解释|用途|用法|作用|功能|注意|获取方式|description|meaning|note|remark|purpose"
    r"|usage|explanation",
    "format": r"^格式$|^format$",
    "method": r"方法|请求方式|\bmethod\b",
    "url": r"地址|端点|(?<!字段)(?<!参数)路径|^path$|\burl\b|endpoint|\baddress\b",
    "name": r"参数|字段|属性|名称|^名$|^键$|parameter|\bfield|\bname\b|property|^key$|attribute",
    "value": r"^值$|^value$",
}

TYPES = {
    "string": r"str|string|text|字符串|文本|字符|char|varchar|uuid|uri|url|enum|枚举|date|datetime",
    "integer": r"int|integer|int32|int64|long|整数|整型|整形",
    "number": r"number|float|double|decimal|numeric|数字|数值|浮点数?|浮点型|小数",
    "boolean": r"bool|boolean|布尔值?|布尔型",
    "object": r"object|obj|dict|map|json|对象|字典",
    "array": r"array|list|数组|列表",
}
_TYPE = {name: re.compile(rf"(?:{words})(?:类型)?", re.IGNORECASE) for name, words in TYPES.items()}
_LABEL = {name: re.compile(words, re.IGNORECASE) for name, words in LABELS.items()}

YES = re.compile(r"(是|必[需填选须传要]|yes|y|true|required|mandatory|[✓✔√☑✅])\W*", re.IGNORECASE)
NO = re.compile(
    r"(否|不是|非必[需填选须传要]|不必[需填须传要]?|可选|选[填传]|可(?:不[填传]|省略|缺省|为?空)"
    r"|no|n|false|optional|[✗✘×☒❌])\W*",
    re.IGNORECASE,
)
NOTHING = re.compile(r"[-–—/]*|无|没有|空|none|null|nil|n/?a|undefined|不适用", re.IGNORECASE)

NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
QUOTES = "\"'`“”‘’「」『』《》"
NAME = re.compile(r"[A-Za-z_$][\w$-]*(?:\[\w*\])?(?:\.[A-Za-z_$][\w$-]*(?:\[\w*\])?)*")


@frozen
class Type:
    """A type as pages name it: what it is, what a list holds, in which format."""

    name: str
    items: str | None = None
    format: str | None = None


def attribute(label: str) -> str | None:
    """The attribute that a label stands for; None if it is not known."""
    bare = label.strip(" *_:：\t").strip(QUOTES)
    if not bare or len(bare) > 24:
        return None
    return next((name for name, words in _LABEL.items() if words.search(bare)), None)


def labelled(text: Text) -> tuple[str, Text] | None:
    """The label and what it labels: `type: string`, with the colon within the bold part, after it, or left out.

    In `marked`, U+E000 and U+E001 stand around code, U+E002 and U+E003 around what is bold.
    """
    marked = text.marked.strip()
    dashed = re.fullmatch(r"([^\ue000-\ue003:：\n,，。;；【】\[\]\d]{1,24}?)\s+[-–—](?:\s+(.*))?", marked, re.DOTALL)
    if dashed and attribute(dashed[1]):
        return dashed[1].strip(), Text(dashed[2] or "")
    for pattern in (
        r"\ue002([^\ue003:：]{1,40})[:：]?\s*\ue003\s*[:：]?\s*(.*)",
        r"\ue000([^\ue001:：]{1,40})[:：]?\ue001\s*[:：]\s*(.*)",
        r"[【\[]([^\ue000-\ue003:：\n,，。;；】\]]{1,24})[】\]]\s*[:：]?\s*(.*)",
        r"([^\ue000-\ue003:：\n,，。;；]{1,24})[:：]\s*(.*)",
    ):
        if found := re.fullmatch(pattern, marked, re.DOTALL):
            return re.sub(r"[\ue000-\ue003]", "", found[1]).strip(), Text(found[2])
    return None


def yes(text: str) -> bool | None:
    """True for a mark that means yes, False for no, None for neither."""
    bare = text.strip().strip(QUOTES)
    if (both := re.fullmatch(r"(\S+?)\s*\(([^()]+)\)", bare)) and yes(both[1]) == yes(both[2]):
        bare = both[1]
    if NO.fullmatch(bare):
        return False
    return True if YES.fullmatch(bare) else None


def nothing(text: str) -> bool:
    """Whether a cell means "no value"."""
    return NOTHING.fullmatch(text.strip().strip(QUOTES)) is not None


def number(text: str) -> int | float | None:
    """The first number of a text."""
    found = re.search(NUMBER, text)
    return figure(found[0]) if found else None


def figure(text: str) -> int | float:
    """A number as it is written, perhaps with thousands separators."""
    value = float(text.replace(",", ""))
    return int(value) if value.is_integer() else value


def type_of(text: str) -> Type | None:
    """The type that a cell names; None if it names none that is known."""
    bare = re.sub(rf"[{QUOTES}\s]", "", text).split("|")[0]
    if array := re.fullmatch(r"(.+)\[\]|(?:array|list|数组|列表)(?:of|[<(\[{:])(.+?)s?[>)\]}]?", bare, re.IGNORECASE):
        inner = type_of(array[1] or array[2])
        return Type("array", inner.name if inner else None, inner.format if inner else None)
    if listed := re.fullmatch(
        r"(string|str|integer|int|number|object|字符串|对象|整数)(?:的)?(?:array|list|数组|列表)", bare, re.IGNORECASE
    ):
        inner = type_of(listed[1])
        return Type("array", inner.name if inner else None)
    if enum := re.fullmatch(r"(?:enum|枚举)[<(\[](.+)[>)\]]", bare, re.IGNORECASE):
        return type_of(enum[1])
    if found := re.fullmatch(r"(\w+)[<(/:]\(?(.+?)[>)]?", bare):
        outer = type_of(found[1])
        return outer and Type(outer.name, format=_format(found[2]))
    return next((Type(name) for name, words in _TYPE.items() if words.fullmatch(bare)), None)


def scalar(text: str, kind: str | None) -> Any:
    """A value converted to its field's type, without the quotation marks around it."""
    bare = unquoted(text)
    if kind in {"integer", "number"} and re.fullmatch(NUMBER, bare):
        return figure(bare)
    if kind == "boolean" and bare.lower() in {"true", "false", "是", "否"}:
        return bare.lower() in {"true", "是"}
    if kind in {"array", "object"} or (kind is None and bare[:1] in {"[", "{"}):
        return _json(bare)
    return bare


def unquoted(text: str) -> str:
    """Without the pair of quotation marks around it, and without the code marks around these."""
    bare = text.strip().strip("`").strip()
    if len(bare) > 1 and bare[0] in QUOTES and bare[-1] in QUOTES:
        return bare[1:-1]
    return bare


def field_name(text: Text) -> str | None:
    """The name of a field, perhaps a dotted path, if a title or a cell is one."""
    bare = text.plain.strip(" *_:.　└├─│-").strip(QUOTES).strip(":").strip(QUOTES)
    found = re.fullmatch(rf"({NAME.pattern})\s*(?:\(.*\)|\*|必填|可选)?", bare)
    return re.sub(r"\[\w*\]", "", found[1]) if found else None


def _format(text: str) -> str | None:
    bare = text.lower().strip("()<>")
    if bare in {"url", "uri", "link", "链接", "网址"}:
        return "uri"
    return (
        bare
        if re.fullmatch(r"[a-z][a-z0-9-]*", bare) and bare not in {"enum", "null", "optional", "required"}
        else None
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
