-- One published contract of columns over complaints, with the names that people read, of the registry version that
-- placed each complaint. No personal data.
create or replace view complaint_facts with (security_invoker = true) as
select
    c.id, c.feed, c.external_id, c.reported_at, c.scheme, c.kind, c.code,
    coalesce(k.name, c.code) as category,
    c.verdict, c.reason, c.confidence, c.evidence,
    c.segment_code, c.street_code, c.street_name, c.distance_m, c.runner_up_street, c.margin_m,
    c.area_code, a.name as area_name,
    c.department, d.name_zh as department_name_zh, d.name_en as department_name_en,
    c.supervisor, c.co_departments, c.triage_reason,
    c.repeat_of, c.synthetic, c.cell, c.geom, c.registry_version, c.model_version
from complaints c
left join categories k
    on k.version = c.registry_version and k.scheme = c.scheme and k.kind = c.kind and k.code = c.code
left join areas a on a.version = c.registry_version and a.code = c.area_code
left join departments d on d.version = c.registry_version and d.code = c.department;
