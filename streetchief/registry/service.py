"""Publishing a registry as a version, and reading versions back: one call, one transaction."""

from __future__ import annotations

from sqlalchemy import Engine, text

from streetchief.city import City
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.registry import store
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.fingerprint import fingerprint, in_order
from streetchief.registry.model import Fault, Registry
from streetchief.registry.rules import check
from streetchief.registry.store import Version
from streetchief.storage.engine import transaction

PUBLISH_LOCK = 0x5C0010


def publish(engine: Engine, city: City, registry: Registry, note: str = "") -> int:
    """Publish a registry and give its version.

    Content equal to the current version's (and the same metric projection) is a no-op that gives that version.
    Two calls at once take turns.  Raises BadInput with the number of blocking faults and the first of them, Conflict
    if the database holds another city.
    """
    ordered = in_order(registry)
    refuse_blocking(check(ordered, city))
    with transaction(engine) as session:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": PUBLISH_LOCK})
        current = store.newest(session)
        if current is not None and current.city != city.code:
            raise Conflict("other_city", stored=current.city, given=city.code)
        if current is not None and (current.fingerprint, current.metric_srid) == (
            fingerprint(ordered),
            city.metric_srid,
        ):
            return int(current.version)
        return store.add_version(session, ordered, city=city.code, metric_srid=city.metric_srid, note=note)


def seed(engine: Engine, city: City) -> int:
    """Publish the seed files of a city if the database has no version yet; the current version either way.

    From the first publication on the database owns the registry.  Raises as `publish` does.
    """
    with transaction(engine) as session:
        current = store.newest(session)
    if current is not None and current.city != city.code:
        raise Conflict("other_city", stored=current.city, given=city.code)
    if current is not None:
        return int(current.version)
    registry, faults = registry_from_city(city)
    refuse_blocking(faults)
    return publish(engine, city, registry, "seed")


def load(engine: Engine, version: int | None = None) -> Registry:
    """The registry of a version, None = the current one.  Raises NotFound if there is none."""
    with transaction(engine) as session:
        current = store.newest(session)
        if current is None:
            raise NotFound("no_registry")
        registry = store.load_version(session, current.version if version is None else version)
    if registry is None:
        raise NotFound("no_registry_version", version=version)
    return registry


def current_version(engine: Engine) -> int | None:
    """Number of the current version; None if nothing is published."""
    with transaction(engine) as session:
        current = store.newest(session)
    return None if current is None else int(current.version)


def list_versions(engine: Engine) -> list[Version]:
    """All publications, newest first; [] if there is none."""
    with transaction(engine) as session:
        return store.versions(session)


def refuse_blocking(faults: tuple[Fault, ...]) -> None:
    """Raise BadInput if a fault forbids publishing."""
    blocking = [fault for fault in faults if fault.blocking]
    if blocking:
        first = "; ".join(f"{f.code} {f.where} {f.detail}".strip() for f in blocking[:3])
        raise BadInput("registry_faults", count=len(blocking), first=first)
