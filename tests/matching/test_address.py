"""The dictionary of street names as a whole: aliases, gaps, both scripts, laws."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetchief.matching.address import NOTHING, StreetNames, normalise_name
from tests.matching.nearly import nearly


def test_positions_are_those_of_the_sequence_and_gaps_are_allowed():
    names = StreetNames.of([None, "Elm Street", "", "和平路", None])
    assert names.read("12 Elm St").exact == {1}
    assert names.read("和平路12号").exact == {3}


def test_several_streets_of_one_name_are_all_named():
    names = StreetNames.of(["Elm Street", "Oak Street", "ELM ST"])
    assert names.read("12 Elm St").exact == {0, 2}
    assert not names.read("12 Elm St").crossing


def test_aliases_and_old_names_count_as_names():
    names = StreetNames.of(
        ["Avenue of the Americas", "和平路", "Elm Street"], [("6th Avenue",), ("解放路", "红旗路"), ()]
    )
    assert names.read("1251 6 AVE").exact == {0}
    assert names.read("红旗路3号").exact == {1}
    assert nearly(names, "1251 Sxith Ave", [0]) == {0}


def test_aliases_must_fit_the_names():
    with pytest.raises(ValueError, match="aliases"):
        StreetNames.of(["Elm Street"], [(), ()])


def test_two_names_in_one_entry():
    names = StreetNames.of(["Elm Street;Oak Street", "Main Street (Route 9)", "甲子路；乙丑路"])
    assert names.read("Oak St").exact == names.read("Elm St").exact == {0}
    assert names.read("12 Main St").exact == {1}
    assert names.read("乙丑路").exact == {2}


def test_both_scripts():
    names = StreetNames.of(["新华路 Xinhua Road", "弥敦道", "Queen's Road Central"], [(), ("Nathan Road",), ()])
    assert names.read("新华路12号").exact == {0}
    assert names.read("12 Xinhua Rd").exact == {0}
    assert names.read("680 Nathan Rd 旺角").exact == {1}
    assert names.read("Queens Rd Central 中环").exact == {2}


def test_a_variant_that_fits_two_names_names_neither():
    alone = StreetNames.of(["Martin Luther King Avenue"])
    both = StreetNames.of(["Martin Luther King Avenue", "Mary Louise King Avenue"])
    assert alone.read("12 M L King Ave").exact == {0}
    assert both.read("12 M L King Ave").exact == frozenset()


def test_a_variant_never_hides_a_name():
    names = StreetNames.of(["Veterans of Foreign Wars Parkway", "VFW Parkway"])
    assert names.read("12 VFW Pkwy").exact == {1}


@pytest.mark.parametrize("text", [None, "", "   ", "123", ",,,", "#", "—", "☃", "\x00", "的", "/"])
def test_texts_without_a_street(text):
    names = StreetNames.of(["Elm Street", "和平路"])
    reading = names.read(text)
    assert (reading.exact, reading.tokens, reading.unknown) == (frozenset(), (), "")
    assert nearly(names, text or "", [0, 1]) == frozenset()


def test_no_names_at_all():
    assert StreetNames.of([]).read("12 Elm St").exact == frozenset()
    assert StreetNames.of([None], [()]).read("和平路") == NOTHING


def test_it_travels_to_other_processes():
    names = StreetNames.of(["Elm Street", "和平路"], [("Old Elm Road",), ()])
    there = pickle.loads(pickle.dumps(names))
    assert there == names
    assert there.read("12 Old Elm Rd").exact == {0}


LATIN_NAMES = st.sampled_from(["Elm", "Oak Hill", "St Mary's", "Third", "North", "O'Neil", "127th", "Lord & Lady's"])
SUFFIXES = st.sampled_from(
    [("Street", "St"), ("Avenue", "AVE"), ("Road", "rd."), ("Boulevard", "Blvd"), ("Court", "ct")]
)
CHINESE_NAMES = st.sampled_from(
    ["和平南路", "和兴路", "人民南路四段", "玉林三巷", "东大街", "一环路南三段", "熊猫大道"]
)


@given(LATIN_NAMES, SUFFIXES, st.integers(1, 9999))
def test_every_name_is_found_in_its_own_address(core, suffix, number):
    names = StreetNames.of(["Filler Lane", f"{core} {suffix[0]}"])
    for address in (f"{core} {suffix[1]}", f"{number} {core} {suffix[1]}", f"{number}-{number + 2} {core} {suffix[0]}"):
        assert names.read(address).exact == {1}


@given(CHINESE_NAMES, st.integers(1, 9999))
def test_every_chinese_name_is_found_in_its_own_address(name, number):
    names = StreetNames.of(["填充路", name])
    for address in (name, f"{name}{number}号", f"雨城区{name}{number}号附近"):
        assert names.read(address).exact == {1}


WORDS = """the st dr n e nw north street ave a and at / & near 12 3rd third twenty first no no. 127 1/2 saint broadway
elm junior , ' . 12a of hf ß ı ŉ ² ͺ 和平路 与 近""".split()


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_no_text_breaks_it_and_what_is_shown_stands_in_it(text):
    names = StreetNames.of(["Elm Street", "Broadway", "和平路", "A Street"])
    reading = names.read(text)
    assert bool(reading.exact) == bool(reading.tokens)
    nearly(names, text, range(4))
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(st.lists(st.sampled_from(["Elm Street", "Oak Street", "和平路", "和平南路", "North Elm Street"]), unique=True))
def test_the_order_of_the_names_does_not_matter(order):
    text = "Elm St & N Elm St" if len(order) % 2 else "和平南路与和平路"
    found = StreetNames.of(order).read(text)
    again = StreetNames.of(order[::-1]).read(text)
    assert {order[i] for i in found.exact} == {order[::-1][i] for i in again.exact}
    assert (found.crossing, found.tokens, found.unknown) == (again.crossing, again.tokens, again.unknown)


def test_reading_costs_look_ups_not_scans():
    """Ten times the names must not cost ten times as long: a scan of the names would."""
    texts = [f"{number} Elm {number % 300}th St" for number in range(2000)]

    def seconds(size: int) -> float:
        names = StreetNames.of([f"Elm {number}th Street" for number in range(size)])
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            for text in texts:
                names.read(text)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(5000) < 4 * seconds(500)
