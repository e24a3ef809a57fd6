"""An answer that is an error, in OpenAI's form. Knows no model."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.responses import JSONResponse

from charlm.errors import CharlmError, IntegrityError
from charlm.service.drawing import FullError, LateError

KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class RefusedError(Exception):
    """A request that is not answered: the status, what is wrong and what to do, and the parameter that it is about."""

    def __init__(
        self,
        status: int,
        what: str,
        remedy: str = "",
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what)
        self.status, self.what, self.remedy, self.param, self.headers = status, what, remedy, param, headers or {}

    @property
    def body(self) -> dict[str, object]:
        """The error as the clients of OpenAI read it."""
        kind = KINDS.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        message = f"{self.what.rstrip('.')}. {self.remedy}".strip()
        return {"error": {"message": message, "type": kind, "param": self.param, "code": None}}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status, headers=dict(self.headers))


def refusal_of(error: CharlmError, param: str | None = None) -> RefusedError:
    """The same for an error of charlm's own, whose options have the names of parameters here."""
    match error:
        case FullError():
            return RefusedError(429, error.what, error.remedy, headers={"Retry-After": "1"})
        case LateError():
            return RefusedError(408, error.what, error.remedy)
        case IntegrityError():
            return RefusedError(500, error.what, error.where)
        case CharlmError(exit_code=1):  # no mistake of the user's
            return RefusedError(500, error.what, "This is a bug in charlm.")
    return RefusedError(400, _renamed(error.what), _renamed(error.remedy), param)


def _renamed(words: str) -> str:
    return re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda found: found[1].replace("-", "_"), words)
