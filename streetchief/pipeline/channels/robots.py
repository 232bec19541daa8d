"""Group robots: 企业微信 (WeCom) and 钉钉 (DingTalk).  Both take JSON at an address that holds the robot's key.

Both answer HTTP 200 with ``errcode``: 0 is done.  Which other codes are worth another try is listed here, from the
makers' documentation (developer.work.weixin.qq.com, path/91770 and path/90313; open.dingtalk.com, custom robots).
Neither knows an idempotency key: after a kill between sending and noting, a group may read a notice twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from streetchief.pipeline.channels.channel import Message, Receipt, Recipient, Refused, Retry
from streetchief.pipeline.channels.post import Gate, post

WECOM_BYTES = 2048  # of text.content, UTF-8
DINGTALK_BYTES = 18_000  # of 20,000 for the whole message
WECOM_AGAIN: Mapping[int, float] = {-1: 0.0, 45009: 60.0, 45033: 60.0}  # busy; too many calls (20 a minute)
DINGTALK_AGAIN: Mapping[int, float] = {-1: 0.0, 410100: 60.0, 130101: 60.0, 130102: 60.0}  # busy; too fast


@dataclass(frozen=True, slots=True)
class WeCom:
    """企业微信群机器人: ``{"msgtype": "text", "text": {"content": …}}``, at most 2048 bytes of content."""

    gate: Gate

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """See `Channel`."""
        body = {"msgtype": "text", "text": {"content": notice.text(recipient.language, WECOM_BYTES)}}
        return _tell(self.gate, recipient.address, body, key, WECOM_AGAIN)


@dataclass(frozen=True, slots=True)
class DingTalk:
    """钉钉自定义机器人: the same body; with a secret the address gets ``timestamp`` (ms) and ``sign`` (加签)."""

    gate: Gate

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """See `Channel`."""
        content = notice.text(recipient.language, DINGTALK_BYTES)
        body = {"msgtype": "text", "text": {"content": content}, "at": {"isAtAll": False}}
        address = recipient.address
        if recipient.secret:
            stamp = str(int(notice.at.timestamp() * 1000))
            address += ("&" if "?" in address else "?") + urlencode(
                {"timestamp": stamp, "sign": dingtalk_sign(recipient.secret, stamp)}
            )
        return _tell(self.gate, address, body, key, DINGTALK_AGAIN)


def dingtalk_sign(secret: str, stamp: str) -> str:
    """Base64 of HMAC-SHA256 over ``<timestamp>\\n<secret>`` under the secret, before URL encoding."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _tell(gate: Gate, address: str, body: Mapping[str, object], key: str, again: Mapping[int, float]) -> Receipt:
    text = json.dumps(body, ensure_ascii=False).encode()
    said = post(gate, address, text, {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key})
    try:
        answer = json.loads(said)
        code = int(answer["errcode"])
    except (ValueError, KeyError, TypeError) as fault:
        raise Retry("answer_not_understood") from fault
    if code == 0:
        return Receipt()
    if code in again:
        raise Retry("receiver_failed", f"errcode {code}", again[code])
    raise Refused("receiver_refused", f"errcode {code}")
