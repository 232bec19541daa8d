"""New geometry under the codes that chiefs and rules already know: the schematic drawing gives way to a survey or OSM.

A street is the same street if its name is (spelling variants in width, case and spaces aside).  Its new line, where it
is one line, is cut in the proportions of the old segments; where it is not (two carriageways, a gap), each piece goes
to the old segment that holds the same place along the street, and the second piece of a segment is numbered ``-2``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString
from shapely.ops import substring

from streetchief.registry.lines import street_code
from streetchief.registry.model import Appointment, Fault, Registry, Segment, Street

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adopted:
    """The new network with old codes; appointments follow their segments."""

    streets: tuple[Street, ...]
    segments: tuple[Segment, ...]
    appointments: tuple[Appointment, ...]
    faults: tuple[Fault, ...]


def adopt(current: Registry, streets: Sequence[Street], segments: Sequence[Segment], given: Iterable[str]) -> Adopted:
    """The new streets and segments, with the codes of `current` where the name is known.

    `given` are the segment codes that the file itself gave: a street with one of them is taken as it comes.
    Appointments of a segment that is no longer there are left out, with a warning each segment.
    """
    told = set(given)
    known = {street_code(name): old for old in current.streets for name in (*old.aliases, old.name)}
    pieces = _by_street(segments)
    before = _by_street(current.segments)
    named: dict[str, Street] = {}
    drawn: list[Segment] = []
    followers: dict[str, list[str]] = {}
    for street in streets:
        mine, old = pieces.get(street.code, []), known.get(street_code(street.name))
        if old is None or told & {segment.code for segment in mine}:
            named[street.code] = street
            drawn.extend(mine)
            continue
        named[old.code] = replace(old, aliases=tuple(sorted({*old.aliases, *street.aliases, street.name} - {old.name})))
        for code, segment in _recoded(before.get(old.code, []), mine):
            drawn.append(replace(segment, street=old.code))
            followers.setdefault(code, []).append(segment.code)
    kept = {segment.code for segment in drawn}
    appointments = tuple(
        replace(one, segment=code)
        for one in current.appointments
        for code in followers.get(one.segment, [one.segment] if one.segment in kept else [])
    )
    lost = sorted({a.segment for a in current.appointments} - set(followers) - kept)
    faults = tuple(Fault("appointment_dropped", code, blocking=False) for code in lost)
    return Adopted(tuple(named.values()), tuple(drawn), appointments, faults)


def _by_street(segments: Sequence[Segment]) -> Mapping[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for segment in sorted(segments, key=lambda s: s.code):
        found.setdefault(segment.street, []).append(segment)
    return found


def _recoded(old: Sequence[Segment], new: Sequence[Segment]) -> list[tuple[str, Segment]]:
    """(old code, new segment) of one street."""
    if not old or not new:
        return [(segment.code, segment) for segment in new]
    axis = _axis(old)
    shares = np.cumsum([0.0, *(_flat(s.geometry).length for s in old)])
    shares /= shares[-1]
    whole = shapely.line_merge(MultiLineString([s.geometry for s in new]))
    if isinstance(whole, LineString) and whole.is_simple:
        line = whole if _along(whole, axis)[-1] >= _along(whole, axis)[0] else whole.reverse()
        cuts = [substring(line, a, b, normalized=True) for a, b in pairwise(shares.tolist())]
        return [(o.code, _inherit(o, new[0], o.code, cut)) for o, cut in zip(old, cuts, strict=True)]
    ends = np.concatenate([_along(s.geometry, axis) for s in new])
    low, span = ends.min(), max(float(np.ptp(ends)), 1e-12)
    times: Counter[str] = Counter()
    found: list[tuple[str, Segment]] = []
    for segment in sorted(new, key=lambda s: (float(_along(s.geometry, axis).mean()), s.code)):
        share = (float(_along(segment.geometry, axis).mean()) - low) / span
        owner = old[min(int(np.searchsorted(shares, share, side="right")) - 1, len(old) - 1)]
        times[owner.code] += 1
        code = owner.code if times[owner.code] == 1 else f"{owner.code}-{times[owner.code]}"
        found.append((owner.code, _inherit(owner, segment, code, segment.geometry)))
    return found


def _inherit(old: Segment, new: Segment, code: str, geometry: LineString) -> Segment:
    """The new geometry with its own facts, and the old ones where it has none."""
    return replace(
        new,
        code=code,
        geometry=shapely.transform(geometry, lambda xy: np.round(xy, 9)),
        street_class=new.street_class if new.street_class is not None else old.street_class,
        right_of_way_m=new.right_of_way_m if new.right_of_way_m is not None else old.right_of_way_m,
    )


def _flat(line: LineString) -> LineString:
    """Degrees made square at the line's latitude: good for shares and directions, not for distances."""
    squeeze = np.cos(np.radians(shapely.get_coordinates(line)[0, 1]))
    return shapely.transform(line, lambda xy: xy * (squeeze, 1.0))


def _axis(old: Sequence[Segment]) -> FloatArray:
    """Direction from the start of the first to the end of the last old segment."""
    first = shapely.get_coordinates(_flat(old[0].geometry))
    last = shapely.get_coordinates(_flat(old[-1].geometry))
    direction = last[-1] - first[0]
    return direction if np.hypot(*direction) > 0 else np.array([1.0, 0.0])


def _along(line: LineString, axis: FloatArray) -> FloatArray:
    along: FloatArray = shapely.get_coordinates(_flat(line)) @ axis
    return along
