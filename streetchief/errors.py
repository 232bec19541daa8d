"""The errors that people may see.

A bad *record* is a value (a `Rejection` with a reason code), never an exception.  What is raised here ends a
command or a request, and its message is written for the person who reads it: Chinese and English come from the
catalogue, under ``error.<code>``; `streetchief.words.sentence` fills it in at the edge.
"""

from __future__ import annotations


class Key(str):
    """A value of a message that is itself a key of the catalogue, said in the language of the message."""


class StreetChiefError(Exception):
    """Something that streetchief refuses or cannot do, said in one sentence.

    `code` names the sentence in the catalogue; the keyword values fill its blanks.
    """

    code = "internal"

    def __init__(self, code: str | None = None, **values: object) -> None:
        self.code = code or type(self).code
        self.values = values
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code} {self.values}" if self.values else self.code


class BadInput(StreetChiefError):
    """What was given cannot be understood or is not allowed (422)."""

    code = "bad_input"


class NotFound(StreetChiefError):
    """There is no such thing (404)."""

    code = "not_found"


class OutOfScope(NotFound):
    """It is there, but out of the asker's scope: answered word for word like `NotFound`, and written down (404)."""


class Unauthorised(StreetChiefError):
    """Nobody is signed in, or what was shown proves nothing (401)."""

    code = "no_credentials"


class TooMany(StreetChiefError):
    """Too often or too much at once; `wait_s` says after how many seconds it may work again (429)."""

    code = "too_many"

    def __init__(self, code: str | None = None, *, wait_s: int, **values: object) -> None:
        self.wait_s = max(wait_s, 1)
        super().__init__(code, wait_s=self.wait_s, **values)


class Conflict(StreetChiefError):
    """It contradicts what is stored already (409)."""

    code = "conflict"


class Forbidden(StreetChiefError):
    """The person asking may not do this (403)."""

    code = "forbidden"


class Unavailable(StreetChiefError):
    """Something that we need (database, program, file) is not there now (503)."""

    code = "unavailable"
