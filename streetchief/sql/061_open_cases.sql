-- Cases from complaints, as streetchief/casework/opening.py opens one: the same rows, the same payload, the same hash.
create or replace function area_chain(version integer, code text) returns text[] language sql stable parallel safe as $$
    with recursive above as (
        select a.code, a.parent, 1 as depth from areas a where a.version = $1 and a.code = $2
        union all
        select a.code, a.parent, above.depth + 1
        from above join areas a on a.version = $1 and a.code = above.parent
        where above.depth < 100
    )
    select coalesce(array_agg(above.code::text order by depth), array[]::text[]) from above
$$;

-- What a complaint says to its case; only a complaint placed for certain is on a segment and a street.
create or replace view case_openings as
select
    c.id as complaint, c.run_id, c.scheme, c.kind, c.code, c.condition, c.registry_version,
    case when c.verdict = 'matched' then c.segment_code end as segment,
    case when c.verdict = 'matched' then c.street_code end as street,
    c.area_code, c.department, c.supervisor, c.repeat_of
from complaints c
where not exists (select from case_complaints k where k.complaint_id = c.id);

-- Opens a case for each of these complaints, case ids in the order of theirs. The limits of their classes stand side by
-- side in six arrays; clock and whole are canonical JSON text, null = no limit. Returns how many were opened: one that
-- has a case already is left out. A planner without statistics would look up every complaint by itself: it is told not to.
create or replace function open_wanted_cases(
    city text, zone text, actor text, opened_at timestamptz, needs_check boolean, complaints bigint[],
    schemes text[], kinds text[], codes text[], conditions text[], clocks text[], wholes text[]
) returns bigint language sql set enable_nestloop = off as $$
    with picked as materialized (
        select o.* from case_openings o where o.complaint = any ($6)
    ),
    areas_of as materialized (
        select p.registry_version, p.area_code, area_chain(p.registry_version, p.area_code) as codes
        from (select distinct registry_version, area_code from picked) p
    ),
    wanted as materialized (
        select p.*, a.codes, l.clock, l.whole
        from picked p
        join areas_of a on a.registry_version = p.registry_version and a.area_code is not distinct from p.area_code
        join unnest($7, $8, $9, $10, $11, $12) as l (scheme, kind, code, condition, clock, whole)
            on l.scheme = p.scheme and l.kind is not distinct from p.kind and l.code is not distinct from p.code
            and l.condition is not distinct from p.condition
        order by p.complaint
    ),
    numbered as (
        select w.*, nextval('cases_id_seq') as id from wanted w
    ),
    named as (
        select n.*, format('%s-%s-%s', $1, to_char($4 at time zone $2, 'YYYYMMDD'), n.id) as number from numbered n
    ),
    written as (
        select n.*, format(
            '{"areas":%s,"clock":%s,"code":%s,"complaint":%s,"condition":%s,"department":%s,"kind":%s,'
            '"needs_check":%s,"number":%s,"registry_version":%s,"repeat_of":%s,"scheme":%s,"segment":%s,"street":%s,'
            '"supervisor":%s,"whole":%s}',
            to_json(n.codes), coalesce(n.clock, 'null'), coalesce(to_json(n.code)::text, 'null'), n.complaint,
            coalesce(to_json(n.condition)::text, 'null'), coalesce(to_json(n.department)::text, 'null'),
            coalesce(to_json(n.kind)::text, 'null'), to_json($5), to_json(n.number), n.registry_version,
            coalesce(n.repeat_of::text, 'null'), to_json(n.scheme), coalesce(to_json(n.segment)::text, 'null'),
            coalesce(to_json(n.street)::text, 'null'), coalesce(to_json(n.supervisor)::text, 'null'),
            coalesce(n.whole, 'null')
        ) as body
        from named n
    ),
    sealed as materialized (
        select w.*, case_event_hash(repeat('0', 64), w.id, 1, $4, $3, 'open', 'received', w.body) as hash from written w
    ),
    opened as (
        insert into cases (
            id, number, state, stage, department, supervisor, street_code, segment_code, areas, departments, scheme,
            kind, code, condition, registry_version, opened_at, due_at, due_step, due_provisional, whole_due_at,
            whole_provisional, extensions, suspensions, reworks, urged, open_tasks, is_forced, version, last_at,
            last_hash
        )
        select s.id, s.number, 'received', 1, s.department, s.supervisor, s.street, s.segment, s.codes,
            array(select distinct d collate "C" from unnest(array[s.department, s.supervisor]) d where d is not null
                order by 1),
            s.scheme, s.kind, s.code, s.condition, s.registry_version, $4,
            (s.clock::json ->> 'due_at')::timestamptz, s.clock::json ->> 'step',
            coalesce((s.clock::json ->> 'provisional')::boolean, false), (s.whole::json ->> 'due_at')::timestamptz,
            coalesce((s.whole::json ->> 'provisional')::boolean, false), 0, 0, 0, 0, 0, false, 1, $4, s.hash
        from sealed s
    ),
    appended as (
        insert into case_events (case_id, seq, at, actor, action, state, payload, prev_hash, hash)
        select s.id, 1, $4, $3, 'open', 'received', s.body::json, repeat('0', 64), s.hash from sealed s
    ),
    carried as (
        insert into case_complaints (complaint_id, case_id) select s.complaint, s.id from sealed s
    )
    select count(*) from sealed
$$;
