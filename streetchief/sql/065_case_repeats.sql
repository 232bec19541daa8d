-- Open cases that likely are the same matter: a complaint of the one has the class of a complaint of the other, lies
-- within so many metres and so many hours of it, and both are on one segment, or one of them is on none yet. The rule
-- is mark_repeats' (the one duplicate rule in real use, DOMAIN section 2) with the city's own figures; a place that is
-- not believed repeats nothing. Squares of 0.005 degrees are joined, so that the planner may hash. One row a pair, the older case second; distance and time of their nearest complaints.
create or replace function repeated_cases(within_m double precision, within interval)
returns table (case_id bigint, other_id bigint, distance_m double precision, apart interval)
language sql stable set enable_nestloop = off as $$
    with carried as materialized (
        select k.id as case_id, k.segment_code, c.id, c.reported_at, c.scheme, c.kind, c.code, c.geom,
            st_x(c.geom) as x, st_y(c.geom) as y, pad.y as pad_y, pad.y / greatest(cos(radians(st_y(c.geom))), 0.01) as pad_x
        from (select $1 / 110000 as y) pad, cases k
        join case_complaints cc on cc.case_id = k.id
        join complaints c on c.id = cc.complaint_id
        where k.closed_at is null and c.verdict <> 'suspect' and c.kind is not null and c.code is not null
    ),
    placed as materialized (
        select *, floor(x * 200) as column_of, floor(y * 200) as row_of from carried
    ),
    about as materialized (
        select carried.*, column_of, row_of
        from carried,
            generate_series(floor((x - pad_x) * 200)::integer, floor((x + pad_x) * 200)::integer) column_of,
            generate_series(floor((y - pad_y) * 200)::integer, floor((y + pad_y) * 200)::integer) row_of
    ),
    pairs as (
        select one.case_id, other.case_id as other_id,
            st_distance(one.geom::geography, other.geom::geography) as distance_m,
            greatest(one.reported_at, other.reported_at) - least(one.reported_at, other.reported_at) as apart
        from about one
        join placed other
            on other.scheme = one.scheme and other.kind = one.kind and other.code = one.code
            and other.column_of = one.column_of and other.row_of = one.row_of
            and other.case_id < one.case_id
            and abs(other.y - one.y) <= one.pad_y
            and other.reported_at between one.reported_at - $2 and one.reported_at + $2
            and (other.segment_code is null or one.segment_code is null or other.segment_code = one.segment_code)
    )
    select p.case_id, p.other_id, min(p.distance_m), min(p.apart)
    from pairs p
    where p.distance_m <= $1
    group by p.case_id, p.other_id
    order by p.case_id, p.other_id
$$;

-- Causes that came back: a closed parent case, and the first registered case of its class on its segment that was
-- opened within the time after it was closed and has no parent yet. One row a parent.
create or replace function recurred_causes(within interval)
returns table (parent_id bigint, case_id bigint, closed_at timestamptz) language sql stable as $$
    select distinct on (p.id) p.id, n.id, p.closed_at
    from cases p
    join cases n
        on n.segment_code = p.segment_code and n.scheme = p.scheme and n.code = p.code
        and n.kind is not distinct from p.kind
        and n.opened_at > p.closed_at and n.opened_at <= p.closed_at + $1
    where p.state = 'closed'
        and exists (select from cases child where child.parent_id = p.id)
        and n.id <> p.id and n.parent_id is null and n.closed_at is null and n.state <> 'received'
    order by p.id, n.opened_at, n.id
$$;
