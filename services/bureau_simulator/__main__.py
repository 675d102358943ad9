"""Run the simulated platform: `python -m services.bureau_simulator`."""

import uvicorn

from libs.runtime.logs import configure_logs
from services.bureau_simulator.entrypoints.http import create_app
from services.bureau_simulator.entrypoints.misbehaving import mortal
from services.bureau_simulator.entrypoints.platform import Platform
from services.bureau_simulator.settings import BureauSettings


def main() -> None:
    """Serve until SIGTERM or SIGINT. No access log: searches by GET carry identity numbers in their URLs."""
    settings = BureauSettings.model_validate({})
    configure_logs("bureau_simulator", settings.log_level)
    platform = Platform(settings.bureau_seed, settings.bureau_capacity)
    uvicorn.run(
        create_app(platform),
        host=settings.http_host,
        port=settings.http_port,
        http=mortal(platform),
        loop="uvloop",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=int(settings.stop_seconds),
    )


if __name__ == "__main__":
    main()
