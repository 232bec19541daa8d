"""Pure judgement about patrols: what is due, what was missed, what is drawn, who may check, what a rate is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from streetchief.actors import Actor, Permission, Subject, grants_for
from streetchief.city import PatrolItem, PatrolPlan
from streetchief.errors import BadInput, Forbidden
from streetchief.patrol.model import Answer, Beat, Counts, Draft, Handled, Line, Patrol, Rate, Round, WorkingDay

SETTLE_AFTER = timedelta(hours=4)
"""A walk may go past midnight: a day is accounted for this long after it ended."""
MOST_CHARACTERS = 500
PLACE_MARK = "[位置已删除]"
# A decimal number with three or more places is about as fine as a coordinate of a hundred metres; nothing that a chief
# writes about a street needs it.  Projected metres (six digits and more, with or without decimals) go as well.
PLACE = re.compile(
    r"\d+[.．]\d{3,}|\d{6,}(?:[.．]\d+)?"
    r"|\d{1,3}\s*[°º](?:\s*\d{1,2}(?:[.．]\d+)?\s*['′分](?:\s*\d{1,2}(?:[.．]\d+)?\s*[\"″秒])?)?"
)
_PHOTO = re.compile(r"[A-Za-z0-9._:/-]{1,200}")
RATES: Mapping[str, tuple[str, str]] = {
    "done_rate": ("done", "due"),
    "fixed_rate": ("fixed_on_spot", "findings"),
    "handed_over_rate": ("handed_over", "findings"),
    "agreement_rate": ("agreed", "checked"),
}
"""Rate → (numerator, denominator), both counts of a line."""


def without_places(text: str) -> str:
    """Free text without anything that reads like a coordinate."""
    return PLACE.sub(PLACE_MARK, text)


def check_draft(draft: Draft, patrol: Patrol, items: Collection[str]) -> None:
    """Raise BadInput unless the finding is complete and of this patrol.

    A fix on the spot needs a photo: nobody else will look.  A hand-over may go without.
    """
    if draft.item not in items:
        raise BadInput("unknown_patrol_item", item=draft.item, known=", ".join(items))
    if draft.segment not in patrol.ground.segments:
        raise BadInput("segment_not_walked", segment=draft.segment)
    if not draft.opinion.strip() or len(draft.opinion) > MOST_CHARACTERS:
        raise BadInput("finding_needs_opinion", most=MOST_CHARACTERS)
    if draft.handled == Handled.FIXED_ON_SPOT and draft.photo is None:
        raise BadInput("fix_needs_photo")
    if draft.photo is not None and (_PHOTO.fullmatch(draft.photo) is None or re.search(r"\d[.]\d{3,}", draft.photo)):
        raise BadInput("patrol_photo_reference")
    if (draft.kind is None) != (draft.code is None) or draft.kind not in (None, "component", "event"):
        raise BadInput("finding_category")


def all_answers(items: Sequence[PatrolItem], given: Mapping[str, Answer], found: Collection[str]) -> dict[str, Answer]:
    """An answer to every item: what was said, a problem where something was found, else not seen.

    Raises BadInput for an item that is not on the list, and for ``good`` where there is a finding.
    """
    codes = [item.code for item in items]
    if unknown := sorted(set(given) - set(codes)):
        raise BadInput("unknown_patrol_item", item=", ".join(unknown), known=", ".join(codes))
    if wrong := sorted(item for item in found if given.get(item) == Answer.GOOD):
        raise BadInput("good_but_found", item=", ".join(wrong))
    return {code: Answer.PROBLEM if code in found else given.get(code, Answer.NOT_SEEN) for code in codes}


def tier_of(by: Actor, subject: Subject, asked: int | None) -> int:
    """The tier as which an actor walks: the one asked for, else the nearest to the residents that he holds here.

    Raises Forbidden when he holds none here, or not that one.
    """
    held = {grant.tier for grant in grants_for(by, Permission.PATROL, subject) if grant.tier is not None}
    if not held or (asked is not None and asked not in held):
        raise Forbidden()
    return max(held) if asked is None else asked


def check_checker(by: Actor, patrol: Patrol) -> None:
    """Raise Forbidden unless the actor may check this patrol: not his own, and from a tier above or from no tier.

    A supervisor has no tier and may check any; so somebody can check the highest tier too.
    """
    held = grants_for(by, Permission.CHECK_PATROL, subject_of(patrol))
    if by.id == patrol.chief:
        raise Forbidden("own_patrol")
    if not any(grant.tier is None or grant.tier < patrol.tier for grant in held):
        raise Forbidden()


def subject_of(patrol: Patrol) -> Subject:
    """Where a patrol lies, as far as scopes go."""
    return Subject(street=patrol.ground.street, areas=frozenset(patrol.ground.areas))


def city_day(at: datetime, zone: ZoneInfo) -> date:
    """The city day of an instant.  Raises BadInput for a naive one."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise BadInput("step_naive_time")
    return at.astimezone(zone).date()


def days_to_settle(last: date | None, now: datetime, zone: ZoneInfo, most: int = 31) -> tuple[date, ...]:
    """The city days that are over and not accounted for, oldest first.

    last   the newest day that was; None = only the day before counts, for nothing is missed before the beginning
    most   days that are caught up after a long stop
    """
    newest = city_day(now - SETTLE_AFTER, zone) - timedelta(days=1)
    first = newest if last is None else max(last + timedelta(days=1), newest - timedelta(days=most - 1))
    return tuple(first + timedelta(days=n) for n in range((newest - first).days + 1))


def settle(beats: Iterable[Beat], plan: PatrolPlan, day: WorkingDay) -> tuple[Round, ...]:
    """What each beat owed on a day and did; nothing on a day of rest, nothing of a tier of which nothing is asked."""
    if not day.is_working:
        return ()
    asked = [(beat, plan.of_tier(beat.tier).per_day) for beat in beats]
    return tuple(Round(beat, due, min(beat.walks, due)) for beat, due in asked if due)


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def draw(week_on: date, tier: int, patrols: Iterable[int], size: int) -> tuple[int, ...]:
    """The sample of a week: ``size`` patrols, or all where there are fewer; in the order of drawing.

    Reproducible: patrols are ordered by SHA-256 over week, tier and id; the order in which they come has no say.
    """
    return tuple(sorted(set(patrols), key=lambda patrol: (_lot(week_on, tier, patrol), patrol))[:size])


def _lot(week_on: date, tier: int, patrol: int) -> bytes:
    return hashlib.sha256(f"{week_on.isoformat()}|{tier}|{patrol}".encode()).digest()


def month_of(day: date) -> tuple[date, date]:
    """The month of a day: its first day and the first day after it."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def quarter_of(day: date) -> tuple[date, date]:
    """The quarter of a day: its first day and the first day after it."""
    first = day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return first, (first + timedelta(days=100)).replace(day=1)


def months_of(first: date, after: date) -> tuple[date, ...]:
    """The first days of the months of a period."""
    days = (first + timedelta(days=n) for n in range((after - first).days))
    return tuple(day for day in days if day.day == 1)


def check_over(after: date, now: datetime, zone: ZoneInfo) -> None:
    """Raise BadInput while a period, `after` being the first day behind it, can still change."""
    over_at = datetime.combine(after, time(), zone).astimezone(UTC) + SETTLE_AFTER
    if city_day(now, zone) < after or now < over_at:
        raise BadInput("period_not_over", until=after.isoformat())


def add(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines of one street and tier added up, in the order of street and tier, those of all first."""
    sums: dict[tuple[str | None, int | None], tuple[Counts, set[str]]] = {}
    for line in lines:
        counts, areas = sums.get((line.street, line.tier), (Counts(), set()))
        sums[line.street, line.tier] = plus(counts, line.counts), areas | set(line.areas)
    order = sorted(sums, key=lambda key: (key[0] or "", -1 if key[1] is None else key[1]))
    return tuple(Line(*key, sums[key][0], tuple(sorted(sums[key][1]))) for key in order)


def with_sums(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines of (street, tier) with the sums of each street, of each tier and of all."""
    told = list(lines)
    by_street = [Line(line.street, None, line.counts, line.areas) for line in told]
    by_tier = [Line(None, line.tier, line.counts) for line in told]
    return add([Line(None, None, Counts()), *told, *by_street, *by_tier, *(Line(None, None, x.counts) for x in told)])


def plus(one: Counts, other: Counts) -> Counts:
    """Each count added up."""
    return Counts(**{f.name: getattr(one, f.name) + getattr(other, f.name) for f in fields(Counts)})


def rates(counts: Counts, least: int) -> tuple[Rate, ...]:
    """Every rate of a line.  One over fewer than `least` is held out: its numbers stand, it has no value."""
    found = []
    for measure, (above, below) in RATES.items():
        numerator, denominator = getattr(counts, above), getattr(counts, below)
        is_small = 0 < denominator < least
        value = None if is_small or not denominator else numerator / denominator
        found.append(Rate(measure, numerator, denominator, value, is_small))
    return tuple(found)
