"""What a service is told by its environment, and nothing else."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.eventlog.kafka import Compression
from libs.eventlog.snapshots import SnapshotPolicy


class ServiceSettings(BaseSettings):
    """Settings of every service, from `HUIJI_…` variables. A service's own settings extend this."""

    model_config = SettingsConfigDict(env_prefix="HUIJI_", extra="ignore", frozen=True)

    service: str = ""
    database_url: str
    kafka: str = Field(description="bootstrap servers, host:port[,host:port]")
    instance: str | None = Field(
        default=None,
        description="name of this replica, unique in its consumer group and the same after a restart: the group then"
        " gives it its partitions back at once, where it would wait for a crashed member's session to end",
    )
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65_535)
    largest_body_bytes: int = Field(
        default=1024 * 1024, ge=1, description="of a request; more is refused while it is read"
    )
    shards: int = Field(default=8, ge=1, le=4_096, description="fixed when a deployment is created")
    sources: dict[str, str] = Field(
        default_factory=dict, description="base URL of each service whose log is read"
    )
    master_key_file: Path
    staff_file: Path | None = Field(
        default=None, description="who may operate this deployment and rule on claims; None: nobody"
    )
    service_callers_file: Path | None = Field(
        default=None,
        description="the services and desks of the deployment, by hashes of tokens (YAML; read again when it changes);"
        " None: routes of the inside ask nobody who they are, so keep the ports behind a gateway",
    )
    service_token_file: Path | None = Field(
        default=None, description="this service's own token, shown to the others; None: it shows none"
    )
    root_key_file: Path | None = Field(
        default=None,
        description="this service's own key for the roots that it publishes; None: they are not signed",
    )
    replication_factor: int = Field(
        default=1, ge=1, description="of the topics, where they have to be created"
    )

    topic_compression: Compression = Field(
        default="snappy",
        description="of what is published; none: for as long as a release that cannot unpack it may have to come back",
    )

    database_connections: int = Field(
        default=8, ge=4, description="bounds what one process takes of the server"
    )
    batch_size: int = Field(
        default=500, ge=1, le=5_000, description="events per transaction: 500 was the knee"
    )
    fetch_max_wait_ms: int = Field(
        default=500,
        ge=0,
        description="how long a broker may hold a fetch that finds nothing; Kafka answers at once when something comes,"
        " a broker that looks again only now and then needs less",
    )
    relay_window: int = Field(default=1_000, ge=1, description="events per shard and publishing round")
    rebuilt_topic_events: int | None = Field(
        default=None,
        ge=1,
        description="of a topic that the broker has lost the last events of each shard that are published again; none:"
        " all. Consumers read what is before in the log",
    )
    tail_check_seconds: float = Field(
        default=5.0, gt=0, description="how soon a loss in the broker is noticed"
    )
    stop_seconds: float = Field(
        default=10.0, gt=0, description="time to finish batches and publish what is left"
    )

    trace_file: Path | None = Field(
        default=None, description="spans as JSON lines, when no collector is there"
    )
    trace_ratio_bp: int = Field(
        default=10_000, ge=0, le=10_000, description="share of claims that are traced"
    )
    clock_offset_seconds: float = Field(
        default=0.0, description="for drills: how far this process's clock is wrong"
    )
    log_level: str = "INFO"


class PersonStreamSettings(ServiceSettings):
    """Settings of a service that keeps a stream per person, which grows for as long as the person is insured."""

    snapshot_every: int = Field(
        default=0,
        ge=0,
        description="events of a stream from one snapshot of its state to the next; 0: none are taken or read",
    )
    snapshot_longer_than: int = Field(
        default=1_000, ge=0, description="a stream with fewer events is read from its first one"
    )

    @property
    def snapshots(self) -> SnapshotPolicy | None:
        """When snapshots are taken; None: never."""
        if not self.snapshot_every:
            return None
        return SnapshotPolicy(self.snapshot_every, self.snapshot_longer_than)
