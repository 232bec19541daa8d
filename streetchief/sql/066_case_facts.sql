-- One published contract of columns over cases, for figures: what happened when, and what came of it. No personal data,
-- no account, no free text. registered_at: 立案; finished_at: 办结 by the handler, the first time, which is not 结案;
-- closed_at: 结案, null unless the case is closed now; due_at: the end-to-end limit. Of each complaint the last
-- call-back counts, whatever became of the case afterwards: a bad answer is not forgotten by a rework.
create or replace view case_facts with (security_invoker = true) as
select
    c.id, c.number, c.state, c.stage, c.scheme, c.kind, c.code, c.condition, c.street_code, c.segment_code, c.areas,
    c.department, c.supervisor, c.departments, c.held_by, c.tier, c.registry_version, c.opened_at,
    happened.registered_at, happened.finished_at, happened.verified_at,
    case when c.state = 'closed' then c.closed_at end as closed_at, c.closed_at as ended_at, c.is_forced,
    c.whole_due_at as due_at, c.whole_provisional as due_provisional,
    c.extensions, c.suspensions, c.reworks, c.urged, coalesce(happened.reopenings, 0) as reopenings,
    c.parent_id, c.merged_into,
    (select count(*) from case_complaints k where k.case_id = c.id) as complaints,
    said.called_back_at, said.called_back, said.answered, said.solved, said.satisfied,
    called.tasks, called.no_shows, called.late, c.open_tasks
from cases c
cross join lateral (
    select
        min(e.at) filter (where e.action = 'register') as registered_at,
        min(e.at) filter (where e.action in ('finish', 'fix_on_spot')) as finished_at,
        max(e.at) filter (where e.action = 'verify' and e.state = 'verified') as verified_at,
        count(*) filter (where e.action in ('reopen', 'recur')) as reopenings
    from case_events e where e.case_id = c.id
) happened
cross join lateral (
    select max(l.at) as called_back_at, count(*) as called_back,
        count(*) filter (where l.payload ->> 'answered' = 'true') as answered,
        count(*) filter (where l.payload ->> 'solved' = 'true') as solved,
        count(*) filter (where l.payload ->> 'satisfied' = 'true') as satisfied
    from (
        select distinct on (e.payload ->> 'complaint') e.at, e.payload
        from case_events e where e.case_id = c.id and e.action = 'call_back'
        order by e.payload ->> 'complaint', e.seq desc
    ) l
) said
cross join lateral (
    select count(*) as tasks, count(*) filter (where t.was_no_show) as no_shows,
        count(*) filter (where t.arrived_at > t.arrive_due_at) as late
    from case_tasks t where t.case_id = c.id
) called;

grant select on case_facts to streetchief_app;

-- What residents and staff think of the streets: votes and mean score of a month. Nobody's single score, no rater.
create or replace view street_evaluation_facts with (security_invoker = true) as
select street_code, month, count(*) as votes, count(*) filter (where is_resident) as residents,
    round(avg(score), 2) as mean_score
from street_evaluations
group by street_code, month;

grant select on street_evaluation_facts to streetchief_app;
