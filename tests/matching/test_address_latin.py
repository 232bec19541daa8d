"""Odd addresses in Latin letters, a row each with its reason; five cities, so that nothing fits only one."""

from __future__ import annotations

import pytest

from streetchief.matching.address import StreetNames, normalise_name
from tests.matching.nearly import nearly

BOSTON = (
    "Allston Street", "Beacon Street", "Park Street", "Washington Street", "North Washington Street", "Boston Street",
    "Saint Botolph Street", "E Street", "East Street", "West Third Street", "3rd Street", "Charles Street South",
    "William T. Morrissey Boulevard", "Veterans of Foreign Wars Parkway", "Jo-Anne Terrace", "O'Meara Court",
    "Avenue Louis Pasteur", "Public Alley 706", "Rowes Wharf", "Avery Street", "Blue Hill Avenue", "The Fenway",
    "Broadway", "West Broadway", "Lord and Lady's Way", "A Street", "Jamaicaway", "First Parish Road", "Lafayette",
)  # fmt: skip
NEW_YORK = (
    "West 127th Street", "East 127th Street", "6th Avenue", "Avenue of the Americas", "Saint Nicholas Avenue",
    "Avenue A", "Avenue N", "Saint Marks Place", "12th Street", "12th Court", "Court Street", "5th Avenue",
    "Park Avenue", "Park Avenue South", "Frederick Douglass Boulevard", "East 8th Street", "21st Street",
    "Broadway", "127th Street",
)  # fmt: skip
WASHINGTON = (
    "14th Street Northwest", "14th Street Southeast", "K Street Northwest", "N Street Northwest",
    "Martin Luther King Junior Avenue Southeast", "Pennsylvania Avenue Southeast", "Pennsylvania Avenue Northwest",
    "North Capitol Street",
)  # fmt: skip
CHICAGO = (
    "North Central Avenue", "South Central Park Avenue", "West North Avenue", "South Wacker Drive",
    "South Doctor Martin Luther King Junior Drive", "Main Street", "Elm Street", "Elm Court",
)  # fmt: skip
EUROPE = (
    "Hauptstraße", "Rue de l'Église", "Calle Mayor", "Königsallee", "Hill Road", "Saint James's Street", "The Mall",
    "Via Roma",
)  # fmt: skip

EXACT = [
    (("Beach 116th Street", "Beach Street"), "100 BEACH 116 STREET", {"Beach 116th Street"}, "a number after the name"),
    (("Bay 41st Street", "41st Street"), "12 BAY 41 STREET", {"Bay 41st Street"}, "another borough's way"),
    # house numbers
    (BOSTON, "33 Beacon St", {"Beacon Street"}, "the plain case"),
    (BOSTON, "163-177 Allston St", {"Allston Street"}, "a range of numbers"),
    (BOSTON, "37 -39 Allston St", {"Allston Street"}, "a range with a stray space"),
    (BOSTON, "12A Park St", {"Park Street"}, "a letter behind the number"),
    (BOSTON, "12 A Park St", {"Park Street"}, "the letter stands apart"),
    (BOSTON, "852-856A Park St", {"Park Street"}, "a letter behind a range"),
    (BOSTON, "360R Park St", {"Park Street"}, "R: the rear house"),
    (BOSTON, "110hf Park St", {"Park Street"}, "hf: half a number"),
    (BOSTON, "12 1/2 Park St", {"Park Street"}, "a fraction"),
    (BOSTON, "33 Beacon St  Boston  MA  02108", {"Beacon Street"}, "the city is not Boston Street"),
    (BOSTON, "33 Beacon St, Boston", {"Beacon Street"}, "nor behind a comma"),
    (BOSTON, "33 Boston St Boston MA", {"Boston Street"}, "but here it is"),
    (BOSTON, "Boston MA 02108", set(), "a city alone names no street"),
    (BOSTON, "12 Beacon St Apt 4", {"Beacon Street"}, "a flat"),
    (BOSTON, "12 Beacon St #4", {"Beacon Street"}, "a flat by sign"),
    (BOSTON, "1 Parish Road", set(), "a house number is no ordinal: not First Parish Road"),
    (BOSTON, "1 First Parish Rd", {"First Parish Road"}, "the ordinal inside a name"),
    # writing
    (BOSTON, "33 BEACON STREET", {"Beacon Street"}, "capitals, suffix in full"),
    (BOSTON, "33 beacon st.", {"Beacon Street"}, "lower case, full stop"),
    (BOSTON, "12 Joanne Ter", {"Jo-Anne Terrace"}, "hyphen left out"),
    (BOSTON, "12 Jo Anne Terr", {"Jo-Anne Terrace"}, "hyphen as a space, another abbreviation"),
    (BOSTON, "5 OMeara Ct", {"O'Meara Court"}, "apostrophe left out"),
    (BOSTON, "5 O’Meara Ct", {"O'Meara Court"}, "typographic apostrophe"),
    (BOSTON, "7 Row's Wharf", set(), "another name stays another name"),
    (BOSTON, "7 Rowes Whf", {"Rowes Wharf"}, "a rare suffix"),
    (BOSTON, "12 Lord & Lady's Way", {"Lord and Lady's Way"}, "the sign is part of the name, no crossing"),
    # longest name
    (BOSTON, "9 N Washington St", {"North Washington Street"}, "the longest name wins"),
    (BOSTON, "9 Washington St", {"Washington Street"}, "both exist, and this is the short one"),
    (BOSTON, "9 S Washington St", set(), "another direction is another street"),
    (BOSTON, "9 New Washington St", set(), "a word more is another street"),
    (BOSTON, "9 Park Street Pl", set(), "Park Street Place is not Park Street"),
    (BOSTON, "9 Park St Ext", set(), "nor is its extension"),
    (BOSTON, "12 Park St South Boston", {"Park Street"}, "South Boston is a district, no direction"),
    (BOSTON, "12 Park St S", set(), "but a direction at the end is one"),
    (BOSTON, "1 Charles St S", {"Charles Street South"}, "and this street bears it"),
    # saints, letters, ordinals, initials
    (BOSTON, "120 St Botolph St", {"Saint Botolph Street"}, "the first St is Saint"),
    (BOSTON, "St. Botolph Street", {"Saint Botolph Street"}, "without a number"),
    (BOSTON, "348 E St", {"E Street"}, "a letter street, not East Street"),
    (BOSTON, "348 East St", {"East Street"}, "a street called East"),
    (BOSTON, "229 W Third St", {"West Third Street"}, "an ordinal in letters"),
    (BOSTON, "229 W 3rd St", {"West Third Street"}, "the same in figures"),
    (BOSTON, "12 Third St", {"3rd Street"}, "and the other way round"),
    (BOSTON, "800 Morrissey Blvd", set(), "a family name alone is left to the alias list"),
    (BOSTON, "800 William Morrissey Blvd", {"William T. Morrissey Boulevard"}, "middle initial left out"),
    (BOSTON, "800 Wm T Morrissey Blvd", {"William T. Morrissey Boulevard"}, "a short given name"),
    (BOSTON, "1515 VFW Pkwy", {"Veterans of Foreign Wars Parkway"}, "an acronym"),
    (BOSTON, "PUBLIC ALLEY NO. 706", {"Public Alley 706"}, "No. before a number"),
    (BOSTON, "200 Ave Louis Pasteur", {"Avenue Louis Pasteur"}, "the street word comes first"),
    # names that do not say "street"
    (BOSTON, "0 Fenway", {"The Fenway"}, "the article left out"),
    (BOSTON, "507 Jamaicaway", {"Jamaicaway"}, "one word after a number"),
    (BOSTON, "9 W Broadway", {"West Broadway"}, "a direction before it"),
    (BOSTON, "350 Broadway Boston MA", {"Broadway"}, "a city behind it"),
    (BOSTON, "350 Broadway Ter", set(), "Broadway Terrace is another street"),
    (BOSTON, "12 Park St, Lafayette", {"Park Street"}, "a town that is also a street name"),
    (BOSTON, "12 Lafayette", {"Lafayette"}, "here it is the street"),
    (BOSTON, "12 Lafayette Memorial Hwy", set(), "a longer name that says street is another street"),
    # sentences
    (BOSTON, "There is a street light out on Park Street", {"Park Street"}, "the article is not A Street"),
    (BOSTON, "A street light is out", set(), "nor at the head of the sentence"),
    (BOSTON, "12 a st", {"A Street"}, "but behind a number it is"),
    (BOSTON, "A St & E St", {"A Street", "E Street"}, "and in capitals"),
    (BOSTON, "a st and e st", {"A Street", "E Street"}, "and before an abbreviation"),
    (BOSTON, "car parked on Lafayette statue", set(), "a word goes on with the name"),
    (BOSTON, "car parked on Lafayette, again", {"Lafayette"}, "nothing goes on with it"),
    # crossings
    (BOSTON, "INTERSECTION Avery St & Washington St", {"Avery Street", "Washington Street"}, "the feed's own word"),
    (BOSTON, "Avery St and Park St", {"Avery Street", "Park Street"}, "and"),
    (BOSTON, "Avery St / Park St", {"Avery Street", "Park Street"}, "a stroke"),
    (BOSTON, "Avery St@Park St", {"Avery Street", "Park Street"}, "at, unspaced"),
    (BOSTON, "corner of Broadway and Park Street", {"Broadway", "Park Street"}, "corner of"),
    (BOSTON, "Avery St at Unknown Blvd", {"Avery Street"}, "one of two is known"),
    (BOSTON, "Avery St near Park St", {"Avery Street"}, "near: the place lies on the first"),
    (BOSTON, "Avery St BET Park St AND Beacon St", {"Avery Street"}, "a block: the place lies on the first"),
    (BOSTON, "Avery St from Park St to Beacon St", {"Avery Street"}, "the same"),
    (BOSTON, "near Park St", {"Park Street"}, "near, with nothing before it"),
    (BOSTON, "Nowhere Rd near Park St", set(), "the first street is unknown: the second is not it"),
    (BOSTON, "Overflowing barrels in front of Park Street", {"Park Street"}, "a sentence"),
    (BOSTON, "Dunkin Donuts coffee shop Park Street", {"Park Street"}, "a landmark without a number"),
    # New York
    (NEW_YORK, "WEST 127 STREET", {"West 127th Street"}, "a bare number is an ordinal before its suffix"),
    (NEW_YORK, "341 EAST 127 STREET", {"East 127th Street"}, "house number and street number"),
    (NEW_YORK, "127 St", {"127th Street"}, "no direction in text and network"),
    (NEW_YORK, "127 127 St", {"127th Street"}, "house 127 of it"),
    (NEW_YORK, "127 Main Street", set(), "a house number, not 127th"),
    (NEW_YORK, "127 ST NICHOLAS AVENUE", {"Saint Nicholas Avenue"}, "Saint, not 127th Street"),
    (NEW_YORK, "12 ST ALBANS PLACE", set(), "an unknown saint is not 12th Street"),
    (NEW_YORK, "12 COURT STREET", {"Court Street"}, "not 12th Court"),
    (NEW_YORK, "12 COURT", {"12th Court"}, "but alone it is"),
    (NEW_YORK, "6 AVENUE", {"6th Avenue"}, "an avenue by number"),
    (NEW_YORK, "Sixth Ave.", {"6th Avenue"}, "in letters"),
    (NEW_YORK, "1251 AVENUE OF THE AMERICAS", {"Avenue of the Americas"}, "a long name that starts with Avenue"),
    (NEW_YORK, "12 AVENUE A", {"Avenue A"}, "a letter behind the suffix"),
    (NEW_YORK, "1200 AVENUE N", {"Avenue N"}, "N is its name, no direction"),
    (NEW_YORK, "225 PARK AVE S", {"Park Avenue South"}, "a quarter behind"),
    (NEW_YORK, "225 PARK AVE", {"Park Avenue"}, "and without"),
    (NEW_YORK, "45-12 Twenty-First Street", {"21st Street"}, "a house number of Queens, an ordinal of two words"),
    (NEW_YORK, "5 AVE BET E 8 ST AND 12 ST", {"5th Avenue"}, "the city's own style"),
    # Washington
    (WASHINGTON, "14TH ST NW", {"14th Street Northwest"}, "a quarter in short"),
    (WASHINGTON, "14TH ST N.W.", {"14th Street Northwest"}, "with full stops"),
    (WASHINGTON, "NW 14TH ST", {"14th Street Northwest"}, "at the other end"),
    (WASHINGTON, "14TH ST", set(), "no quarter: two streets, so none in full"),
    (WASHINGTON, "14TH ST SW", set(), "a quarter that the network does not have"),
    (WASHINGTON, "1400 - 1499 BLOCK OF K STREET NW", {"K Street Northwest"}, "a block"),
    (WASHINGTON, "1300 N ST NW", {"N Street Northwest"}, "N Street, not north"),
    (WASHINGTON, "1300 N CAPITOL ST", {"North Capitol Street"}, "and here it is north"),
    (WASHINGTON, "M L KING JR AVE SE", {"Martin Luther King Junior Avenue Southeast"}, "initials"),
    (WASHINGTON, "2100 MLK JR AVE SE", {"Martin Luther King Junior Avenue Southeast"}, "an acronym with Junior"),
    (WASHINGTON, "M.L.K. Ave. SE", {"Martin Luther King Junior Avenue Southeast"}, "without Junior"),
    (WASHINGTON, "900 K ST NW WASHINGTON DC 20005", {"K Street Northwest"}, "city and code behind the quarter"),
    # Chicago
    (CHICAGO, "3510 N CENTRAL AVE", {"North Central Avenue"}, "direction before"),
    (CHICAGO, "3510 S CENTRAL AVE", set(), "the other direction is not there"),
    (CHICAGO, "3510 CENTRAL AVE", set(), "no direction: not in full"),
    (CHICAGO, "1600 W NORTH AVE", {"West North Avenue"}, "a street called North"),
    (CHICAGO, "3500 S CENTRAL PARK AVE", {"South Central Park Avenue"}, "Park is no suffix here"),
    (CHICAGO, "400 S DR MARTIN L KING JR DR", {"South Doctor Martin Luther King Junior Drive"}, "Doctor and Drive"),
    # Europe
    (EUROPE, "Hauptstr. 12", {"Hauptstraße"}, "the number behind, the word in short"),
    (EUROPE, "HAUPTSTRASSE", {"Hauptstraße"}, "sharp s in capitals"),
    (EUROPE, "12 rue de l'Eglise", {"Rue de l'Église"}, "accents left out"),
    (EUROPE, "KONIGSALLEE 3", {"Königsallee"}, "an umlaut left out"),
    (EUROPE, "Calle Mayor, 5", {"Calle Mayor"}, "a comma before the number"),
    (EUROPE, "12 Hill Rd", {"Hill Road"}, "a name that looks like a suffix"),
    (EUROPE, "8 St James's St", {"Saint James's Street"}, "possessive"),
    (EUROPE, "The Mall", {"The Mall"}, "a name of article and suffix"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "streets", "why"), EXACT, ids=[row[1] for row in EXACT])
def test_streets_named_in_full(network, text, streets, why):
    reading = StreetNames.of(network).read(text)
    assert {network[i] for i in reading.exact} == streets, why


FUZZY = [
    (WASHINGTON, "pothole in the street", set(), "the word street is no misspelt K Street"),
    (BOSTON, "Street light out", set(), "nor is a street light"),
    (BOSTON, "across the street from school", set(), "nor the other side"),
    (BOSTON, "33 Becon St", {"Beacon Street"}, "a letter is missing"),
    (BOSTON, "33 Beaconn St", {"Beacon Street"}, "a letter is doubled"),
    (BOSTON, "33 Baecon St", {"Beacon Street"}, "two letters changed places"),
    (BOSTON, "33 Bezcon St", {"Beacon Street"}, "a wrong letter"),
    (BOSTON, "33 Bezccon St", set(), "two typos are too many"),
    (BOSTON, "33 Beacon Stret", {"Beacon Street"}, "the suffix is misspelt"),
    (BOSTON, "33 Beacon", {"Beacon Street"}, "the suffix is missing"),
    (BOSTON, "33 Beacon Boston MA", {"Beacon Street"}, "with a city behind"),
    (BOSTON, "33 Becon", {"Beacon Street"}, "a typo, and the suffix is missing"),
    (BOSTON, "33 Beacon Ct", set(), "another suffix is another street"),
    (BOSTON, "33 Beacon Hill Ave", set(), "a longer name is another street"),
    (BOSTON, "33 Blue Hill", {"Blue Hill Avenue"}, "what is left ends like a suffix"),
    (BOSTON, "9 S Washington St", {"Washington Street"}, "a direction too many, never another one"),
    (BOSTON, "12 W Fifht St", set(), "an ordinal misspelt that no street bears"),
    (BOSTON, "12 W Thrid St", {"West Third Street"}, "and one that a street bears"),
    (BOSTON, "12 W 4th St", set(), "a figure is never a typo"),
    (BOSTON, "12 Jamaicawy", {"Jamaicaway"}, "one word"),
    (BOSTON, "33 Beacon St", set(), "named in full: nothing is left to guess"),
    (BOSTON, "Avery St & Becon St", {"Beacon Street"}, "the other street of a crossing"),
    (BOSTON, "corner of Avery and Park Sts", {"Avery Street", "Park Street"}, "one suffix for two streets"),
    (WASHINGTON, "14TH ST", {"14th Street Northwest", "14th Street Southeast"}, "the quarter is missing: both may be"),
    (WASHINGTON, "14TH ST SW", set(), "another quarter is another street"),
    (WASHINGTON, "600 PENSYLVANIA AVE SE", {"Pennsylvania Avenue Southeast"}, "a typo beside the right quarter"),
    (WASHINGTON, "600 PENNSYLVANIA SE", {"Pennsylvania Avenue Southeast"}, "no suffix, the quarter decides"),
    (CHICAGO, "3510 CENTRAL AVE", {"North Central Avenue"}, "the direction is missing"),
    (CHICAGO, "12 Elk St", set(), "three letters are too short for a typo"),
    (CHICAGO, "12 Elm", {"Elm Street", "Elm Court"}, "no suffix: both may be"),
    (NEW_YORK, "127 E St", set(), "no street is called E"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "streets", "why"), FUZZY, ids=[row[1] for row in FUZZY])
def test_streets_nearly_named(network, text, streets, why):
    found = nearly(StreetNames.of(network), text, range(len(network)))
    assert {network[i] for i in found} == streets, why


def test_a_name_as_written_elsewhere_is_never_a_typo():
    names = StreetNames.of(["Grove Street", "Gove Street", "Gove Court"])
    assert nearly(names, "12 Gove St", [0]) == frozenset()  # Gove Street exists, though not near
    assert nearly(names, "12 Gove", [0]) == frozenset()  # and its suffix may have been dropped
    assert nearly(names, "12 Grovve St", [0]) == {0}


def test_only_the_given_streets_are_guessed():
    names = StreetNames.of(BOSTON)
    assert nearly(names, "33 Becon St", [BOSTON.index("Park Street")]) == frozenset()
    assert nearly(names, "33 Becon St", []) == frozenset()


CROSSINGS = [
    ("INTERSECTION Avery St & Park St", True),
    ("Avery St and Park St", True),
    ("Avery St & Nowhere Blvd", True),  # the other street is not in the network, and still it is a crossing
    ("33 Beacon St", False),
    ("Avery St near Park St", False),
    ("Avery St between Park St and Beacon St", False),  # a block, not a crossing
    ("12 Lord & Lady's Way", False),
    ("12 Park St, 14 Beacon St", False),  # two places
]


@pytest.mark.parametrize(("text", "crossing"), CROSSINGS)
def test_crossings(text, crossing):
    assert StreetNames.of(BOSTON).read(text).crossing is crossing


UNKNOWN = [
    ("12 Nowhere Blvd", "nowhere boulevard"),
    ("9 Park Street Pl", "park street place"),
    ("9 New Washington St", "new washington street"),
    ("12 Park St S", "park street south"),
    ("Avery St & Nowhere Rd", "nowhere road"),
    ("33 Beacon St", ""),
    ("City Hall", ""),
    ("Avery St near Nowhere Rd", ""),  # only said to be near
]


@pytest.mark.parametrize(("text", "unknown"), UNKNOWN)
def test_a_street_that_the_network_does_not_have_is_said(text, unknown):
    assert StreetNames.of(BOSTON).read(text).unknown == unknown


def test_the_pieces_are_shown_as_written():
    assert StreetNames.of(BOSTON).read("INTERSECTION  AVERY st. & St. Botolph ST").tokens == (
        "AVERY st", "St. Botolph ST",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("W Third St", "West 3rd Street"),
        ("127 STREET", "127th Street"),
        ("St Mary's Ave", "Saint Marys Avenue"),
        ("K St. N.W.", "K Street Northwest"),
        ("Mt Vernon Sq", "Mount Vernon Square"),
        ("Dr Martin Dr", "Doctor Martin Drive"),
        ("Park St Pl", "PARK STREET PLACE"),
    ],
)
def test_names_are_normalised_to_one_form(one, other):
    assert normalise_name(one) == normalise_name(other) != ""
    assert normalise_name(normalise_name(one)) == normalise_name(one)


@pytest.mark.parametrize(("one", "other"), [("E St", "East St"), ("Elm St", "Elm Ct"), ("N Elm St", "S Elm St")])
def test_different_names_stay_different(one, other):
    assert normalise_name(one) != normalise_name(other)
