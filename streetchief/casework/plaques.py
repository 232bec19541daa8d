"""The code on a segment's plaque (街长公示牌): who gives it was at the plaque, or has it from somebody who was.

``<segment>.<16 letters>``: the letters are the first 80 bits of HMAC-SHA256 of the segment's code under the city's key,
in base 32.  The key is made once, in the database, and never shown.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

KEY_BYTES = 32
_SIGNATURE_BYTES = 10


def plaque_code(key: bytes, segment: str) -> str:
    """The code for the plaque of a segment."""
    digest = hmac.new(key, segment.encode(), hashlib.sha256).digest()
    return f"{segment}.{base64.b32encode(digest[:_SIGNATURE_BYTES]).decode()}"


def is_signed(key: bytes, segment: str, code: str) -> bool:
    """Whether the code is that of the segment's plaque; blanks around it and small letters do not matter."""
    given = code.strip().upper().encode()
    return hmac.compare_digest(given, plaque_code(key, segment).upper().encode())
