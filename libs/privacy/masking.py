"""Masks for people who may see that a value is right but not the value: read models, letters, the portal.

A mask is for display only. It is not a pseudonym (masks of different people coincide) and not anonymous.
"""

import re

_MASK = "*"
_CJK = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_HIDDEN_ENTIRELY = _MASK * 4


def mask_name(name: str) -> str:
    """王*明 and 王*; any other script keeps the first letter of each word, whatever its length."""
    stripped = name.strip()
    if not stripped:
        return ""
    if _CJK.match(stripped):
        return _mask_chinese_name(stripped)
    return " ".join(f"{word[0]}{_MASK * 3}" for word in stripped.split())


def mask_id_number(id_number: str) -> str:
    """First three and last four characters: the province and the end that desks ask for, not the birthday."""
    return _keep_ends(id_number.strip(), first=3, last=4)


def mask_phone(phone: str) -> str:
    """First three and last four digits (138****5678)."""
    return _keep_ends(phone.strip(), first=3, last=4)


def mask_account(account: str) -> str:
    """The last four digits behind four stars; the length, which tells the bank, is hidden."""
    digits = "".join(account.split())
    return f"{_HIDDEN_ENTIRELY}{digits[-4:]}" if len(digits) > 8 else _HIDDEN_ENTIRELY


def _mask_chinese_name(name: str) -> str:
    if len(name) < 3:
        return name[0] + _MASK
    return name[0] + _MASK * (len(name) - 2) + name[-1]


def _keep_ends(text: str, first: int, last: int) -> str:
    # Unless more is hidden than half of what is shown, the mask would give the value away.
    hidden = len(text) - first - last
    if hidden < (first + last) // 2:
        return _HIDDEN_ENTIRELY if text else ""
    return text[:first] + _MASK * hidden + text[-last:]
