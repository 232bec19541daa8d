"""What must not be seen is not seen; what only looks like it stays."""

from __future__ import annotations

import pytest

from streetchief.scrub import ID_CARD_MARK, PHONE_MARK, drop_id_cards, is_id_card, scrub

FAKE_ID = "11010519491231002X"  # the worked example printed in GB 11643-1999, nobody's

CASES = [
    (f"身份证{FAKE_ID}，速办", f"身份证{ID_CARD_MARK}，速办", "an identity number"),
    ("案卷110105194912310021", "案卷110105194912310021", "18 digits with a wrong check digit are a case number"),
    ("电话13800000000。", f"电话{PHONE_MARK}。", "a mobile"),
    ("+86 138-0000-0000", PHONE_MARK, "a mobile with separators"),
    ("致电0835-2222222转1", f"致电{PHONE_MARK}转1", "a landline"),
    ("身份证 110105 1949 1231 002X 号", f"身份证 {ID_CARD_MARK} 号", "an identity number in groups"),
    ("１１０１０５１９４９１２３１００２Ｘ", ID_CARD_MARK, "an identity number in full-width digits"),
    ("138.0000.0000 或 138–0000–0000", f"{PHONE_MARK} 或 {PHONE_MARK}", "a mobile with other separators"),
    ("１３８００００００００", PHONE_MARK, "a mobile in full-width digits"),
    (
        "(0835)2222222 或 （0835）2222222 或 0835 2222222",
        f"{PHONE_MARK} 或 {PHONE_MARK} 或 {PHONE_MARK}",
        "landlines as people write them",
    ),
    ("2026-03-01 08:00 第12号", "2026-03-01 08:00 第12号", "a date and a time"),
    ("编号2026030113800000000", "编号2026030113800000000", "digits inside a longer number"),
    ("和平南路12号", "和平南路12号", "an address"),
]


@pytest.mark.parametrize(("text", "clean", "why"), CASES, ids=[c[2] for c in CASES])
def test_scrub(text: str, clean: str, why: str) -> None:
    assert scrub(text) == clean


def test_phones_survive_where_only_identity_numbers_are_dropped() -> None:
    assert drop_id_cards(f"13800000000 {FAKE_ID}") == f"13800000000 {ID_CARD_MARK}"
    assert is_id_card(FAKE_ID.lower())
