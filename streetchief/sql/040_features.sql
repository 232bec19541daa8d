-- Complaints and segments as GeoJSON features, one a row, with the columns that pages filter by. No text of a feed and
-- no personal data. The view is cut by the caller (box, id, limit), so only the rows of one page are built.
create or replace view complaint_features with (security_invoker = true) as
select
    f.id, f.verdict, f.department, f.street_code, f.geom,
    json_build_object(
        'type', 'Feature',
        'id', f.id,
        'geometry', st_asgeojson(f.geom, 7)::json,
        'properties', json_build_object(
            'feed', f.feed, 'external_id', f.external_id, 'reported_at', f.reported_at,
            'scheme', f.scheme, 'kind', f.kind, 'code', f.code, 'category', f.category,
            'verdict', f.verdict, 'reason', f.reason, 'confidence', round(f.confidence::numeric, 4),
            'evidence', f.evidence, 'segment_code', f.segment_code, 'street_code', f.street_code,
            'street_name', f.street_name, 'distance_m', round(f.distance_m::numeric, 2),
            'area_code', f.area_code, 'area_name', f.area_name,
            'department', f.department, 'department_name_zh', f.department_name_zh,
            'department_name_en', f.department_name_en, 'triage_reason', f.triage_reason,
            'repeat_of', f.repeat_of, 'synthetic', f.synthetic
        )
    ) as feature
from complaint_facts f;

-- The segments of the current version of the registry.
create or replace view segment_features with (security_invoker = true) as
select
    s.code, s.geom,
    json_build_object(
        'type', 'Feature',
        'id', s.code,
        'geometry', st_asgeojson(s.geom, 7)::json,
        'properties', json_build_object(
            'code', s.code, 'street_code', s.street_code, 'name', t.name, 'aliases', t.aliases, 'pilot', t.pilot,
            'street_class', s.street_class, 'right_of_way_m', s.right_of_way_m, 'area_code', s.area_code,
            'name_source', t.name_source, 'geometry_source', s.geometry_source, 'accuracy_m', s.accuracy_m
        )
    ) as feature
from segments s
join streets t on t.version = s.version and t.code = s.street_code
where s.version = (select max(version) from registry_versions);
