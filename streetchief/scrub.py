"""Personal data in free text: identity numbers are dropped, telephone numbers are scrubbed.

One place for all rooms: what comes in from a feed, what people write into a case, what is written into a log.
"""

from __future__ import annotations

import re
import unicodedata

_D = r"[0-9０-９]"
_GAP = r"[-\s.·–—－]?"  # what people put between the groups of a number
_ID_CARD = re.compile(
    rf"(?<![0-9A-Za-z０-９])({_D}{{6}}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}{_GAP}{_D}{{3}}[0-9０-９XxＸｘ])(?![0-9A-Za-z０-９])"
)
_MOBILE = re.compile(rf"(?<!{_D})(?:[+＋]?86{_GAP})?[1１][3-9３-９]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}(?!{_D})")
_LANDLINE = re.compile(rf"(?<!{_D})[(（]?[0０]{_D}{{2,3}}(?:[)）]\s*|[-\s－–—]){_D}{{7,8}}(?!{_D})")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
ID_CARD_LENGTH = 18
ID_CARD_MARK = "[身份证号已删除]"
PHONE_MARK = "[电话]"


def is_id_card(text: str) -> bool:
    """Whether a text is a resident identity number, check digit included (GB 11643-1999), gaps between groups aside."""
    plain = re.sub(r"[^0-9X]", "", unicodedata.normalize("NFKC", text).upper())
    if len(plain) != ID_CARD_LENGTH or "X" in plain[:17]:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(plain[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == plain[17]


def drop_id_cards(text: str) -> str:
    """The text without resident identity numbers; other long numbers (a feed's own ids) stay."""
    return _ID_CARD.sub(lambda m: ID_CARD_MARK if is_id_card(m[1]) else m[0], text)


def scrub(text: str) -> str:
    """Free text without identity numbers and telephone numbers."""
    return _LANDLINE.sub(PHONE_MARK, _MOBILE.sub(PHONE_MARK, drop_id_cards(text)))
