"""The words that street addresses are made of, in Latin letters: suffixes, directions, titles, ordinals.

The abbreviations are those of the US Postal Service (Publication 28, appendix C) that occur on street signs, with
British, French, Spanish and German street words beside them.  All words are folded: lower case, no accents.
"""

from __future__ import annotations

import re

_STRONG = """
alley aly ally allee | arcade arc | avenue ave av aven avn | boulevard blvd boul blv bd | bridge brg | bypass byp
causeway cswy | circle cir circ | circuit cirt | close | court ct crt | crescent cres | crossing xing
drive dr drv | driveway drwy | expressway expy | extension ext extn | freeway fwy | highway hwy | lane ln | mews
motorway mwy | parkway pkwy pky pkway | passage psge | path | pike | place pl | promenade prom | quay | road rd
row | square sq | street st str | terrace ter terr tce | trail trl | turnpike tpke tpk | underpass | viaduct
way wy | wharf whf
"""
_WEAK = """
canal | center ctr | common | connector | cove cv | estate | field | garden gdn | gardens gdns | gate | green grn
grove grv | heights hts | hill hl | hills | junction jct | lawn | loop | mall | park pk | pass | pier | plaza plz plza
point pt | ridge rdg | rise | rotary | run | station sta | tunnel tunl | vale | view vw | village vlg | vista | walk
yard | yards
"""
_LEADING = "rue calle via rua avenida paseo piazza camino chemin carrer ulica route county interstate"


def _table(text: str) -> dict[str, str]:
    words = " ".join(line + " |" if not line.endswith("|") else line for line in text.strip().splitlines())
    groups = (group.split() for group in words.split("|"))
    return {short: group[0] for group in groups if group for short in group}


STRONG_SUFFIXES = frozenset(_table(_STRONG).values())
"""Words that say "this is a street" wherever they end a name."""
SUFFIXES = _table(_WEAK) | _table(_STRONG)
"""Every way to write a suffix → its full word.  The weak ones (park, hill) end street names and place names alike."""
LEADING_WORDS = frozenset(_LEADING.split()) | STRONG_SUFFIXES
"""Words that say "street" at the head of a name: Avenue A, Rue de Rivoli, Route 9."""
COMPOUND_ENDINGS = ("strasse", "gasse", "platz", "straat", "gatan", "utca")
"""Ends of one-word street names of other languages."""

DIRECTIONS = {
    short: full
    for full, shorts in {
        "north": "n no north", "south": "s so south", "east": "e east", "west": "w west",
        "northeast": "ne northeast", "northwest": "nw northwest",
        "southeast": "se southeast", "southwest": "sw southwest",
    }.items()
    for short in shorts.split()
}  # fmt: skip
del DIRECTIONS["no"], DIRECTIONS["so"]  # "No. 5" and "so": too often something else

TITLES = {
    "capt": "captain", "col": "colonel", "cpl": "corporal", "cpt": "captain", "dr": "doctor", "fr": "father",
    "gen": "general", "lt": "lieutenant", "maj": "major", "msgr": "monsignor", "msgnr": "monsignor",
    "pres": "president", "prof": "professor", "rev": "reverend", "sgt": "sergeant",
}  # fmt: skip
INNER = TITLES | {
    "chas": "charles", "ft": "fort", "geo": "george", "jas": "james", "jos": "joseph", "jr": "junior",
    "mt": "mount", "nat": "national", "natl": "national", "robt": "robert", "rt": "route", "rte": "route",
    "sr": "senior", "st": "saint", "thos": "thomas", "wm": "william", "co": "county", "us": "us",
}  # fmt: skip
"""Abbreviations inside a name → full word; "St" and "Dr" are Saint and Doctor unless they end the name."""

CROSSING_WORDS = frozenset({"intersection", "int", "corner", "cor", "junction", "crossing"})
JOINTS = frozenset({"and", "at", "/"})
"""Between two streets these make a crossing."""
ASIDE = frozenset(["between", "bet", "btwn", "btw", "from", "near", "nr", "opposite", "opp", "off", "behind"])
"""What follows these only says where along the street; the complaint lies on the street before them."""
LEAD_INS = (
    JOINTS
    | ASIDE
    | CROSSING_WORDS
    | frozenset(["of", "on", "block", "blk", "along", "to", "rear", "front", "side", "by"])
)
"""Words after which a street name starts."""
BREAKS = frozenset({",", "apt", "unit", "suite", "ste", "floor", "room", "rm"})
"""Where a part of an address ends."""
HOUSE_EXTRAS = frozenset(["r", "rear", "hf", "half", "front"])

_UNITS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TEENS = [
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``, ``127th``."""
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


ORDINALS = (
    {word: ordinal(i) for i, word in enumerate(_UNITS, 1)}
    | {word: ordinal(i) for i, word in enumerate(_TEENS, 10)}
    | {word[:-1] + "ieth": ordinal(i) for i, word in enumerate(_TENS, 2) for i in (i * 10,)}
)
TENS = {word: i * 10 for i, word in enumerate(_TENS, 2)}
UNITS = {word: i for i, word in enumerate(_UNITS, 1)}

NUMBER = re.compile(r"\d+(?:/\d+|[a-z]{1,2})?")
"""A house number: 12, 12a, 110hf, 1/2.  Ordinals fit too; ask `ORDINAL` first."""
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


def is_number(word: str) -> bool:
    """Whether the word is a house number (with its letters or fraction), not an ordinal."""
    return word[0].isdecimal() and NUMBER.fullmatch(word) is not None and ORDINAL.fullmatch(word) is None
