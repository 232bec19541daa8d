"""What Alembic runs for every command: all tables of all rooms, and GeoAlchemy2's helpers for geometry columns.

The connection comes from `streetchief.storage.migrate`, which also holds the lock and the transaction.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from geoalchemy2 import Geometry, alembic_helpers

import streetchief.accounts.tables
import streetchief.casework.flow_tables
import streetchief.casework.outbox_tables
import streetchief.casework.tables
import streetchief.intake.rematch_tables
import streetchief.intake.tables
import streetchief.patrol.tables
import streetchief.registry.tables
import streetchief.storage.audit  # noqa: F401  (these imports fill the metadata)
from streetchief.storage.metadata import Base


def differ(_context: Any, _inspected: Any, _declared: Any, there: Any, wanted: Any) -> bool | None:
    """Whether two column types differ; None leaves the question to Alembic.

    A geometry without SRID is reflected as -1 and declared as 0: both say "no SRID".
    """
    if not isinstance(there, Geometry) or not isinstance(wanted, Geometry):
        return None
    return (there.geometry_type, max(there.srid, 0), there.dimension) != (
        wanted.geometry_type,
        max(wanted.srid, 0),
        wanted.dimension,
    )


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=alembic_helpers.include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_type=differ,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
