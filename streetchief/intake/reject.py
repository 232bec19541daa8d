"""Records that cannot become a complaint: a reason code and the record, kept for a person."""

from __future__ import annotations

MALFORMED = "malformed"
WRONG_COLUMNS = "wrong_columns"
BAD_ENCODING = "bad_encoding"
MISSING_ID = "missing_id"
TOO_LONG = "too_long"
MISSING_DATUM = "missing_datum"
UNKNOWN_DATUM = "unknown_datum"
MISSING_COORDINATE = "missing_coordinate"
NOT_A_NUMBER = "not_a_number"
MISSING_TIME = "missing_time"
BAD_TIME = "bad_time"
ID_CONFLICT = "id_conflict"

# geo.bounds adds: nan_coordinate, infinite_coordinate, zero_coordinate, swapped_coordinate, outside_bounds
