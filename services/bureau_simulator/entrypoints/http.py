"""The national look-up, the deposits, the control and health of the platform."""

from typing import TypeVar

import msgspec
from fastapi import FastAPI, Request, Response

from libs.interop.bureau import Deposit, LookupResponse, SettlementQuery
from libs.runtime.problems import Problem, install_problems
from services.bureau_simulator.domain.errors import BureauError, TooMany
from services.bureau_simulator.domain.misbehaviour import Misbehaviour
from services.bureau_simulator.entrypoints.fhir import fhir_router
from services.bureau_simulator.entrypoints.misbehaving import Misbehaving
from services.bureau_simulator.entrypoints.platform import Platform
from services.bureau_simulator.use_cases.cancel_settlements import cancel_settlements
from services.bureau_simulator.use_cases.deposit_settlements import deposit_settlements
from services.bureau_simulator.use_cases.look_up_settlements import look_up_settlements

_JSON = "application/json"
_MAX_BODY_BYTES = 8 * 1024 * 1024

Decoded = TypeVar("Decoded")
_DEPOSITS = msgspec.json.Decoder(list[Deposit])
_QUERIES = msgspec.json.Decoder(list[SettlementQuery])
_CONTROL = msgspec.json.Decoder(Misbehaviour)
_ENCODER = msgspec.json.Encoder()


def create_app(platform: Platform) -> FastAPI:
    """The platform's HTTP application. Bodies are decoded by msgspec: look-ups come by the hundred."""
    app = FastAPI(
        title="Bureau data platform (simulated)",
        version="1",
        redoc_url=None,
        telemetry={"tracing": False},
    )
    install_problems(app)
    _add_settlements(app, platform)
    _add_control(app, platform)
    app.include_router(fhir_router(platform))
    app.add_middleware(Misbehaving, platform=platform)
    return app


def _add_settlements(app: FastAPI, platform: Platform) -> None:
    @app.post("/settlements", status_code=201)
    async def deposit(request: Request) -> Response:
        """Deposit settlements: a JSON array of {setl_id, certno, …}; all or none are kept."""
        deposits = await _body(request, _DEPOSITS)
        try:
            count = deposit_settlements(platform.records, deposits)
        except BureauError as error:
            raise _problem(error) from None
        return Response(_ENCODER.encode({"deposited": count}), status_code=201, media_type=_JSON)

    @app.post("/settlements/cancel")
    async def cancel(request: Request) -> Response:
        """Undo deposits (2305): a JSON array of {setl_id, certno}. What is not known is undone already."""
        queries = await _body(request, _QUERIES)
        try:
            count = cancel_settlements(platform.records, queries)
        except BureauError as error:
            raise _problem(error) from None
        return Response(_ENCODER.encode({"cancelled": count}), media_type=_JSON)

    @app.post("/settlements/lookup")
    async def look_up(request: Request) -> Response:
        """Look up settlements: a JSON array of {setl_id, certno}; answers come in the same order."""
        queries = await _body(request, _QUERIES)
        try:
            answers = look_up_settlements(platform.records, platform.misbehaviour, platform.seed, queries)
        except BureauError as error:
            raise _problem(error) from None
        return Response(_ENCODER.encode(LookupResponse(answers)), media_type=_JSON)


def _add_control(app: FastAPI, platform: Platform) -> None:
    @app.put("/control")
    async def control(request: Request) -> Response:
        """Replace the misbehaviour; fields left out are healthy, so `{}` mends everything."""
        platform.misbehaviour = await _body(request, _CONTROL)
        return Response(_ENCODER.encode(platform.misbehaviour), media_type=_JSON)

    @app.get("/control")
    async def shown() -> Response:
        """The misbehaviour now."""
        return Response(_ENCODER.encode(platform.misbehaviour), media_type=_JSON)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """The process runs."""
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready() -> dict[str, str | int]:
        """Ready from the first moment: the platform keeps its records in memory."""
        return {"status": "ready", "settlements": len(platform.records)}


async def _body(request: Request, decoder: msgspec.json.Decoder[Decoded]) -> Decoded:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > _MAX_BODY_BYTES:
            raise Problem(413, "too_large", "The body is too large", f"At most {_MAX_BODY_BYTES} bytes.")
    try:
        return decoder.decode(bytes(chunks))
    except msgspec.ValidationError as error:
        raise Problem(422, "invalid_request", "The request is not valid", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "malformed_json", "The body is not JSON", type(error).__name__) from None


def _problem(error: BureauError) -> Problem:
    status = 413 if isinstance(error, TooMany) else 422
    return Problem(status, error.code, error.__doc__ or error.code, str(error))
