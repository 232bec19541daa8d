-- A delivery of the outbox gets its job in the same transaction: both are there, or neither.
-- The library's own functions look for their tables by name, so they run with its schema as their path.
-- Both run as the owner: a web request that may not touch the job tables still gets its notices out.

create or replace function outbox_defer(delivery bigint, lane text, due timestamptz) returns bigint
language sql security definer set search_path = procrastinate, pg_temp as $$
    select unnest(procrastinate_defer_jobs_v1(array[row(
        'notices', 'deliver', 0, lane, null, jsonb_build_object('delivery', delivery), due
    )::procrastinate_job_to_defer_v1]))
$$;

-- Deliveries in the order of their ids: jobs of one lane run in the order in which they were made.
create or replace function outbox_schedule(deliveries bigint[]) returns integer
language plpgsql security definer set search_path from current as $$
declare
    delivery record;
    made integer := 0;
begin
    for delivery in
        select o.id, o.lane, o.next_at from outbox o
        where o.id = any (deliveries) and o.status = 'waiting' order by o.id for update
    loop
        update outbox set job = outbox_defer(delivery.id, delivery.lane, delivery.next_at) where id = delivery.id;
        made := made + 1;
    end loop;
    return made;
end;
$$;
