"""Rewordings of labels and prose: the same page in other words."""

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random

from contract_tests.documents.edits.lines import HEADING, each_cell, lines_with_code_flag, prose

Rewording = Callable[[str, Random], str]

LABELS = {
    "类型|Type": ("参数类型", "数据类型", "Type"),
    "必需|Required": ("是否必填", "必填", "Required"),
    "默认值|Default": ("默认", "缺省值", "Default value"),
    "最大长度|Max length": ("长度上限", "Max length", "Maximum length"),
    "最小长度|Min length": ("最小长度", "Minimum length", "最短长度"),
    "可用选项|选项|Options": ("可选值", "Options", "Allowed values"),
    "可用选项及含义|Options and meaning": ("可选值", "可选值及说明", "Options"),
    "范围|Range": ("取值范围", "Range", "值域"),
    "步长|Step": ("步进", "Step", "最小步长"),
    "描述|说明|Description": ("说明", "Description", "含义"),
    "示例|Example": ("示例值", "Example", "例如"),
    "位置|Location": ("参数位置", "In", "Location"),
    "请求方法|请求方式": ("请求方式", "Method", "HTTP 方法"),
    "接口地址|请求地址|端点|URL|Endpoint": ("请求路径", "Endpoint", "地址"),
    "内容类型|Content-Type": ("请求体类型", "Content-Type", "Content type"),
    "认证方式": ("鉴权方式", "Authentication", "鉴权"),
}
COLUMNS = {
    "参数|参数名|字段路径": ("字段", "Parameter", "参数名称"),
    "类型": ("数据类型", "Type", "参数类型"),
    "是否必需|必填": ("必需", "Required", "是否必填"),
    "默认值": ("默认", "Default", "缺省值"),
    "描述": ("说明", "Description", "备注"),
    "错误码|状态码|代码": ("返回码", "Code", "错误代码"),
    "状态|状态值": ("任务状态", "Status", "State"),
    "模型 ID": ("模型标识", "Model ID", "模型编号"),
    "支持功能": ("功能", "Features", "能力"),
    "属性": ("项目", "Property", "名称"),
    "值": ("取值", "Value", "内容"),
}
ROWS = {
    "Format": ("格式", "Model", "format"),
    "Type": ("类型", "Data type", "type"),
    "Required": ("必需", "是否必需", "required"),
    "Method": ("方法", "请求方法", "method"),
    "Optional": ("可选", "是否可选", "optional"),
}
HEADINGS = {
    "认证|Authorizations": ("鉴权", "Authentication", "身份认证"),
    "API 信息|接口信息|接口说明": ("基本信息", "Endpoint", "接口"),
    "API端点": ("接口地址", "Endpoint", "请求地址"),
    "请求参数|请求参数说明|Request Parameters": ("参数说明", "Request Parameters", "入参"),
    "查询参数": ("Query 参数", "Query Parameters", "查询字符串参数"),
    "响应参数|响应参数说明|Response Parameters": ("返回参数", "Response Parameters", "响应字段"),
    "响应字段": ("返回字段", "Response Fields", "响应参数"),
    "请求示例|示例请求|Request Example": ("调用示例", "Request Example", "请求样例"),
    "响应示例|示例响应|Response Example": ("返回示例", "Response Example", "响应样例"),
    "查询响应示例": ("查询返回示例", "Query Response Example", "响应示例"),
    r"\d\. 创建生成任务": ("创建任务", "1. Create Task", "提交任务"),
    r"(?:\d\. )?查询任务状态|任务查询|Query Task Status": ("查询任务", "Query Task", "获取任务详情"),
    "任务状态说明|任务状态": ("状态说明", "Task Status", "任务状态一览"),
    "错误码|错误代码|常见错误代码": ("状态码", "Error Codes", "错误码说明"),
    "支持的模型": ("可用模型", "Models", "模型列表"),
    "注意事项": ("说明", "Notes", "使用须知"),
    r"input 对象参数": ("input 参数", "input object", "`input` 字段说明"),
    r"(camera\w*) 参数说明": (r"\1 参数", r"`\1` 字段", r"\1 对象"),
    "回调 URL 参数": ("回调参数", "Callback URL", "回调"),
    "模型参数": ("`model` 参数", "Model Parameter", "model"),
    "Body": ("请求体", "Request Body", "Body 参数"),
    "推荐的轮询间隔": ("轮询间隔", "Polling Interval", "建议间隔"),
    "速率限制": ("频率限制", "Rate Limits", "限流"),
}
YES = ("Yes", "true", "必填", "✓", "✅")
NO = ("No", "false", "选填", "✗", "❌")
NONE = ("", "无", "—", "N/A", "None")
TYPES = {
    r"enum<string>": ("string", "string (enum)", "枚举 (string)"),
    r"enum<integer>": ("integer", "integer (enum)", "enum (integer)"),
    r"string<uri>": ("string (uri)", "string<url>", "string(uri)"),
    r"array of string": ("string[]", "array<string>", "list of strings"),
    r"integer|int": ("int", "Integer", "整数"),
    r"number|float": ("float", "Number", "浮点数"),
    r"boolean": ("bool", "Boolean", "布尔值"),
    r"string": ("String", "str", "字符串"),
    r"object": ("Object", "dict", "对象"),
}
OR = r"(?:或|和|、|, | / )"
WORDS = {
    r"≤(\d+) ?字符": (r"不超过 \1 个字符", r"最多 \1 字", r"max \1 characters", r"\1 字符以内", r"长度上限 \1 字符"),
    r"(?:的长度)?不超过 ?(\d+) ?个?字符": (r"最多 \1 个字符", r"≤\1字符", r"不得超过 \1 字", r"控制在\1字以内"),
    r"(?<=[:：* ]) (\d+) 个字符$": (r" \1 字符", r" \1 characters", r" \1", r" `\1`"),
    r"支持的值：(\d+)、(\d+)": (r"可取 \1 或 \2", r"可选值：\2 / \1", r"只能是 \1 或 \2", r"取值为 \1、\2"),
    r"支持 (\d+) 秒和 (\d+) 秒": (r"可为 \2 秒或 \1 秒", r"只支持 \1 或 \2 秒", r"支持 \1/\2 秒"),
    r"可选值：`(\w+)`（[^）]*），`(\w+)`（[^）]*）(?! ?等)": (
        r"`\2`（更好）或 `\1`（普通）",
        r"取值 \1 或 \2",
        r"可选值：`\1`、`\2`",
    ),
    r"可选值：((?:`[\d:]+`、?)+)": (r"取值为 \1", r"可以是 \1 之一", r"支持：\1"),
    r"取值范围：\[([\d.]+), ([\d.]+)\]": (
        r"\1 到 \2 之间",
        r"取值 \1~\2",
        r"范围为 \1 至 \2",
        r"between \1 and \2",
        r"取值 \1–\2",
    ),
    r"`?([\d.]+) <= x <= ([\d.]+)`?": (r"\1 ≤ x ≤ \2", r"[\1, \2]", r"\1 ~ \2", r"\1 - \2", r"\1 到 \2", r"≥ \1, ≤ \2"),
    r"任务状态：(?=`)": ("任务的状态，可能为 ", "状态，取值：", "任务状态，为下列之一："),
    r"\*\*可能的值\*\*: ": ("取值为 ", "可能为 ", "**取值**："),
    r"(`\w+`（[^）]*）) ?等": (r"\1等等", r"\1……", r"\1 etc."),
    r"(\d+)\.0MB": (r"\1 MB", r"\1MB", r"\1 M", r"\1兆"),
    r"最大文件大小：(\S+MB)": (r"文件不超过 \1", r"文件大小上限 \1", r"Max file size: \1"),
    r"支持的格式：`(.*?)`, `(.*?)`, `(.*?)`": (
        r"格式：`\3`、`\1`、`\2`",
        r"格式限 \2、\3 或 \1",
        r"Accepted formats: \1, \2, \3",
    ),
    r"Supported formats: `(.*?)`, `(.*?)`\.": (
        r"Formats: \2 or \1.",
        r"支持 `\1`、`\2` 格式。",
        r"Accepted: `\2`, `\1`.",
    ),
    r"Maximum file size: ([\d.]+)MB": (r"Max file size: \1 MB", r"Files up to \1 MB", r"大小不超过 \1MB"),
    r"Maximum number of items: (\d+)": (r"At most \1 items", r"Max items: \1", r"最多 \1 张", r"不超过 \1 个"),
    r"(?<=，)200 表示成功|`200`表示成功": ("成功时为 200", "200 = success", "`200` 为成功"),
    r"（通过 URL 参数传递）": (
        "（查询字符串参数）",
        "（query 参数）",
        "（放在 URL 的查询参数里）",
        " (query parameter)",
    ),
    r"轮询间隔为 ?(\d+)-(\d+) ?秒": (
        r"每隔 \1~\2 秒轮询一次",
        r"每 \1 到 \2 秒轮询一次",
        r"轮询间隔 \1–\2 秒",
        r"轮询间隔：\1 至 \2s",
    ),
    r"每(\d+)-(\d+)秒": (r"每 \1 到 \2 秒", r"每 \1–\2 秒", r"每隔\1~\2秒", r"间隔 \1-\2 s"),
    r"每秒(\d+)次": (r"每秒 \1 次", r"每秒最多 \1 次", r"\1 次/秒"),
    r"在(\d+)小时后过期": (r"的有效期为 \1 小时", r"只保留 \1 小时", r"在 \1 小时后失效", r"在 \1h 后过期"),
    r"(?<=,)必需(?=,)|(?<=,)必需(?=\")": ("必填", "不可省略"),
    r"(?<=,)可选(?=[,\"])": ("选填", "非必填"),
    r"(std|quick)\([^)]*\)或 (pro|careful)\([^)]*\)": (r"\2(细)或 \1(粗)", r"可选值:\1、\2", r"\1 / \2"),
    r"可选值:(\d+:\d+(?:, \d+:\d+)*)": (r"可以是 \1", r"支持:\1", r"取值:\1"),
    r"可选值:(\d+)或(\d+)": (r"可取\2或\1", r"支持的值:\1、\2", r"只能是 \1 或 \2"),
    r"取值范围(-?\d+)[-到](\d+)": (r"取值范围:[\1, \2]", r"范围\1~\2", r"在\1到\2之间", r"取值范围 \1 至 \2"),
    r"包含 `value` 字段": ("含有 `value` 字段", "其中的 `value` 字段", "字段：`value`"),
    r"POST 请求(?= \|)": ("POST", "HTTP POST", "`POST` 请求"),
    r"以 POST 方式推送": ("用 POST 请求推送", "以 HTTP POST 发送", "发出 POST 请求，带上"),
    r"URL POST 任务": ("URL 发出 POST 请求，带上任务", "URL 以 POST 方式发送任务"),
    r"格式为 `Bearer \{YOUR_API_KEY\}`": ("即 `Bearer 你的密钥`", "值为 `Bearer <token>`", "形如 Bearer YOUR_API_KEY"),
    r"单位为秒|以秒为单位|单位：秒|单位秒": ("以秒计", "单位是秒", "单位：秒"),
    r"Bearer Token": ("Bearer 令牌", "Bearer token", "`Bearer` 令牌"),
    r"（毫秒）": ("（单位：毫秒）", "，以毫秒计", "(ms)"),
    r"（JSON 字符串，?": ("（一段 JSON 文本，", "（JSON 格式的字符串，"),
    r"(\b最大长度：|[Mm]ax length: )(\d+) ?(?:字符|characters)": (r"不超过 \2 字符", r"at most \2 characters", r"\1\2"),
}


def _cell(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^(\s*(?:\*\*)?)(?:{pattern})((?:\*\*)?\s*)$")


def labels(pattern: str, word: str) -> Rewording:
    bullet = re.compile(rf"^(\s*(?:[-*+]\s+)?\**)(?:{pattern})(?=[:：*])")
    return lambda text, _: prose(text, lambda line: bullet.sub(lambda m: m[1] + word, line))


def columns(pattern: str, word: str) -> Rewording:
    cell = _cell(pattern)
    return lambda text, _: each_cell(text, lambda _, c: cell.sub(lambda m: m[1] + word + m[2], c), header=True)


def rows(pattern: str, word: str) -> Rewording:
    cell = _cell(pattern)
    return lambda text, _: each_cell(text, lambda at, c: c if at else cell.sub(lambda m: m[1] + word + m[2], c))


def headings(pattern: str, word: str) -> Rewording:
    line = re.compile(rf"^(#+ )(?:{pattern})$")
    written = word.replace(r"\1", r"\2")
    return lambda text, _: prose(text, lambda one: line.sub(rf"\g<1>{written}", one))


def types(pattern: str, word: str) -> Rewording:
    """Replace types in the bullets, and in the column after the names."""
    bullet = re.compile(rf"^(\s*[-*+]\s+\**(?:类型|Type)\**[:：]\**\s*`?)(?:{pattern})(?=`?$)")
    cell = re.compile(rf"^(\s*)(?:{pattern})(\s*)$")

    def rewording(text: str, _: Random) -> str:
        written = prose(text, lambda line: bullet.sub(lambda m: m[1] + word, line))
        return each_cell(written, lambda at, c: cell.sub(lambda m: m[1] + word + m[2], c) if at == 1 else c)

    return rewording


def marks(plain: str, label: str, yes: str, no: str) -> Rewording:
    """Replace yes and no in the bullets and the cells."""
    bullet = re.compile(rf"^(\s*[-*+]\s+\**(?:{label})\**[:：]\**\s*`?)(是|否|Yes|No)(?=`?$)")
    cell = re.compile(rf"^(\s*)({plain})(\s*)$")

    def mark(match: re.Match[str]) -> str:
        return match[1] + (yes if match[2] in {"是", "Yes"} else no) + (match[3] if len(match.groups()) > 2 else "")

    def rewording(text: str, _: Random) -> str:
        written = prose(text, lambda line: bullet.sub(mark, line))
        columns = {2} if yes == "必填" else {1, 2}  # a second column may ask whether something is optional
        return each_cell(written, lambda at, c: cell.sub(mark, c) if at in columns else c)

    return rewording


def absent(word: str) -> Rewording:
    return lambda text, _: each_cell(text, lambda at, c: re.sub(r"^(\s*)-(\s*)$", rf"\1{word}\2", c) if at == 3 else c)


def reworded(pattern: str, words: str) -> Rewording:
    """Replace words in the prose, and in descriptions in JSON or YAML; never in samples or commands."""
    some = re.compile(pattern)

    def written(text: str, _: Random) -> str:
        return "\n".join(
            some.sub(words, line) if not code or "description" in line or "长度" in line else line
            for line, code in lines_with_code_flag(text)
        )

    return written


def half_width(text: str, _: Random) -> str:
    """Write half-width brackets, colons and commas, except in lines whose value may be a sentence."""
    marks = str.maketrans({"（": " (", "）": ")", "，": ", ", "：": ": ", "；": "; "})

    def half(line: str) -> str:
        values = re.search("默认值|示例|Default", line)
        return line if values else line.replace("：**", ":** ").translate(marks)

    return prose(text, half)


def full_width(text: str, _: Random) -> str:
    """Write full-width brackets, colons and commas in bullets and cells, but not in code."""

    def wide(line: str) -> str:
        if HEADING.match(line) or re.search(r"https?:|示例|默认值|---", line):
            return line
        parts = line.split("`")
        return "`".join(
            part if i % 2 else re.sub(r" ?(?<!\])\(([^()]*)\)", r"（\1）", part.replace(", ", "，"))
            for i, part in enumerate(parts)
        )

    return prose(text, wide)


def turned_clauses(text: str, _: Random) -> str:
    """Reverse the clauses of a description, where each can stand alone."""

    def turned(at: int, cell: str) -> str:
        alone = at > 1 and "，" in cell and not re.search("可选值|[。：].*，|，.*[。：]|如|且|（", cell)
        return f" {'，'.join(cell.strip().split('，')[::-1])} " if alone else cell

    return each_cell(text, turned)


def listed_with_commas(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"(?<=`)、(?=`)|(?<=\d)、(?=\d)", ", ", line))


def listed_with_slashes(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"(?<=`)(、|, )(?=`)", " / ", line))


def thousands(text: str, _: Random) -> str:
    limit = re.compile(r"((?:最大长度|Max length)\D{0,8}|≤|不超过 ?)(\d)(\d{3})\b")
    return prose(text, lambda line: limit.sub(r"\1\2,\3", line))


def quoted_values(text: str, _: Random) -> str:
    """Quote words and ratios; numbers only where the type is a string."""
    value = re.compile(r"^(\s*[-*+]\s+\**(?:默认值|Default)\**[:：]\**\s*)`(\d+:\d+|[a-z][\w./-]*[a-z\d]|\d+)`$")
    strings = re.compile(r"true|false|\d+$")
    lines, kind = [], ""
    for line, code in lines_with_code_flag(text):
        kind = line if re.search(r"(类型|Type)\W", line) else kind
        keep = code or (strings.match(m[2]) and "string" not in kind if (m := value.match(line)) else True)
        lines.append(line if keep else value.sub(r'\1`"\2"`', line))
    return "\n".join(lines)


def unquoted_values(text: str, _: Random) -> str:
    value = re.compile(r'^(\s*[-*+]\s+\**(?:默认值|Default)\**[:：]\**\s*`)"([\w:./-]+)"`$')
    return prose(text, lambda line: value.sub(r"\1\2`", line))


def _each(
    name: str, table: Mapping[str, tuple[str, ...]], rewording: Callable[[str, str], Rewording]
) -> Iterator[tuple[str, Rewording]]:
    for pattern, words in table.items():
        for word in words:
            yield f"{name} {pattern} -> {word}", rewording(pattern, word)


FIRST = (turned_clauses, half_width, full_width, thousands, quoted_values, unquoted_values)
LAST = (listed_with_commas, listed_with_slashes)
WORDING: dict[str, Rewording] = dict(
    (
        *((one.__name__, one) for one in FIRST),
        *_each("words", WORDS, reworded),
        *((one.__name__, one) for one in LAST),
        *_each("type", TYPES, types),
        *((f"marks {yes} {no}", marks("是|否", "必需|Required", yes, no)) for yes, no in zip(YES, NO, strict=True)),
        *((f"no default: {word!r}", absent(word)) for word in NONE),
        *_each("label", LABELS, labels),
        *_each("column", COLUMNS, columns),
        *_each("row", ROWS, rows),
        *_each("heading", HEADINGS, headings),
    )
)
