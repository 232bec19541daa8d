from __future__ import annotations

import json
import math

import pytest

from streetchief.maps.inert import script_json

HOSTILE = (
    "</script><script>alert(1)</script>",  # would leave the data block
    "<!--<script>",  # would open the double-escaped state, and swallow the rest of the page
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",  # folium's templates are JavaScript template literals
    "`;alert(1);`",
    "a\u2028b\u2029c",  # line ends in old JavaScript, inside a string
    "&lt;b&gt; ' \" \\ / \\u003c",
    "\ud800",  # half a character: cannot be written as UTF-8
    "正常的名字 Bunker Hill's",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_says_the_same_and_cannot_leave(text: str) -> None:
    made = script_json({"name": text, text: [text]})
    assert json.loads(made) == {"name": text, text: [text]}
    assert not set(made) & set("<>&'`$\u2028\u2029")
    made.encode("utf-8")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        script_json([number])
