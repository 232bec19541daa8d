"""E-mail over SMTP.  The message id comes from the key, so a mail sent twice is seen as one by most programs."""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from ssl import create_default_context
from urllib.parse import parse_qs, unquote, urlsplit

from streetchief.errors import BadInput
from streetchief.pipeline.channels.channel import Message, Receipt, Recipient, Refused, Retry

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over.

    scheme   ``smtps`` (TLS from the start), ``smtp`` (STARTTLS, never without), ``smtp+plain`` (no TLS, no login:
             for a relay on the same machine or office network)
    """

    scheme: str
    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    timeout_s: float = 15.0

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """``smtps://user:password@host:port?from=address``; user and password percent-encoded.  Raises BadInput."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise BadInput("bad_smtp_url") from fault
        sender = parse_qs(parts.query).get("from", [""])[0]
        has_login = parts.username is not None
        if parts.scheme not in PORTS or not parts.hostname or ADDRESS.fullmatch(sender) is None:
            raise BadInput("bad_smtp_url")
        if has_login and (parts.scheme == "smtp+plain" or parts.password is None):
            raise BadInput("bad_smtp_url")
        user = unquote(parts.username) if parts.username is not None else None
        password = unquote(parts.password) if parts.password is not None else None
        return cls(parts.scheme, parts.hostname, port or PORTS[parts.scheme], sender, user, password)


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain-text mail a notice."""

    server: MailServer

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """See `Channel`."""
        if ADDRESS.fullmatch(recipient.address) is None:
            raise Refused("bad_address")
        mail = composed(notice, recipient, self.server.sender, key)
        try:
            with _line(self.server) as line:
                if self.server.scheme == "smtp":
                    line.starttls(context=create_default_context())
                if self.server.user is not None:
                    line.login(self.server.user, self.server.password or "")
                line.send_message(mail)
        except smtplib.SMTPRecipientsRefused as fault:
            raise _judged(next(iter(fault.recipients.values()))[0]) from fault
        except smtplib.SMTPAuthenticationError as fault:
            raise Retry("login_refused", f"SMTP {fault.smtp_code}") from fault
        except smtplib.SMTPResponseException as fault:
            raise _judged(fault.smtp_code) from fault
        except smtplib.SMTPNotSupportedError as fault:
            raise Retry("tls_failed") from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise Retry("no_connection", type(fault).__name__) from fault
        return Receipt()


def composed(notice: Message, recipient: Recipient, sender: str, key: str) -> EmailMessage:
    """The mail: a subject line and plain text."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, recipient.address
    mail["Subject"] = notice.title(recipient.language)
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    mail["Idempotency-Key"] = key
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(notice.text(recipient.language))
    return mail


def _line(server: MailServer) -> smtplib.SMTP:
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=create_default_context())
    return smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)


def _judged(code: int) -> Retry | Refused:
    return Refused("receiver_refused", f"SMTP {code}") if code >= 500 else Retry("receiver_failed", f"SMTP {code}")
