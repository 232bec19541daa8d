-- Likely repeats: the same class within 50 m and 24 h of an earlier complaint (the one duplicate rule that DOMAIN
-- section 2 found in real use). The earliest such complaint is named; a place that is not believed repeats nothing.
-- Looks at the complaints of one run that are newer than `after_id` and at those that may repeat them, so the result
-- depends on the set of stored complaints only, not on the order or the batches in which they came. Class, squares
-- of 0.005 degrees and time are looked up (ix_complaints_repeats), the place is measured on what is left. The squares
-- that 50 m around a place touch are one, two or four; a square is wider than 50 m up to 84 degrees north.
-- `offset 0` keeps the look-up a look-up: joined as sets, a planner without statistics would read the whole table.
create or replace function near_in_place(a geometry, b geometry) returns boolean language sql immutable parallel safe as $$
    select abs(st_y(a) - st_y(b)) < 0.0006 and st_distance(a::geography, b::geography) <= 50
$$;

create or replace function squares_about(degrees double precision, margin double precision) returns integer[]
    language sql immutable parallel safe as $$
    select array[floor((degrees - margin) * 200)::integer, floor((degrees + margin) * 200)::integer]
$$;

create or replace function mark_repeats(run bigint, after_id bigint) returns void language sql as $$
    with pairs as (
        select fresh.id as fresh_id, other.id as other_id,
            (other.reported_at, other.feed, other.external_id) < (fresh.reported_at, fresh.feed, fresh.external_id)
                as other_is_earlier
        from complaints fresh
        cross join lateral (
            select c.id, c.reported_at, c.feed, c.external_id
            from complaints c
            where c.scheme = fresh.scheme and c.kind = fresh.kind and c.code = fresh.code
                and floor(st_y(c.geom) * 200)::integer = any (squares_about(st_y(fresh.geom), 0.0006))
                and floor(st_x(c.geom) * 200)::integer
                    = any (squares_about(st_x(fresh.geom), 0.0006 / greatest(cos(radians(st_y(fresh.geom))), 0.01)))
                and c.reported_at between fresh.reported_at - interval '24 hours' and fresh.reported_at + interval '24 hours'
                and c.verdict <> 'suspect' and c.id <> fresh.id and near_in_place(c.geom, fresh.geom)
            offset 0
        ) other
        where fresh.run_id = run and fresh.id > after_id and fresh.verdict <> 'suspect'
    ),
    near as (
        select case when other_is_earlier then fresh_id else other_id end as id from pairs group by 1
    ),
    found as (
        select c.id, (
            select earlier.id
            from complaints earlier
            where earlier.scheme = c.scheme and earlier.kind = c.kind and earlier.code = c.code
                and floor(st_y(earlier.geom) * 200)::integer = any (squares_about(st_y(c.geom), 0.0006))
                and floor(st_x(earlier.geom) * 200)::integer
                    = any (squares_about(st_x(c.geom), 0.0006 / greatest(cos(radians(st_y(c.geom))), 0.01)))
                and earlier.verdict <> 'suspect'
                and earlier.reported_at between c.reported_at - interval '24 hours' and c.reported_at
                and (earlier.reported_at, earlier.feed, earlier.external_id) < (c.reported_at, c.feed, c.external_id)
                and near_in_place(earlier.geom, c.geom)
            order by earlier.reported_at, earlier.feed, earlier.external_id
            limit 1
        ) as first_id
        from near join complaints c using (id)
    )
    update complaints c set repeat_of = found.first_id
    from found where c.id = found.id and c.repeat_of is distinct from found.first_id
$$;
