"""One question to a service by HTTP; a problem it answers with becomes an error with its words."""

from typing import Any

import httpx2

from services.operations.adapters.credentials import Proving, caller_token

#: A retry of many parked events is one request.
_TIMEOUT_SECONDS = 60


class Refused(Exception):
    """A service refused a request; the message is its own."""

    code = "refused"

    def __init__(self, status: int, answer: str) -> None:
        super().__init__(answer)
        self.status = status


def ask(url: str, body: dict[str, Any] | None = None, *, method: str | None = None, token: str | None) -> Any:
    """GET, or POST when there is a `body`; answers the JSON. `token`: of who asks (`staff_token`, `caller_token`).

    Raises Refused, and httpx2.HTTPError when unreachable.
    """
    return _send(
        url,
        method=method or ("GET" if body is None else "POST"),
        json=body,
        headers=shown(token),
    )


def shown(token: str | None) -> dict[str, str]:
    """The headers that show a token; none without one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def as_caller(running: Proving) -> dict[str, str]:
    """The headers of who reads services by a client of their own (`caller_token`)."""
    return shown(caller_token(running))


def send_document(url: str, content: bytes, content_type: str, *, token: str | None) -> Any:
    """POST a document as it is; answers and raises as `ask`. `token`: of the hospital that sends."""
    return _send(url, method="POST", content=content, headers={"Content-Type": content_type, **shown(token)})


def _send(url: str, *, method: str, **request: Any) -> Any:
    # Services are called directly, whatever proxy the shell is set up for.
    with httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        response = client.request(method, url, **request)
    if response.is_success:
        return response.json()
    raise Refused(response.status_code, _words(response))


def _words(response: httpx2.Response) -> str:
    try:
        problem = response.json()
        faults = [f"{fault['pointer']}: {fault['sentence']}" for fault in problem.get("errors", [])]
        words = "; ".join(faults) or problem["detail"]
        if words == problem["title"]:  # no resource of that name: the service has nothing more to say
            return f"{response.request.url}: {words}"
        return f"{problem['title']}: {words}"
    except (AttributeError, ValueError, KeyError, TypeError):
        return f"{response.request.url} answered {response.status_code}"
