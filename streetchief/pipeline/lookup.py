"""Tables by which whole columns are placed and routed: made once a context, looked up by position."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streetchief.matching.areas import AreaIndex
from streetchief.matching.index import StreetIndex
from streetchief.matching.routing import Assignment, CategoryCode, Place, RouteTable, route
from streetchief.registry.model import Registry

IntArray = NDArray[np.int64]
_BEFORE_ALL = date(2, 1, 1)


@dataclass(frozen=True, eq=False)
class Lookup:
    """What stands behind the positions that the matcher gives.

    segment_codes, street_codes, street_names   of the index, as string arrays
    areas            codes of all areas, grounded or not
    segment_area     (segments,) position in `areas`, −1 = the segment names none
    grounded         position in `areas` of each position of `AreaIndex.codes`
    ruled_street     (streets,) the position again where a rule names the street, else −1: to the rules all others
                     are alike
    rules_by_area    whether any rule names an area
    days             instants (µs UTC) at which the set of valid rules may change, ascending; on[k] a date between
                     the (k−1)th and the kth
    """

    segment_codes: pa.Array
    street_codes: pa.Array
    street_names: pa.Array
    areas: tuple[str, ...]
    segment_area: IntArray
    grounded: IntArray
    ruled_street: IntArray
    rules_by_area: bool
    days: IntArray
    on: tuple[date, ...]
    rules: RouteTable
    upwards: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, registry: Registry, index: StreetIndex, located: AreaIndex, rules: RouteTable) -> Lookup:
        """The tables of one registry version and its indexes."""
        segments = registry.segment_by_code
        named = [segments[code].area or None for code in index.segment_codes]
        areas = tuple(sorted({*located.upwards, *located.codes, *(a for a in named if a is not None)}))
        place = {code: position for position, code in enumerate(areas)}
        streets = {rule.street for rule in registry.rules}
        ruled = [n if code in streets else -1 for n, code in enumerate(index.street_codes)]
        ends = sorted({day for rule in registry.rules for day in (rule.on.from_on, rule.on.to_on) if day is not None})
        return cls(
            segment_codes=pa.array(index.segment_codes, pa.string()),
            street_codes=pa.array(index.street_codes, pa.string()),
            street_names=pa.array(index.street_names, pa.string()),
            areas=areas,
            segment_area=np.array([-1 if code is None else place[code] for code in named], dtype=np.int64),
            grounded=np.array([place[code] for code in located.codes], dtype=np.int64),
            ruled_street=np.array(ruled, dtype=np.int64),
            rules_by_area=any(rule.area is not None for rule in registry.rules),
            days=np.array([_midnight(day, rules) for day in ends], dtype=np.int64),
            on=(ends[0] - timedelta(days=1) if ends else _BEFORE_ALL, *ends),
            rules=rules,
            upwards=located.upwards,
        )

    def assign(
        self,
        scheme: str,
        kind: pa.Array,
        code: pa.Array,
        condition: pa.Array,
        street: IntArray,
        area: IntArray,
        instant: NDArray[np.datetime64],
    ) -> tuple[list[Assignment], IntArray]:
        """Assignments, without chiefs, and for each row which of them is its own.

        kind, code, condition   string arrays of n rows
        street, area            (n,) positions, −1 = none
        Rows that no rule can tell apart are routed once.
        """  # fmt: skip
        texts = [column.dictionary_encode() for column in (kind, code, condition)]
        words = [[*t.dictionary.to_pylist(), None] for t in texts]
        numbers = [t.indices.fill_null(len(t.dictionary)).to_numpy(zero_copy_only=False) for t in texts]
        day = np.searchsorted(self.days, instant.astype(np.int64), side="right")
        told = np.where(street < 0, -1, self.ruled_street[street]) if len(self.ruled_street) else street
        columns = (*numbers, told + 1, (area if self.rules_by_area else np.full(len(area), -1)) + 1, day)
        first, of = _distinct(columns)
        keys = zip(*(np.asarray(column)[first].tolist() for column in columns), strict=True)
        return [self._route(scheme, words, key) for key in keys], of

    def _route(self, scheme: str, words: list[list[str | None]], key: tuple[int, ...]) -> Assignment:
        kind, code, condition, street, area, day = key
        place = Place(
            street=self.street_codes[street - 1].as_py() if street else None,
            areas=self.upwards.get(self.areas[area - 1], ()) if area else (),
        )
        at = datetime.combine(self.on[day], time(12), self.rules.zone)
        category = CategoryCode(scheme, words[0][kind], words[1][code])
        return route(self.rules, category, words[2][condition], place, at)


def _midnight(day: date, rules: RouteTable) -> int:
    at = datetime.combine(day, time(), rules.zone).astimezone(UTC)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _distinct(columns: Iterable[IntArray]) -> tuple[IntArray, IntArray]:
    """Rows that hold each distinct combination first, and for each row which combination it has."""
    first_column, *others = columns
    packed = np.asarray(first_column, dtype=np.int64)
    for column in others:
        values = np.asarray(column, dtype=np.int64)
        span = int(values.max(initial=0)) + 1
        if len(packed) and int(packed.max()) > (1 << 62) // span:
            packed = np.unique(packed, return_inverse=True)[1].astype(np.int64)
        packed = packed * span + values
    _, first, of = np.unique(packed, return_index=True, return_inverse=True)
    return first, of


def taken(words: Iterable[str | None], of: NDArray[np.integer[Any]]) -> pa.Array:
    """A string array: the word at each position, null at −1."""
    known = words if isinstance(words, pa.Array) else pa.array([*words], pa.string())
    return known.take(pa.array(of, mask=of < 0))
