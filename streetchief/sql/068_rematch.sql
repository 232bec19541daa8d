-- Placing stored complaints anew, as sets. Python matches and routes a batch and stages it; what differs from what is
-- stored is kept in rematch_changes. From there: which cases go along (rematch_sort), the figures of it
-- (rematch_figures), their events (rematch_seal, as streetchief/casework/rematched.py makes one) and the write
-- (rematch_apply). The temporary tables live as long as the transaction.
create or replace function rematch_tables() returns void language plpgsql as $$
begin
    create temp table rematch_batch on commit drop as
        select id, verdict, reason, confidence, evidence, segment_code, street_code, street_name, distance_m, offset_m,
            side, runner_up_street, margin_m, area_code, department, supervisor, co_departments, rule, triage_reason,
            model_version
        from complaints with no data;
    alter table rematch_batch alter co_departments type text[];
    create temp table rematch_changes (like rematch_batch) on commit drop;
    -- kept_by: 'ended' or 'person' where the case that carries it stays as it is, and the complaint with it
    alter table rematch_changes add kept_by text;
    create temp table rematch_tiers (
        segment text not null, asked integer, tier integer, stand_in boolean, empty_tiers text
    ) on commit drop;
end
$$;

-- Keeps what differs of the staged batch; how many rows were staged.
create or replace function rematch_stage() returns bigint language plpgsql as $$
declare
    staged bigint;
begin
    analyze rematch_batch;
    insert into rematch_changes
    select b.*
    from rematch_batch b
    join complaints c on c.id = b.id
    where (b.verdict, b.reason, b.confidence, b.evidence, b.segment_code, b.street_code, b.street_name, b.distance_m,
            b.offset_m, b.side, b.runner_up_street, b.margin_m, b.area_code, b.department, b.supervisor,
            b.co_departments, b.rule, b.triage_reason)
        is distinct from (c.verdict, c.reason, c.confidence, c.evidence, c.segment_code, c.street_code, c.street_name,
            c.distance_m, c.offset_m, c.side, c.runner_up_street, c.margin_m, c.area_code, c.department, c.supervisor,
            c.co_departments::text[], c.rule, c.triage_reason);
    select count(*) into staged from rematch_batch;
    truncate rematch_batch;
    return staged;
end
$$;

-- The cases that get an event: open, not placed by a person, of these feeds, and either the complaint that opened it is
-- placed elsewhere or the areas above it are others now. A department that holds the case keeps it; then the event says
-- whom the rules would name. To be committed, the rows of the cases are locked before anything is read from them.
create or replace function rematch_sort(feeds text[], registry integer, is_commit boolean) returns void
    language plpgsql as $$
begin
    analyze rematch_changes;
    create temp table rematch_areas on commit drop as
        select codes.code, array_agg(a.above order by a.depth) filter (where a.above is not null) as areas
        from (
            select distinct h.area_code as code from rematch_changes h where h.area_code is not null
            union
            select distinct c.areas[1] from cases c where c.closed_at is null and c.areas[1] is not null
        ) codes
        left join lateral unnest(area_chain(registry, codes.code)) with ordinality as a (above, depth) on true
        group by codes.code;
    create temp table rematch_touched on commit drop as
        select k.case_id from rematch_changes h join case_complaints k on k.complaint_id = h.id
        union
        select c.id
        from cases c
        join rematch_areas a on a.code = c.areas[1]
        where c.closed_at is null and c.areas is distinct from a.areas::varchar[];
    analyze rematch_touched;
    if is_commit then
        perform from cases c join rematch_touched t on t.case_id = c.id order by c.id for update of c;
    end if;
    create temp table rematch_kept on commit drop as
        select t.case_id, case when c.closed_at is not null then 'ended' else 'person' end as why
        from rematch_touched t
        join cases c on c.id = t.case_id
        where c.closed_at is not null or exists (
            select from case_events e
            where e.case_id = c.id and e.action = 'place' and e.actor not like 'system:%'
        );
    update rematch_changes h set kept_by = kept.why
    from rematch_kept kept
    join case_complaints k on k.case_id = kept.case_id
    where k.complaint_id = h.id;
    create temp table rematch_cases on commit drop as
    with present as (
        select c.*, o.id as complaint, h.id is not null as is_changed, a.areas as new_areas,
            h.id is not null and (h.department, h.supervisor) is distinct from (o.department, o.supervisor)
                as is_rerouted,
            case when h.id is null then o.verdict else h.verdict end as verdict, o.verdict as old_verdict,
            case when h.id is null then o.segment_code else h.segment_code end as nearest_segment,
            case when h.id is null then o.street_code else h.street_code end as nearest_street,
            h.department as named_department, h.supervisor as named_supervisor,
            c.held_by is distinct from 'department' as follows
        from rematch_touched t
        join cases c on c.id = t.case_id and c.closed_at is null
        join case_events e on e.case_id = c.id and e.seq = 1
        join complaints o on o.id = (e.payload ->> 'complaint')::bigint and o.feed = any (feeds)
        left join rematch_changes h on h.id = o.id
        left join rematch_areas a on a.code = case when h.id is null then o.area_code else h.area_code end
        where not exists (select from rematch_kept kept where kept.case_id = c.id)
    ),
    aimed as (
        select p.*,
            case when p.verdict = 'matched' then p.nearest_segment end as new_segment,
            case when p.verdict = 'matched' then p.nearest_street end as new_street,
            coalesce(p.new_areas, array[]::text[]) as to_areas,
            case when p.follows and p.is_rerouted then p.named_department else p.department end as new_department,
            case when p.follows and p.is_rerouted then p.named_supervisor else p.supervisor end as new_supervisor
        from present p
    )
    select a.id, a.number, a.complaint, a.state, a.version, a.last_at, a.last_hash, a.held_by, a.tier, a.follows,
        a.is_rerouted and not a.follows as is_told, a.verdict, a.old_verdict, a.segment_code, a.street_code,
        a.areas::text[] as areas, a.department, a.supervisor, a.registry_version, a.new_segment, a.new_street,
        a.to_areas as new_areas, a.new_department, a.new_supervisor, a.named_department, a.named_supervisor
    from aimed a
    where (a.segment_code, a.street_code, a.areas::text[]) is distinct from (a.new_segment, a.new_street, a.to_areas)
        or (a.is_rerouted and (a.department, a.supervisor) is distinct from (a.named_department, a.named_supervisor));
    analyze rematch_cases;
end
$$;

-- How often each pair (before, after) comes.
create or replace function rematch_pairs(before text[], after text[]) returns jsonb language sql immutable as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('before', b, 'after', a, 'count', n) order by n desc, b nulls first, a nulls first),
        '[]')
    from (select b, a, count(*) as n from unnest($1, $2) as p (b, a) where b is distinct from a group by b, a) pairs
$$;

-- What leaves and what comes, by code.
create or replace function rematch_balance(before text[], after text[]) returns jsonb language sql immutable as $$
    select coalesce(jsonb_object_agg(code, jsonb_build_object('loses', loses, 'gains', gains)), '{}')
    from (
        select coalesce(code, '-') as code, sum(lost) as loses, sum(gained) as gains
        from unnest($1, $2) as p (b, a)
        cross join lateral (values (p.b, 1, 0), (p.a, 0, 1)) v (code, lost, gained)
        where p.b is distinct from p.a
        group by 1
    ) sums
$$;

-- What will happen, from the sorted changes. The digest is over every complaint and case that changes: it does not
-- depend on their order.
create or replace function rematch_figures() returns jsonb language plpgsql as $$
begin
    return (
        with moved as (
            select h.*, c.verdict as old_verdict, c.area_code as old_area, c.department as old_department,
                c.supervisor as old_supervisor, c.triage_reason as old_triage,
                case when c.verdict = 'matched' then c.street_code end as old_street,
                case when h.verdict = 'matched' then h.street_code end as new_street,
                case when c.verdict = 'matched' then c.segment_code end as old_segment,
                case when h.verdict = 'matched' then h.segment_code end as new_segment
            from rematch_changes h
            join complaints c on c.id = h.id
            where h.kept_by is null
        ),
        complaints_moved as (
            select jsonb_build_object(
                'changed', count(*),
                'moved', count(*) filter (where old_segment is distinct from new_segment),
                'verdicts', rematch_pairs(array_agg(old_verdict), array_agg(verdict::text)),
                'departments', rematch_pairs(array_agg(old_department), array_agg(department::text)),
                'into_triage', count(*) filter (where old_triage is null and triage_reason is not null),
                'out_of_triage', count(*) filter (where old_triage is not null and triage_reason is null),
                'streets', rematch_balance(array_agg(old_street), array_agg(new_street)),
                'areas', rematch_balance(array_agg(old_area), array_agg(area_code::text))
            ) as told
            from moved
        ),
        cases_moved as (
            select jsonb_build_object(
                'changed', count(*),
                'moved', count(*) filter (where segment_code is distinct from new_segment),
                'change_street', count(*) filter (where street_code is distinct from new_street),
                'become_ambiguous', count(*) filter (where old_verdict <> 'ambiguous' and verdict = 'ambiguous'),
                'lose_street', count(*) filter (where street_code is not null and new_street is null),
                'gain_street', count(*) filter (where street_code is null and new_street is not null),
                'change_area', count(*) filter (where areas is distinct from new_areas),
                'change_department', count(*) filter (where department is distinct from new_department),
                'lose_department', count(*) filter (where department is not null and new_department is null),
                'keep_department', count(*) filter (where is_told),
                'streets', rematch_balance(array_agg(street_code::text), array_agg(new_street)),
                'departments', rematch_pairs(array_agg(department::text), array_agg(new_department::text))
            ) as told
            from rematch_cases
        ),
        kept as (
            select count(distinct k.case_id) as by_person
            from rematch_changes h
            join case_complaints k on k.complaint_id = h.id
            where h.kept_by = 'person'
        ),
        digest as (
            select coalesce(sum(hashtextextended(line, 0)::numeric), 0) as sum
            from (
                select h::text from rematch_changes h where h.kept_by is null
                union all
                select c::text from rematch_cases c
            ) all_of_it (line)
        )
        select jsonb_build_object('complaints', complaints_moved.told, 'cases', cases_moved.told,
            'by_person', kept.by_person, 'digest', md5(digest.sum::text))
        from complaints_moved, cases_moved, kept, digest
    );
end
$$;

-- Some of what changes, before and after, the complaints in the order of their ids.
create or replace function rematch_sample(most integer) returns jsonb language plpgsql as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'feed', feed, 'external_id', external_id, 'case', number,
            'before', jsonb_build_object('verdict', old_verdict, 'street', old_street, 'segment', old_segment,
                'department', old_department),
            'after', jsonb_build_object('verdict', verdict, 'street', new_street, 'segment', new_segment,
                'department', department)
        ) order by id), '[]')
        from (
            select h.id, c.feed, c.external_id, s.number, c.verdict as old_verdict, c.street_name as old_street,
                c.segment_code as old_segment, c.department as old_department, h.verdict, h.street_name as new_street,
                h.segment_code as new_segment, h.department
            from rematch_changes h
            join complaints c on c.id = h.id
            left join case_complaints k on k.complaint_id = h.id
            left join cases s on s.id = k.case_id
            where h.kept_by is null
                and (c.verdict, c.segment_code, c.department) is distinct from (h.verdict, h.segment_code, h.department)
            order by h.id
            limit most
        ) first
    );
end
$$;

-- The events: the payload in canonical JSON, byte for byte as Python writes it.
create or replace function rematch_seal(rematch bigint, registry integer, at timestamptz, actor text) returns void
    language plpgsql as $$
begin
    create temp table rematch_events on commit drop as
    with written as (
        select c.*, t.tier as answering, greatest(rematch_seal.at, c.last_at) as happened_at, concat(
            '{"areas":', to_json(c.new_areas), ',"because":"rematch"',
            case when c.follows
                then ',"department":' || coalesce(to_json(c.new_department)::text, 'null') end,
            ',"empty_tiers":' || t.empty_tiers,
            ',"from":{"areas":', to_json(c.areas),
            ',"department":', coalesce(to_json(c.department)::text, 'null'),
            ',"registry_version":', c.registry_version,
            ',"segment":', coalesce(to_json(c.segment_code)::text, 'null'),
            ',"street":', coalesce(to_json(c.street_code)::text, 'null'),
            ',"supervisor":', coalesce(to_json(c.supervisor)::text, 'null'), '}',
            case when c.is_told then ',"named":{"department":' || coalesce(to_json(c.named_department)::text, 'null')
                || ',"supervisor":' || coalesce(to_json(c.named_supervisor)::text, 'null') || '}' end,
            ',"registry_version":', rematch_seal.registry,
            ',"rematch":', rematch_seal.rematch,
            ',"segment":', coalesce(to_json(c.new_segment)::text, 'null'),
            ',"stand_in":' || to_json(t.stand_in)::text,
            ',"street":', coalesce(to_json(c.new_street)::text, 'null'),
            case when c.follows
                then ',"supervisor":' || coalesce(to_json(c.new_supervisor)::text, 'null') end,
            case when c.held_by = 'chief' then ',"tier":' || coalesce(t.tier::text, 'null') end,
            ',"verdict":', to_json(c.verdict::text), '}'
        ) as body
        from rematch_cases c
        left join rematch_tiers t
            on c.held_by = 'chief' and t.segment = c.new_segment and t.asked is not distinct from c.tier
    )
    select w.*, case_event_hash(
            w.last_hash, w.id, w.version + 1, w.happened_at, rematch_seal.actor, 'place', w.state, w.body) as hash
    from written w;
end
$$;

-- Writes it all; the caller holds the locks of the feeds. How many events were appended.
create or replace function rematch_apply(rematch bigint, registry integer, actor text) returns bigint
    language plpgsql as $$
declare
    appended bigint;
begin
    insert into former_placings (complaint_id, rematch_id, verdict, reason, confidence, evidence, segment_code,
        street_code, street_name, distance_m, offset_m, side, runner_up_street, margin_m, area_code, department,
        supervisor, co_departments, rule, triage_reason, registry_version, model_version)
    select c.id, rematch, c.verdict, c.reason, c.confidence, c.evidence, c.segment_code, c.street_code, c.street_name,
        c.distance_m, c.offset_m, c.side, c.runner_up_street, c.margin_m, c.area_code, c.department, c.supervisor,
        c.co_departments, c.rule, c.triage_reason, c.registry_version, c.model_version
    from complaints c join rematch_changes h on h.id = c.id where h.kept_by is null;
    update complaints c set verdict = h.verdict, reason = h.reason, confidence = h.confidence, evidence = h.evidence,
        segment_code = h.segment_code, street_code = h.street_code, street_name = h.street_name,
        distance_m = h.distance_m, offset_m = h.offset_m, side = h.side, runner_up_street = h.runner_up_street,
        margin_m = h.margin_m, area_code = h.area_code, department = h.department, supervisor = h.supervisor,
        co_departments = h.co_departments, rule = h.rule, triage_reason = h.triage_reason,
        registry_version = rematch_apply.registry, model_version = h.model_version
    from rematch_changes h where h.id = c.id and h.kept_by is null;
    perform rematch_repeats(rematch);
    insert into case_events (case_id, seq, at, actor, action, state, payload, prev_hash, hash)
    select e.id, e.version + 1, e.happened_at, rematch_apply.actor, 'place', e.state, e.body::json, e.last_hash, e.hash
    from rematch_events e;
    get diagnostics appended = row_count;
    update cases c set segment_code = e.new_segment, street_code = e.new_street, areas = e.new_areas,
        department = e.new_department, supervisor = e.new_supervisor, registry_version = rematch_apply.registry,
        tier = case when e.held_by = 'chief' then e.answering else c.tier end,
        departments = array(
            select distinct d collate "C"
            from (values (e.new_department), (e.new_supervisor)) named (d) where d is not null
            union
            select t.department collate "C" from case_tasks t where t.case_id = c.id
            order by 1),
        version = e.version + 1, last_at = e.happened_at, last_hash = e.hash
    from rematch_events e where e.id = c.id;
    return appended;
end
$$;

-- A place that is no longer believed repeats nothing and is repeated by nothing; one that is believed again may.
create or replace function rematch_repeats(rematch bigint) returns void language plpgsql as $$
declare
    doubted bigint[];
    run bigint;
begin
    select array_agg(c.id) into doubted
    from former_placings f join complaints c on c.id = f.complaint_id
    where f.rematch_id = rematch and (f.verdict = 'suspect') <> (c.verdict = 'suspect');
    if doubted is null then
        return;
    end if;
    create temp table rematch_runs on commit drop as
        select distinct c.run_id from complaints c where c.id = any (doubted) or c.repeat_of = any (doubted);
    update complaints c set repeat_of = null
    where c.repeat_of is not null and (c.id = any (doubted) or c.repeat_of = any (doubted));
    for run in select run_id from rematch_runs order by 1 loop
        perform mark_repeats(run, 0);
    end loop;
end
$$;
