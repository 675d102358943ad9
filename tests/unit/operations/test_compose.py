"""docker-compose.yml runs the same processes with the same settings as `make up`. No engine is needed to see that."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from typer.testing import CliRunner

from libs.local_platform.postgres import SERVER_SETTINGS
from libs.runtime.callers import read_inside_callers
from libs.runtime.settings import ServiceSettings
from libs.runtime.staff import token_hash
from services.operations.domain.topology import (
    BANK_PREFERRED_PORT,
    BUREAU,
    SERVICES,
    Addresses,
    Service,
    outside_environment,
    service_environment,
    service_token_file,
)
from services.operations.entrypoints.commands import app

CHECKOUT = Path(__file__).resolve().parents[3]
ANY_PORT = 8000
Duration = Annotated[str, Field(pattern=r"^\d+(s|m)$")]


class Strict(BaseModel):
    """The part of the Compose specification that we use; anything else is a mistake or needs a thought."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Build(Strict):
    context: str
    dockerfile: str


class HealthCheck(Strict):
    test: list[str] = Field(min_length=2)
    interval: Duration
    timeout: Duration
    retries: int = Field(ge=1)
    start_period: Duration


class Dependency(Strict):
    condition: Literal["service_healthy", "service_completed_successfully"]


class Container(Strict):
    # Pinned: "latest" would be another platform every month.
    image: str = Field(pattern=r"^(huiji|[a-z/]+:[0-9.]+)$")
    build: Build | None = None
    command: list[str] = []
    environment: dict[str, str] = {}
    ports: list[Annotated[str, Field(pattern=r"^127\.0\.0\.1:\d+:\d+$")]] = []
    volumes: list[Annotated[str, Field(pattern=r"^[a-z]+:/[a-z/]+(:ro)?$")]] = []
    depends_on: dict[str, Dependency] = {}
    healthcheck: HealthCheck | None = None
    restart: Literal["unless-stopped", "no"] = "no"
    stop_grace_period: Duration = "10s"


class Compose(Strict):
    name: str
    services: dict[Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")], Container]
    volumes: dict[str, None]


@pytest.fixture(scope="module")
def compose() -> Compose:
    document: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    return Compose.model_validate({k: v for k, v in document.items() if not k.startswith("x-")})


def container_of(compose: Compose, service: Service) -> Container:
    """Host names may not have underscores."""
    return compose.services[service.name.replace("_", "-")]


def test_exactly_the_processes_of_the_platform_run(compose: Compose) -> None:
    ours = {service.name.replace("_", "-") for service in (*SERVICES, BUREAU)}
    assert set(compose.services) == ours | {
        "postgres",
        "kafka",
        "bank",
        "master-key",
        "staff",
        "pool-account",
    }


def test_postgresql_gets_the_settings_it_gets_locally(compose: Compose) -> None:
    assert compose.services["postgres"].command[1:-2] == [f"-c{setting}" for setting in SERVER_SETTINGS]


@pytest.mark.parametrize("service", [*SERVICES, BUREAU], ids=lambda service: service.name)
def test_a_process_of_ours_runs_its_module_on_its_port(compose: Compose, service: Service) -> None:
    container = container_of(compose, service)
    assert container.command == ["python", "-m", service.module]
    assert container.ports == [
        f"127.0.0.1:{service.preferred_port}:{container.environment['HUIJI_HTTP_PORT']}"
    ]
    assert container.healthcheck is not None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_gets_the_settings_it_gets_locally(
    compose: Compose, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = container_of(compose, service).environment
    callers = Path("/keys/service-callers.yaml")
    nowhere = Addresses(
        "", "", {}, "", "", Path("/"),
        staff_file=Path("/"), hospital_callers_file=Path("/"), service_callers_file=callers,
    )  # fmt: skip
    own = {"HUIJI_READER_FILE"} if service.name == "projections" else set()
    assert set(told) - own == {*service_environment(service, ANY_PORT, nowhere), "HUIJI_HTTP_HOST"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = ServiceSettings()
    assert settings.service == service.name
    assert settings.http_host == "0.0.0.0"
    assert settings.service_callers_file == callers
    assert settings.service_token_file == service_token_file(callers, service.name)


def test_who_makes_the_tokens_makes_every_services(compose: Compose, tmp_path: Path) -> None:
    *command, directory = compose.services["staff"].command[3:]
    for _ in range(2):
        assert CliRunner().invoke(app, [*command, str(tmp_path)]).exit_code == 0
        known = read_inside_callers(tmp_path / "service-callers.yaml")
        for service in SERVICES:
            told = container_of(compose, service)
            assert "staff" in told.depends_on
            file = tmp_path / Path(told.environment["HUIJI_SERVICE_TOKEN_FILE"]).relative_to(directory)
            assert file.stat().st_mode & 0o077 == 0
            assert known[token_hash(file.read_text().strip())].caller.id == service.name


def test_the_bureau_learns_nothing_of_ours(compose: Compose) -> None:
    told = container_of(compose, BUREAU).environment
    assert set(told) == {*outside_environment(BUREAU, ANY_PORT), "HUIJI_HTTP_HOST"}


def test_every_address_leads_to_a_container_and_its_port(compose: Compose) -> None:
    told = container_of(compose, SERVICES[0]).environment
    sources = json.loads(told["HUIJI_SOURCES"])
    assert set(sources) == {service.name for service in SERVICES}
    for service in SERVICES:
        assert sources[service.name] == f"http://{service.name.replace('_', '-')}:{ANY_PORT}"
    assert told["HUIJI_BUREAU_URL"] == f"http://bureau-simulator:{ANY_PORT}"
    assert told["HUIJI_BANK_URL"] == f"http://bank:{ANY_PORT}"
    assert compose.services["bank"].ports == [f"127.0.0.1:{BANK_PREFERRED_PORT}:{ANY_PORT}"]
    assert (
        compose.services["kafka"].environment["KAFKA_ADVERTISED_LISTENERS"]
        == f"PLAINTEXT://{told['HUIJI_KAFKA']}"
    )


def test_a_service_waits_for_what_it_needs(compose: Compose) -> None:
    assert set(compose.services["pool-account"].depends_on) == {"bank"}
    for service in SERVICES:
        waits_for = container_of(compose, service).depends_on
        made = {"master-key", "staff", "pool-account"}
        assert set(waits_for) == made | {"postgres", "kafka", "bureau-simulator"}
        for name, dependency in waits_for.items():
            healthy = compose.services[name].healthcheck is not None
            assert dependency.condition == (
                "service_healthy" if healthy else "service_completed_successfully"
            )


def test_what_must_last_is_in_a_declared_volume(compose: Compose) -> None:
    used = {volume.split(":")[0] for container in compose.services.values() for volume in container.volumes}
    assert used == set(compose.volumes)
    for name in ("postgres", "kafka", "bank", "master-key"):
        assert compose.services[name].volumes


def test_our_image_is_built_from_what_it_needs() -> None:
    dockerfile = (CHECKOUT / "deploy" / "compose" / "Dockerfile").read_text()
    copied = [line.split()[1] for line in dockerfile.splitlines() if line.startswith("COPY")]
    let_through = (CHECKOUT / "deploy" / "compose" / "Dockerfile.dockerignore").read_text().splitlines()
    for path in copied:
        assert (CHECKOUT / path).exists()
        assert f"!{path}" in let_through
    assert "USER huiji" in dockerfile
