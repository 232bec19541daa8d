-- One placed complaint into the tables in one round trip: what a batch does in several statements, for the row of one
-- report. Called outside a transaction it is a transaction of its own. Null = nothing was changed: a complaint is stored
-- under the id already, or the same content was refused before. The lock is the feed's, as a batch takes it; every
-- statement below it sees what was committed while it was waited for.
-- A row is told to look for repeats only where its class has a neighbour in time at all: the look-up of
-- 020_mark_repeats.sql, without its last compare.
create or replace function take_complaint(taken complaints, private complaint_private, taken_at timestamptz)
    returns bigint language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('intake:' || taken.feed, 0));
    if exists (select from dead_letters d where d.feed = taken.feed and d.content_hash = taken.content_hash) then
        return null;
    end if;
    taken.id := nextval('complaints_id_seq');
    insert into complaints values (taken.*) on conflict (feed, external_id) do nothing;
    if not found then
        return null;
    end if;
    private.complaint_id := taken.id;
    insert into complaint_private values (private.*);
    update dead_letters d set status = 'superseded', closed_at = taken_at
    where d.feed = taken.feed and d.external_id = taken.external_id and d.status = 'open'
        and d.reason <> 'id_conflict';
    if exists (
        select from complaints c
        where class_in_square(c.scheme || ' ' || c.kind || ' ' || c.code, st_x(c.geom), st_y(c.geom)) = any (
                class_about(taken.scheme || ' ' || taken.kind || ' ' || taken.code, st_x(taken.geom), st_y(taken.geom)))
            and c.reported_at between taken.reported_at - interval '24 hours' and taken.reported_at + interval '24 hours'
            and c.verdict <> 'suspect' and c.id <> taken.id
    ) then
        perform mark_repeats(taken.run_id, taken.id - 1);
    end if;
    return taken.id;
end
$$;
