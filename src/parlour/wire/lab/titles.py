"""Titles of problems in the person's language, and which language a request accepts (lab protocol 0, 13.3)."""

from parlour.assistant.entities import Language
from parlour.wire.http.problems import CODES

ZH = {
    "account_taken": "这个名字已被使用",
    "answer_invalid": "回答无效",
    "bad_request": "请求格式错误",
    "body_too_large": "请求过大",
    "file_in_use": "文件正在使用中",
    "file_missing": "缺少文件",
    "file_too_large": "文件过大",
    "forbidden": "不允许",
    "id_invalid": "用户名无效",
    "idempotency_conflict": "请求编号已被使用",
    "internal": "服务器内部错误",
    "method_not_allowed": "不支持该方法",
    "not_found": "未找到",
    "origin_refused": "来源被拒绝",
    "password_invalid": "密码无效",
    "question_closed": "问题已关闭",
    "queue_full": "等待的消息过多",
    "quota_exceeded": "存储空间已满",
    "range": "范围无效",
    "request_timeout": "请求超时",
    "shutting_down": "服务器正在重启",
    "sign_up_closed": "注册已关闭",
    "text_empty": "文字为空",
    "text_too_long": "文字过长",
    "too_many_attempts": "尝试次数过多",
    "too_many_requests": "请求过于频繁",
    "too_many_streams": "连接过多",
    "type_unsupported": "不支持的文件类型",
    "unauthenticated": "需要登录",
    "unavailable": "服务暂不可用",
    "unknown_field": "未知字段",
    "validation": "请求无效",
}


def title_of(code: str, language: Language) -> str:
    """The title of a code; in English if it has none in that language."""
    return ZH[code] if language == "zh" and code in ZH else CODES[code][1]


def accepted_language(header: str | None) -> Language:
    """What an `Accept-Language` prefers of English and Chinese; English without one."""
    best: tuple[float, Language] = (0.0, "en")
    for part in (header or "").split(","):
        tag, _, rest = part.strip().partition(";")
        name = tag.strip().lower().partition("-")[0]
        if name in ("en", "zh"):
            best = max(best, (_weight(rest), "zh" if name == "zh" else "en"), key=lambda each: each[0])
    return best[1]


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
