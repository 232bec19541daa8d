"""The one place where text of the data enters a page.

Names of streets, communities, categories and departments are other people's words.  They travel only as JSON in a data
block that no browser runs, and the page's script puts them on the screen as text nodes.
"""

from __future__ import annotations

import json

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'`$\u2028\u2029"}


def script_json(value: object) -> str:
    r"""Compact JSON that cannot leave a ``<script>`` element, an attribute or a template literal.

    ``<``, ``>``, ``&``, ``'``, the backtick, ``$`` (so no ``${``) and U+2028/2029 become ``\uXXXX``: they occur only
    inside JSON strings, where the escape means the same.  Lone surrogates are escaped too.  NaN and infinity raise
    `ValueError`, since they are not JSON.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode("utf-8")
