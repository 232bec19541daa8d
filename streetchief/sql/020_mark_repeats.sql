-- Likely repeats: the same class within 50 m and 24 h of an earlier complaint (the one duplicate rule that DOMAIN
-- section 2 found in real use). The earliest such complaint is named; a place that is not believed repeats nothing.
-- Looks at the complaints of one run that are newer than `after_id` and at those that may repeat them, so the result
-- depends on the set of stored complaints only, not on the order or the batches in which they came. Time and class are
-- looked up (ix_complaints_class_reported_at), the place is measured on what is left: a day of one class is short,
-- a default point or a square in the centre is not.
create or replace function near_in_place(a geometry, b geometry) returns boolean language sql immutable parallel safe as $$
    select abs(st_y(a) - st_y(b)) < 0.0006 and st_distance(a::geography, b::geography) <= 50
$$;

create or replace function mark_repeats(run bigint, after_id bigint) returns void language sql as $$
    with near as (
        select distinct later.id
        from complaints fresh
        join complaints later
            on later.scheme = fresh.scheme and later.kind = fresh.kind and later.code = fresh.code
            and later.reported_at between fresh.reported_at and fresh.reported_at + interval '24 hours'
            and later.verdict <> 'suspect' and near_in_place(later.geom, fresh.geom)
        where fresh.run_id = run and fresh.id > after_id and fresh.verdict <> 'suspect'
    ),
    found as (
        select c.id, (
            select earlier.id
            from complaints earlier
            where earlier.scheme = c.scheme and earlier.kind = c.kind and earlier.code = c.code
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
