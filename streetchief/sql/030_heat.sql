-- Complaints counted by cell, city month, category, department and street: what the heatmap draws. A suspect place is
-- left out (it would be a hot spot that is none); only a matched complaint counts for its street.
create or replace function heat(zone text, zoom int)
returns table (cell bigint, period text, category text, department text, street text, n bigint)
language sql stable as $$
    select
        f.cell >> (2 * (20 - zoom)),
        to_char(f.reported_at at time zone zone, 'YYYY-MM'),
        coalesce(f.category, ''),
        coalesce(f.department, ''),
        case when f.verdict = 'matched' then f.street_code else '' end,
        count(*)
    from complaint_facts f
    where f.verdict <> 'suspect'
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
$$;
