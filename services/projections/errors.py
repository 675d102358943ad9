"""What can go wrong when a read model is built anew."""


class ProjectionsError(Exception):
    """Base of this service's errors."""

    code = "projections_error"


class ReadModelUnknown(ProjectionsError):
    """There is no read model of this name."""

    code = "read_model_unknown"


class NeverStarted(ProjectionsError):
    """The database has no projections yet: start the service once, it follows the logs by itself."""

    code = "projections_never_started"

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


class AlreadyRebuilding(ProjectionsError):
    """Another process is building this read model now."""

    code = "already_rebuilding"

    def __init__(self, model: str) -> None:
        super().__init__(f"another process is building {model} now")


class WorkerFailed(ProjectionsError):
    """A process that filled shards ended with an error; what it committed stays, run the rebuild again."""

    code = "worker_failed"

    def __init__(self, status: int) -> None:
        super().__init__(f"a worker ended with status {status}; what it had committed stays")


class SwitchBlocked(ProjectionsError):
    """Readers or the live consumer did not let go of the tables in time; run the rebuild again."""

    code = "switch_blocked"

    def __init__(self, attempts: int) -> None:
        super().__init__(f"the tables were in use at each of {attempts} attempts to switch; run it again")


class GenerationUnknown(ProjectionsError):
    """No such generation is kept, or it is the live one."""

    code = "generation_unknown"

    def __init__(self, model: str, number: int) -> None:
        super().__init__(f"{model} has no generation {number} beside the live one")


class NotAnOperator(ProjectionsError):
    """Who puts another generation live shows a token of the deployment's staff, with the role of an operator."""

    code = "not_an_operator"

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} is no proven operator: show a staff token in $HUIJI_STAFF_TOKEN")
