"""Delivering: outbox, quiet hours, digests, dead letters, replay; each channel against a stub on loopback."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from streetchief.casework import outbox_store as store
from streetchief.casework.notice_hours import Hours, RetryPlan
from streetchief.casework.notices import Facts, Notice, Urgency
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.pipeline.channels.channel import Message, Receipt, Recipient, Refused, Retry
from streetchief.pipeline.channels.mail import Mail, MailServer
from streetchief.pipeline.channels.post import Gate, post
from streetchief.pipeline.channels.robots import DingTalk, WeCom
from streetchief.pipeline.channels.webhook import Webhook
from streetchief.pipeline.deliver import Desk, deliver, find_forgotten, join_digests, open_channels
from streetchief.storage.engine import transaction
from tests.pipeline.receivers import Answer, Mailbox, Receiver, Request, mailing, receiving

CITY = ZoneInfo("Asia/Shanghai")
NOON, NIGHT = datetime(2026, 7, 1, 4, tzinfo=UTC), datetime(2026, 7, 1, 18, tzinfo=UTC)
FACTS = Facts("2026-000017", "和兴路", "暴露垃圾", NOON, "/cases/17")
MESSAGE = Message("dispatch.department", [("dispatch.department", FACTS)], NOON, CITY)


class Fails:
    """A channel that fails as it is told to."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        raise self.fault


class Keeps:
    """A channel that keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Message]] = []

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        self.got.append((key, notice))
        return Receipt()


def desk(engine: Engine, channel: Keeps | Fails | None = None, attempts: int = 3) -> Desk:
    channels = open_channels(engine, Gate(frozenset()), None) | ({"email": channel} if channel else {})
    return Desk(Hours(CITY), channels, RetryPlan(10, 60, attempts))


def written(engine: Engine, *notices: Notice, mail: bool = True, now: datetime = NOON) -> dict[str, list[int]]:
    """Channel → ids of the deliveries."""
    with transaction(engine) as session:
        if mail:
            store.set_address(session, "user:li", "email", "li@office.example", None, "zh")
        store.enqueue_all(session, notices, now=now)
        found: dict[str, list[int]] = {}
        for row in reversed(store.listed(session)):
            found.setdefault(row.channel, []).append(row.id)
        return found


def notice(key: str = "case/17#5", topic: str = "dispatch.department", urgency: Urgency | None = None) -> Notice:
    return Notice(key, topic, "user:li", FACTS, urgency)


def test_a_second_enqueue_is_a_no_op_and_a_rollback_leaves_no_job(database_engine: Engine) -> None:
    assert {name: len(ids) for name, ids in written(database_engine, notice()).items()} == {"email": 1, "in_app": 1}
    with transaction(database_engine) as session:
        assert store.enqueue(session, notice(), now=NOON) == 0
    with pytest.raises(RuntimeError), transaction(database_engine) as session:
        assert store.enqueue(session, notice("other"), now=NOON) == 2
        raise RuntimeError
    with transaction(database_engine) as session:
        assert session.execute(text("select count(*) from procrastinate.procrastinate_jobs")).scalar() == 2


def test_sent_once_it_is_left_alone(database_engine: Engine) -> None:
    keeps = Keeps()
    (one,) = written(database_engine, notice())["email"]
    outcomes = [deliver(database_engine, desk(database_engine, keeps), one, now=NOON).what for _ in range(2)]
    assert outcomes == ["sent", "gone"] and len(keeps.got) == 1
    assert deliver(database_engine, desk(database_engine), 4711, now=NOON).what == "gone"


def test_what_another_worker_has_in_hand_is_looked_at_later(database_engine: Engine) -> None:
    (one,) = written(database_engine, notice())["email"]
    with transaction(database_engine) as session:
        assert store.take(session, one) is not None
        assert deliver(database_engine, desk(database_engine, Keeps()), one, now=NOON).what == "later"


def test_failures_wait_longer_each_time_then_die_and_can_be_replayed(database_engine: Engine) -> None:
    (one,) = written(database_engine, notice())["email"]
    failing = desk(database_engine, Fails(Retry("receiver_failed", "HTTP 500")))
    now, waits = NOON, []
    for _ in range(2):
        later = deliver(database_engine, failing, one, now=now).later
        assert later is not None
        waits.append((later - now).total_seconds())
        assert deliver(database_engine, failing, one, now=now).what == "later"  # too early: not an attempt
        now = later
    assert waits == [10, 20]
    assert deliver(database_engine, failing, one, now=now).what == "dead"
    with transaction(database_engine) as session:
        (dead,) = store.listed(session, status="dead")
        key = dead.key
        assert (dead.attempts, dead.fault, dead.detail) == (3, "receiver_failed", "HTTP 500")
        with pytest.raises(NotFound):
            store.replay(session, [one, 4711], now)
        assert store.replay(session, [one], now) == [one]
    keeps = Keeps()
    assert deliver(database_engine, desk(database_engine, keeps), one, now=now).what == "sent"
    assert [sent for sent, _ in keeps.got] == [key]
    with pytest.raises(Conflict), transaction(database_engine) as session:
        store.replay(session, [one], now)


@pytest.mark.parametrize("fault", ["channel_off", "no_address", "receiver_refused"])
def test_what_can_never_go_well_dies_at_once(database_engine: Engine, fault: str) -> None:
    (one,) = written(database_engine, notice())["email"]
    channel = None if fault == "channel_off" else Fails(Refused("receiver_refused"))
    if fault == "no_address":
        with transaction(database_engine) as session:
            store.drop_address(session, "user:li", "email")
    assert deliver(database_engine, desk(database_engine, channel), one, now=NOON).what == "dead"
    with transaction(database_engine) as session:
        assert [row.fault for row in store.listed(session, status="dead")] == [fault]


def test_quiet_hours_hold_mails_but_not_our_own_pages_nor_emergencies(database_engine: Engine) -> None:
    found = written(database_engine, notice("a"), notice("b", "whistle.called", Urgency.EMERGENCY), now=NIGHT)
    at = desk(database_engine, Keeps())
    first, urgent = (deliver(database_engine, at, one, now=NIGHT) for one in found["email"])
    assert (first.what, first.later, urgent.what) == ("later", datetime(2026, 7, 1, 23, tzinfo=UTC), "sent")
    assert [deliver(database_engine, at, one, now=NIGHT).what for one in found["in_app"]] == ["sent", "sent"]


def test_low_urgency_is_joined_into_one_digest_a_recipient(database_engine: Engine) -> None:
    keeps = Keeps()
    at = desk(database_engine, keeps)
    low = [notice(f"close/{n}", "close.chief") for n in range(3)]
    found = written(database_engine, *low)
    assert [deliver(database_engine, at, one, now=NOON).what for one in found["email"]] == ["held"] * 3
    assert join_digests(database_engine, NOON) == 0  # not yet
    morning = datetime(2026, 7, 2, 0, 30, tzinfo=UTC)
    assert [join_digests(database_engine, morning) for _ in range(2)] == [1, 0]
    with transaction(database_engine) as session:
        (digest,) = store.listed(session, status="waiting", recipient="user:li")[:1]
        assert {row.digest for row in store.listed(session, status="joined")} == {digest.id}
        one = digest.id
    assert deliver(database_engine, at, one, now=morning).what == "sent"
    ((_, message),) = keeps.got
    assert message.text("zh").count("\n") == 3 and message.title("zh") == "街长通：今日 3 件事"


def test_the_inbox_is_exactly_once_and_keeps_the_read_mark(database_engine: Engine) -> None:
    (one,) = written(database_engine, notice(), mail=False)["in_app"]
    at = desk(database_engine)
    assert deliver(database_engine, at, one, now=NOON).what == "sent"
    with transaction(database_engine) as session:  # killed before it was noted
        session.execute(text("update outbox set status = 'waiting'"))
    assert deliver(database_engine, at, one, now=NOON).what == "sent"
    with transaction(database_engine) as session:
        (row,) = store.inbox(session, ["user:li", "department:x"], unread=True)
        assert store.mark_read(session, ["user:wu"], [row.id], NOON) == 0  # somebody else's
        assert [store.mark_read(session, ["user:li"], [row.id], NOON) for _ in range(2)] == [1, 0]
        assert store.inbox(session, ["user:li"], unread=True) == []


def test_a_delivery_whose_job_is_gone_gets_another(database_engine: Engine) -> None:
    written(database_engine, notice())
    with transaction(database_engine) as session:
        session.execute(text("delete from procrastinate.procrastinate_jobs"))
    assert find_forgotten(database_engine, NOON) == 0  # a moment's grace
    assert [find_forgotten(database_engine, NOON + timedelta(minutes=5)) for _ in range(2)] == [2, 0]


def test_a_webhook_is_signed_and_keyed() -> None:
    with receiving(Receiver()) as receiver:
        channel = Webhook(Gate.parse(receiver.host))
        channel.send(MESSAGE, Recipient("feed:x", f"{receiver.url}/hook?a=1", "a secret"), key="k1")
        with pytest.raises(Refused, match="no_secret"):
            channel.send(MESSAGE, Recipient("feed:x", receiver.url), key="k1")
    (request,) = receiver.seen
    stamp = request.headers["X-Streetchief-Timestamp"]
    signed = hmac.new(b"a secret", f"{stamp}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Streetchief-Signature"] == f"sha256={signed}"
    assert (request.path, request.headers["Idempotency-Key"], stamp) == ("/hook?a=1", "k1", str(int(NOON.timestamp())))
    assert request.json["items"][0]["case"] == "2026-000017" and request.json["key"] == "k1"


def test_the_robots_send_the_documented_bodies() -> None:
    with receiving(Receiver()) as receiver:
        gate = Gate.parse(receiver.host)
        WeCom(gate).send(MESSAGE, Recipient("user:li", f"{receiver.url}/cgi-bin/webhook/send?key=K"), key="k")
        DingTalk(gate).send(MESSAGE, Recipient("user:li", f"{receiver.url}/robot/send?access_token=T", "SEC1"), key="k")
    wecom, dingtalk = receiver.seen
    assert (wecom.path, wecom.json["msgtype"]) == ("/cgi-bin/webhook/send?key=K", "text")
    assert wecom.json == {"msgtype": "text", "text": {"content": MESSAGE.text("zh")}}
    asked = parse_qs(urlsplit(dingtalk.path).query)
    expected = hmac.new(b"SEC1", f"{asked['timestamp'][0]}\nSEC1".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(expected).decode()]
    assert (asked["access_token"], asked["timestamp"]) == (["T"], [str(int(NOON.timestamp() * 1000))])
    assert dingtalk.json["text"]["content"] == MESSAGE.text("zh") and dingtalk.json["at"] == {"isAtAll": False}


@pytest.mark.parametrize(
    ("robot", "body", "expected"),
    [
        (WeCom, b'{"errcode":45009}', Retry),  # too many calls
        (WeCom, b'{"errcode":93000}', Refused),  # no such robot
        (DingTalk, b'{"errcode":410100}', Retry),  # too fast
        (DingTalk, b'{"errcode":310000}', Refused),  # the signature is not right
        (DingTalk, b"<html>", Retry),  # a proxy's page
        (WeCom, b"{}", Retry),
    ],
)
def test_what_a_robot_s_code_means(robot: type[WeCom | DingTalk], body: bytes, expected: type[Exception]) -> None:
    with receiving(Receiver(answer=lambda _, number: (200, body))) as receiver, pytest.raises(expected):
        robot(Gate.parse(receiver.host)).send(MESSAGE, Recipient("user:li", receiver.url), key="k")


def test_a_long_digest_fits_a_robot() -> None:
    many = Message("digest.user", [("close.chief", FACTS)] * 200, NOON, CITY)
    cut = many.text("both", 2048)
    assert len(cut.encode()) <= 2048 and "其余请到系统查看" in cut.splitlines()[-1]


@pytest.mark.parametrize(
    ("status", "expected"), [(204, None), (302, Refused), (400, Refused), (404, Refused), (408, Retry), (429, Retry), (503, Retry)]
)  # fmt: skip
def test_what_a_status_means(status: int, expected: type[Exception] | None) -> None:
    with receiving(Receiver(answer=lambda _, number: (status, b""), headers={"Location": "/x"})) as receiver:
        gate = Gate.parse(receiver.host)
        if expected is None:
            post(gate, receiver.url, b"", {})
        else:
            with pytest.raises(expected):
                post(gate, receiver.url, b"", {})
    assert len(receiver.seen) == 1  # a redirect is not followed


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",  # another port than the allowed one
        "http://169.254.169.254/latest/meta-data", "http://localhost:8000/", "http://allowed.example.evil.example/",
        "http://allowed.example@evil.example/", "http://user:pass@allowed.example/", "file:///etc/passwd",
        "ftp://allowed.example/", "gopher://allowed.example/", "http://", "//allowed.example/", "",
        "http://allowed.example:99999/", "http://allowed.example/\r\nX: 1", "http://allowed。example/", "http://[::1]/",
        "http://allowed.example:8080/",
    ],
)  # fmt: skip
def test_addresses_that_are_never_called(url: str) -> None:
    with pytest.raises(Refused):
        Gate.parse("allowed.example, 127.0.0.1:9").check(url)


def test_allowed_addresses() -> None:
    gate = Gate.parse("Allowed.example, other.example:8443")
    for url in ("https://allowed.example/a?b", "http://ALLOWED.example:80/", "https://other.example:8443/"):
        assert gate.check(url).hostname


def test_a_receiver_that_stalls_or_hangs_up_is_tried_again() -> None:
    def stall(_: Request, number: int) -> Answer:
        time.sleep(1.5)
        return 200, b""

    for receiver, gate_s in ((Receiver(answer=lambda _, number: None), 5.0), (Receiver(answer=stall), 0.3)):
        with receiving(receiver), pytest.raises(Retry):
            began = time.monotonic()
            try:
                post(Gate.parse(receiver.host, gate_s), receiver.url, b"", {})
            finally:
                assert time.monotonic() - began < 1.2


def test_a_mail_is_plain_and_keyed() -> None:
    with mailing(Mailbox()) as box:
        server = MailServer.parse(f"smtp+plain://127.0.0.1:{box.port}?from=desk@office.example")
        Mail(server).send(MESSAGE, Recipient("user:li", "li@office.example", language="both"), key="k1")
    mail = email.message_from_bytes(box.mails[0], policy=email.policy.default)
    assert (mail["To"], mail["Message-ID"], mail["Idempotency-Key"]) == (
        "li@office.example",
        "<k1@office.example>",
        "k1",
    )
    assert mail["Subject"].startswith("案件 2026-000017：已派遣") and "暴露垃圾" in mail.get_content()


@pytest.mark.parametrize(("rcpt", "expected"), [(b"550 unknown", Refused), (b"451 later", Retry)])
def test_what_a_mail_server_s_code_means(rcpt: bytes, expected: type[Exception]) -> None:
    with mailing(Mailbox(rcpt=rcpt)) as box, pytest.raises(expected):
        server = MailServer.parse(f"smtp+plain://127.0.0.1:{box.port}?from=desk@office.example")
        Mail(server).send(MESSAGE, Recipient("user:li", "li@office.example"), key="k")


def test_a_mail_is_never_sent_in_the_clear_unless_asked() -> None:
    with mailing(Mailbox()) as box, pytest.raises(Retry, match="tls_failed"):
        Mail(MailServer.parse(f"smtp://127.0.0.1:{box.port}?from=a@b.example")).send(
            MESSAGE, Recipient("user:li", "li@office.example"), key="k"
        )
    assert box.mails == []


@pytest.mark.parametrize(
    "url", ["", "smtp://host", "http://host?from=a@b.c", "smtp+plain://u:p@host?from=a@b.c", "smtp://u@host?from=a@b.c"]
)
def test_mail_servers_that_are_none(url: str) -> None:
    with pytest.raises(BadInput):
        MailServer.parse(url)
