-- The areas of segments and all areas above them, in the order of their codes.
create or replace function segment_areas(wanted_version integer, wanted varchar[])
returns varchar[] language sql stable as $$
    select coalesce(array_agg(distinct a.code order by a.code), '{}')::varchar[]
    from segments s
    join area_chains c on c.version = s.version and c.code = s.area_code
    cross join unnest(c.codes) as a (code)
    where s.version = $1 and s.code = any ($2)
$$;

-- What each beat (the segments of one street that one appointed chief of a tier answers for on a day) is, and how many
-- ended patrols of that tier saw at least one of its segments on that day. The person has no say: the post owes the walk.
create or replace function patrol_beats(wanted_version integer, day date, tiers integer[])
returns table (tier integer, street_code varchar, segments varchar[], areas varchar[], walks integer)
language sql stable as $$
    with held as (
        select a.tier, s.street_code, array_agg(s.code order by s.code collate "C") as segments
        from appointments a
        join segments s on s.version = a.version and s.code = a.segment_code
        where a.version = $1 and a.tier = any ($3)
            and (a.from_on is null or a.from_on <= $2) and (a.to_on is null or $2 < a.to_on)
            and (s.from_on is null or s.from_on <= $2) and (s.to_on is null or $2 < s.to_on)
        group by a.tier, s.street_code, a.chief
    )
    select h.tier, h.street_code, h.segments, segment_areas($1, h.segments),
        (
            select count(*) from patrols p
            where p.walked_on = $2 and p.tier = h.tier and p.ended_at is not null and p.segments && h.segments
        )::integer
    from held h
    order by h.street_code collate "C", h.tier, h.segments
$$;

-- The counts of a period by street and tier. A patrol belongs to the city day on which it began, its findings and its
-- weekly check with it. Patrols that were not ended do not count.
create or replace function patrol_counts(from_on date, to_on date)
returns table (
    street_code varchar, tier integer, areas varchar[], patrols bigint, due bigint, done bigint, missed bigint,
    findings bigint, fixed_on_spot bigint, handed_over bigint, sampled bigint, checked bigint, agreed bigint
) language sql stable as $$
    with walked as (
        select p.id, p.street_code, p.tier::integer as tier, p.areas from patrols p
        where p.walked_on >= $1 and p.walked_on < $2 and p.ended_at is not null
    ),
    found as (
        select f.patrol_id, count(*) as findings, count(*) filter (where f.handled = 'fixed_on_spot') as fixed,
            count(*) filter (where f.handled = 'handed_over') as handed
        from patrol_findings f join walked w on w.id = f.patrol_id group by f.patrol_id
    ),
    parts as (
        select w.street_code, w.tier, w.areas, 1 as patrols, 0 as due, 0 as done, coalesce(f.findings, 0) as findings,
            coalesce(f.fixed, 0) as fixed, coalesce(f.handed, 0) as handed, (k.patrol_id is not null)::integer as sampled,
            (k.agrees is not null)::integer as checked, coalesce(k.agrees, false)::integer as agreed
        from walked w
        left join found f on f.patrol_id = w.id
        left join weekly_checks k on k.patrol_id = w.id
        union all
        select r.street_code, r.tier, r.areas, 0, r.due, r.done, 0, 0, 0, 0, 0, 0
        from patrol_rounds r where r.day_on >= $1 and r.day_on < $2
    ),
    sums as (
        select p.street_code, p.tier, sum(p.patrols) as patrols, sum(p.due) as due, sum(p.done) as done,
            sum(p.due - p.done) as missed, sum(p.findings) as findings, sum(p.fixed) as fixed, sum(p.handed) as handed,
            sum(p.sampled) as sampled, sum(p.checked) as checked, sum(p.agreed) as agreed
        from parts p group by p.street_code, p.tier
    ),
    grounds as (select distinct p.street_code, p.tier, p.areas from parts p),
    lies as (
        select g.street_code, g.tier, array_agg(distinct a.code order by a.code) as codes
        from grounds g, unnest(g.areas) as a (code)
        group by g.street_code, g.tier
    )
    select s.street_code, s.tier, coalesce(l.codes, '{}'),
        s.patrols, s.due, s.done, s.missed, s.findings::bigint, s.fixed::bigint, s.handed::bigint, s.sampled, s.checked,
        s.agreed
    from sums s
    left join lies l on l.street_code = s.street_code and l.tier = s.tier
    order by s.street_code collate "C", s.tier
$$;
