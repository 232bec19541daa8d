-- Likely repeats: the same class within 50 m and 24 h of an earlier complaint (the one duplicate rule that DOMAIN
-- section 2 found in real use). The earliest such complaint is named; a place that is not believed repeats nothing.
-- Looks at the complaints of one run that are newer than `after_id` and at those that may repeat them, so the result
-- depends on the set of stored complaints only, not on the order or the batches in which they came.
-- Looked up (ix_complaints_repeats) is one number for the class and the square of 0.005 degrees, then the time; class
-- and place are compared on what is left. The squares that 50 m around a place touch are one, two or four: a square
-- is wider than 50 m up to 84 degrees north. A planner without statistics would join sets and read the whole table
-- for a batch, so it is told to look up.
create or replace function near_in_place(a geometry, b geometry) returns boolean language sql immutable parallel safe as $$
    select abs(st_y(a) - st_y(b)) < 0.0006 and st_distance(a::geography, b::geography) <= 50
$$;

create or replace function class_in_square(class text, x double precision, y double precision) returns bigint
    language sql immutable parallel safe as $$
    select hashtextextended(class, floor(y * 200)::bigint * 100000 + floor(x * 200)::bigint)
$$;

create or replace function class_about(class text, x double precision, y double precision) returns bigint[]
    language sql immutable parallel safe as $$
    select array[
        class_in_square(class, x - 0.0006 / greatest(cos(radians(y)), 0.01), y - 0.0006),
        class_in_square(class, x - 0.0006 / greatest(cos(radians(y)), 0.01), y + 0.0006),
        class_in_square(class, x + 0.0006 / greatest(cos(radians(y)), 0.01), y - 0.0006),
        class_in_square(class, x + 0.0006 / greatest(cos(radians(y)), 0.01), y + 0.0006)
    ]
$$;

create or replace function mark_repeats(run bigint, after_id bigint) returns void language sql
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
    with pairs as (
        select fresh.id as fresh_id, other.id as other_id,
            (other.reported_at, other.feed, other.external_id) < (fresh.reported_at, fresh.feed, fresh.external_id)
                as other_is_earlier
        from (
            select id, reported_at, feed, external_id, scheme, kind, code, geom,
                scheme || ' ' || kind || ' ' || code as class, st_x(geom) as x, st_y(geom) as y
            from complaints
            where run_id = run and id > after_id and verdict <> 'suspect'
            offset 0  -- so that class, x and y are worked out once a row
        ) fresh
        cross join lateral (
            select c.id, c.reported_at, c.feed, c.external_id
            from complaints c
            where class_in_square(c.scheme || ' ' || c.kind || ' ' || c.code, st_x(c.geom), st_y(c.geom)) = any (
                    class_about(fresh.class, fresh.x, fresh.y))
                and c.reported_at between fresh.reported_at - interval '24 hours' and fresh.reported_at + interval '24 hours'
                and c.verdict <> 'suspect' and c.id <> fresh.id
                and c.scheme = fresh.scheme and c.kind = fresh.kind and c.code = fresh.code
                and near_in_place(c.geom, fresh.geom)
            offset 0
        ) other
    ),
    near as (
        select distinct case when other_is_earlier then fresh_id else other_id end as id from pairs
    ),
    found as (
        select c.id, first.id as first_id
        from near
        join complaints c using (id)
        cross join lateral (
            select earlier.id
            from complaints earlier
            where class_in_square(
                    earlier.scheme || ' ' || earlier.kind || ' ' || earlier.code, st_x(earlier.geom), st_y(earlier.geom)
                ) = any (class_about(c.scheme || ' ' || c.kind || ' ' || c.code, st_x(c.geom), st_y(c.geom)))
                and earlier.verdict <> 'suspect'
                and earlier.scheme = c.scheme and earlier.kind = c.kind and earlier.code = c.code
                and earlier.reported_at between c.reported_at - interval '24 hours' and c.reported_at
                and (earlier.reported_at, earlier.feed, earlier.external_id) < (c.reported_at, c.feed, c.external_id)
                and near_in_place(earlier.geom, c.geom)
            order by earlier.reported_at, earlier.feed, earlier.external_id
            limit 1
        ) first
    )
    update complaints c set repeat_of = found.first_id
    from found where c.id = found.id and c.repeat_of is distinct from found.first_id
$$;
