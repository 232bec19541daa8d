"""What answers look like in the API's description."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ErrorBody(BaseModel):
    """Every refusal: a code for programs, a sentence for people in both languages, the id of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "no_credentials", "zh": "请先登录", "en": "please sign in first", "request_id": "5b0c…"}
            ]
        }
    )
    code: str
    zh: str
    en: str
    request_id: str


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may refuse with these statuses."""
    return {status: {"model": ErrorBody} for status in statuses}
