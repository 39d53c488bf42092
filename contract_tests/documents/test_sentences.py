"""Facts of sentences in many wordings: limits, choices and defaults, and none where none is meant."""

import pytest

from contract_tests.documents.edits.corpus import with_sorted_lists
from scripts.documents.fields.sentences import described, facts_of, unit
from scripts.documents.markdown.blocks import marked

LENGTHS = [
    "≤1500 字符",
    "不超过 1500 个字符",
    "最多 1500 字",
    "长度上限 1500",
    "上限为 1500 字符",
    "1500 字符以内",
    "请控制在1500字符内",
    "限 1500 字",
    "字符数不超过 1500",
    "最大字符数：1500",
    "最长 1,500 个字符",
    "小于等于 1500 个字符",
    "少于 1501 个字符",
    "up to 1,500 characters",
    "no more than 1500 chars",
    "must not exceed 1500 characters",
    "Maximum length: 1500.",
    "1500-character limit",
]
CHOICES = [
    "档位，可选值：`slow`（慢），`fast`（快）",
    "one of `fast` / `slow`",
    "`slow` 或 `fast`",
    "取值为 slow、fast",
    "可取 slow / fast",
    "`slow` = 慢, `fast` = 快",
    "slow: 慢；fast: 快",
    "分为 slow 和 fast 两档",
    "仅支持 slow 和 fast",
    "速度,可选,slow(慢)或 fast(快)",
    "慢速（`slow`）或快速（`fast`）",
    "Either `slow` or `fast`.",
    'Options: "slow", "fast"',
    "- `slow`: slow\n- `fast`: fast",
    "可选值：slow（慢）\nfast（快）",
    "可选值：\n• slow：慢\n• fast：快",
    "慢速（slow）或快速（fast）",
    "slow-慢，fast-快",
]
RANGES = [
    "取值范围：[0, 2]，越大越近",
    "取值范围0-2",
    "0 到 2 之间",
    "介于 0 和 2 之间",
    "0 ≤ x ≤ 2",
    "0 <= zoom <= 2",
    "不小于 0 且不大于 2",
    "最小值 0，最大值 2",
    "范围 0~2",
    "between 0 and 2",
    "from 0 to 2",
    "min 0, max 2",
    "取值范围：`0`-`2`",
]
FIGURES = [
    "支持的值：4、8",
    "可选值:4或8",
    "支持 4 秒和 8 秒",
    "只能是 4 或 8",
    "4、8 二选一",
    "4s 或 8s",
    "either 4 or 8",
    "Allowed values: 4, 8",
    "可选值：\n4\n8",
]
SIZES = ["最大文件大小：3.0MB", "不超过3MB", "3 MB 以内", "max 3 MB", "最大 3,000,000 字节", "大小限制：3兆"]
MEDIA = [
    "支持的格式：`image/png`, `image/jpeg`。",
    "接受 image/jpeg 与 image/png",
    "仅限 JPEG/PNG 格式",
    "Supported file types: .jpg, .png",
    "格式：image/png / image/jpeg",
]
NOTHING = [
    "一段说明，中英文均可",
    "The width and height of the film.",
    "返回 URL 或 Base64 编码",
    "Cannot be used with seed or mask",
    "与上文的 2 个字段一起使用",
    "用于最后一帧的图片 URL。",
    "见 `mask` 和 `seed`",
    "编号，例如 `a1`、`b2`",
]
WORDINGS = [
    *(("string", text, {"max_length": 1500}) for text in LENGTHS),
    *(("string", text, {"enum": ["fast", "slow"]}) for text in CHOICES),
    *(("number", text, {"minimum": 0, "maximum": 2}) for text in RANGES),
    *(("integer", text, {"enum": [4, 8]}) for text in FIGURES),
    *(("string", text, {"max_bytes": 3000000}) for text in SIZES),
    *(("string", text, {"media_types": ["image/jpeg", "image/png"]}) for text in MEDIA),
    *(("string", text, {}) for text in NOTHING),
]


def read(text, kind):
    names = frozenset({"mask", "seed"})
    found: dict[str, object] = {}
    for name, value in facts_of(marked(text), kind, names):
        assert found.setdefault(name, value) == value
    return found


@pytest.mark.parametrize(("kind", "text", "expected"), WORDINGS, ids=lambda value: str(value)[:40])
def test_a_sentence_has_its_facts_and_no_others(kind, text, expected):
    assert with_sorted_lists(read(text, kind)) == with_sorted_lists(expected)


BOTH = ["b_time", "a_time"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", "长度 2-400 个字符", {"min_length": 2, "max_length": 400}),
        ("string", "不超过 400 个单词", {"max_words": 400}),
        ("string", "至少 5 个字符", {"min_length": 5}),
        ("number", "取值范围：(0, 2]", {"exclusive_minimum": 0, "maximum": 2}),
        ("number", "范围 0 - 1（步长：0.25）", {"minimum": 0, "maximum": 1, "step": 0.25}),
        ("array", "1-4 张图片", {"min_items": 1, "max_items": 4}),
        ("array", "supports up to 8 images", {"max_items": 8}),
        ("array", "at least 2 images", {"min_items": 2}),
        ("string", "取值为 slow、mid 或 fast", {"enum": ["slow", "mid", "fast"]}),
        ("string", "最小文件大小：3KB", {"min_bytes": 3000}),
        ("string", "默认为 `slow`", {"default": "slow"}),
        ("integer", "Defaults to 8.", {"default": 8}),
        ("string", "默认值：`slow`。\n\n- `slow`：慢\n- `fast`：快", {"default": "slow", "enum": ["slow", "fast"]}),
        ("string", "可选值：`pan`、`tilt` 等", {"enum": ["pan", "tilt"], "open": True}),
        ("string", "可选值如 pan（平移）、tilt（倾斜）", {"enum": ["pan", "tilt"], "open": True}),
        ("string", "one of `pan`, `tilt`, etc.", {"enum": ["pan", "tilt"], "open": True}),
        ("string", "画面比例：16:9 / 9:16", {"enum": ["16:9", "9:16"]}),
        ("string", "仅支持 `slow`", {"enum": ["slow"]}),
        ("boolean", "布尔值：true/false", {}),
        ("string", "默认 slow。", {"default": "slow"}),
        ("string", "defaults to the value of slow", {}),
        ("string", "宽高不小于 300px，不大于 4000 像素", {"min_pixels": 300, "max_pixels": 4000}),
        ("string", "宽高比在 1:2.5 ~ 2.5:1 之间", {"min_ratio": "1:2.5", "max_ratio": "2.5:1"}),
        ("string", "一段话（已废弃）", {"deprecated": True}),
        ("string", "Deprecated: a note", {"deprecated": True}),
        ("string", "模型：egret-1/egret-2/egret-3", {"enum": ["egret-1", "egret-2", "egret-3"]}),
    ],
)
def test_other_facts_in_sentences(kind, text, expected):
    assert read(text, kind) == expected


def test_a_field_that_is_named_is_no_value_unless_it_is_announced_as_one():
    assert read("`mask`、`seed`", "string") == {}
    assert read("可选值：`mask`、`seed`", "string") == {"enum": ["mask", "seed"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("正文,必需,随便写", True),
        ("（可选）备注", False),
        ("可选配置，建议填写", False),
        ("(Optional) A note", False),
        ("The id. Required field.", True),
        ("可选值:1、2", None),
        ("必要时再填", None),
    ],
)
def test_a_description_may_call_its_field_required_or_optional(text, expected):
    assert described(marked(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("时长（单位：秒）", "s"),
        ("以毫秒为单位", "ms"),
        ("Length in seconds", "s"),
        ("时长（s）", "s"),
        ("Length (unit: seconds)", "s"),
        ("最多 5 秒", None),
        ("编号", None),
    ],
)
def test_the_unit_of_a_time(text, expected):
    assert unit(marked(text)) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", "长度（单位：秒）\n可选 2s - 9s", {"minimum": 2, "maximum": 9}),
        ("string", "Duration, 2s to 9s", {"minimum": 2, "maximum": 9}),
        ("integer", "时长，2 秒到 9 秒", {"minimum": 2, "maximum": 9}),
        ("array", "每个视频 2-9 秒", {"min_seconds": 2, "max_seconds": 9}),
        ("string", "Audio URL, up to 9 seconds", {"max_seconds": 9}),
        (
            "integer",
            "b_time - a_time 在 2000 到 7000 之间",
            {"difference": {"of": BOTH, "minimum": 2000, "maximum": 7000}},
        ),
        ("integer", "`b_time` minus `a_time`: from 2 to 7", {"difference": {"of": BOTH, "minimum": 2, "maximum": 7}}),
        ("array", "最多支持 6 段", {"max_items": 6}),
        ("array", "最大数组长度：2", {"max_items": 2}),
        ("array", "数组长度不超过 8", {"max_items": 8}),
        ("array", "array length must be between 2 and 4", {"min_items": 2, "max_items": 4}),
        ("array", "每条长度不超过 8", {"max_length": 8}),
        ("string", "宽高均大于 320px", {"min_pixels": 321}),
        ("string", "边长 320px - 4000px", {"min_pixels": 320, "max_pixels": 4000}),
        ("string", "不超过 80 个字符，建议不超过 60 个字符", {"max_length": 80}),
        ("string", "1080P 不支持 12 秒", {}),
        ("string", "4k does not support 12 s", {}),
        ("string", "1080p 仅支持 6 秒", {}),
        ("string", "原支持 6 秒，现支持 6、12 秒", {"enum": ["6", "12"]}),
        ("string", "怎样做。slow: 慢 (480p). fast: 快 (240p)", {"enum": ["slow", "fast"]}),
        ("string", "The ratio:\n\n- **2:3**: high, narrow\n- **3:2**: wide, low", {"enum": ["2:3", "3:2"]}),
        ("string", "Note: not much. Default: 5", {"default": "5"}),
    ],
)
def test_what_a_figure_limits_and_what_a_list_is(kind, text, expected):
    assert dict(facts_of(marked(text), kind)) == expected
