"""What the private cluster's server is told, in ``streetchief.conf`` inside its data directory."""

from __future__ import annotations

from pathlib import Path

PORT = 5432  # only a part of the socket's name; said everywhere, so that a PGPORT of the caller does not matter
SOCKET_NAME = f".s.PGSQL.{PORT}"

# DETAIL lines and failed statements can hold rows, that is personal data: neither goes into the log.
SETTINGS = f"""\
listen_addresses = ''
port = {PORT}
unix_socket_permissions = 0700
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
# For throw-away clusters only: a crash of the machine loses them.
VOLATILE_SETTINGS = """\
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
"""


def settings_text(socket_dir: Path, *, volatile: bool) -> str:
    """The whole file; it is written again before every start, so that a moved data directory finds its new socket."""
    extra = VOLATILE_SETTINGS if volatile else ""
    return f"{SETTINGS}{extra}unix_socket_directories = '{socket_dir}'\n"
