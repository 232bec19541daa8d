-- The hash of a case event, as streetchief/casework/events.py computes it, and the first place where a chain is broken.
create or replace function case_event_hash(
    prev_hash text, case_id bigint, seq integer, at timestamptz, actor text, action text, state text, payload text
) returns text language sql immutable parallel safe as $$
    select encode(sha256(convert_to(concat_ws(
        E'\n', $1, $2::text, $3::text, (extract(epoch from $4) * 1000000)::bigint::text, $5, $6, $7, $8
    ), 'UTF8')), 'hex')
$$;

-- Broken is a gap, a link or hash that does not fit, a chain cut off at its end, and a row that says another state
-- than its newest event. One row a broken case: the first seq that is wrong.
create or replace function broken_cases() returns table (case_id bigint, seq integer) language sql stable as $$
    with links as (
        select e.case_id, e.seq, e.state, e.hash,
            row_number() over chain as place,
            lag(e.hash, 1, repeat('0', 64)) over chain as before,
            e.prev_hash, lead(e.seq) over chain is null as is_last,
            case_event_hash(e.prev_hash, e.case_id, e.seq, e.at, e.actor, e.action, e.state, e.payload::text) as computed
        from case_events e
        window chain as (partition by e.case_id order by e.seq)
    ),
    wrong as (
        select l.case_id, l.seq from links l where l.seq <> l.place or l.prev_hash <> l.before or l.hash <> l.computed
        union all
        select c.id, coalesce(l.seq + 1, 1)
        from cases c
        left join links l on l.case_id = c.id and l.is_last
        where l.case_id is null or l.seq < c.version
        union all
        select c.id, l.seq
        from cases c
        join links l on l.case_id = c.id and l.is_last
        where l.seq >= c.version and (l.seq <> c.version or l.hash <> c.last_hash or l.state <> c.state)
    )
    select w.case_id, min(w.seq)::integer from wrong w group by w.case_id
$$;
