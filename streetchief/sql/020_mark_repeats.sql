-- Likely repeats: the same class within 50 m and 24 h of an earlier complaint (the one duplicate rule that DOMAIN
-- section 2 found in real use). The earliest such complaint is named; a place that is not believed repeats nothing.
-- Looks at the complaints of one run that are newer than `after_id` and at those that may repeat them, so the result
-- depends on the set of stored complaints only, not on the order or the batches in which they came. The boxes are a
-- little wider than 50 m up to 65 degrees of latitude; the distance decides.
create or replace function mark_repeats(run bigint, after_id bigint) returns void language sql as $$
    with near as (
        select distinct later.id
        from complaints fresh
        join complaints later
            on later.scheme = fresh.scheme and later.kind = fresh.kind and later.code = fresh.code
            and later.geom && st_expand(fresh.geom, 0.0012, 0.0006)
            and later.reported_at between fresh.reported_at and fresh.reported_at + interval '24 hours'
        where fresh.run_id = run and fresh.id > after_id
    ),
    found as (
        select near.id, (
            select earlier.id
            from complaints earlier
            where earlier.scheme = c.scheme and earlier.kind = c.kind and earlier.code = c.code
                and earlier.verdict <> 'suspect'
                and (earlier.reported_at, earlier.feed, earlier.external_id) < (c.reported_at, c.feed, c.external_id)
                and earlier.reported_at >= c.reported_at - interval '24 hours'
                and earlier.geom && st_expand(c.geom, 0.0012, 0.0006)
                and st_distance(earlier.geom::geography, c.geom::geography) <= 50
            order by earlier.reported_at, earlier.feed, earlier.external_id
            limit 1
        ) as first_id
        from near join complaints c using (id)
        where c.verdict <> 'suspect'
    )
    update complaints c set repeat_of = found.first_id
    from found where c.id = found.id and c.repeat_of is distinct from found.first_id
$$;
