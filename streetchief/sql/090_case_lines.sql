-- Cases as the API lists them: one plain line each. Under row-level security the policies of `cases` hold through it.
-- The caller cuts it (filters, id, limit), so that names are looked up for the lines of one page only.
create or replace view case_lines with (security_invoker = true) as
select
    c.id, c.number, c.state, c.stage, c.held_by, c.tier, c.department, c.departments, c.areas, c.street_code,
    (select t.name from streets t where t.version = c.registry_version and t.code = c.street_code) as street_name,
    c.segment_code, c.scheme, c.kind, c.code,
    (select k.name from categories k where k.version = c.registry_version and k.scheme = c.scheme and k.kind = c.kind
        and k.code = c.code) as category,
    c.opened_at, c.due_at, c.due_step, c.due_provisional, c.answer_due_at, c.whole_due_at, c.request,
    c.suspended_until, c.urged, c.open_tasks, c.parent_id, c.closed_at, c.version, m.soon_at, m.severe_at
from cases c
-- marks are those of the present limit only while its due instant is the same
left join case_marks m on m.case_id = c.id and m.clock = 'step' and m.due_at = c.due_at;

grant select on case_lines to streetchief_app;
