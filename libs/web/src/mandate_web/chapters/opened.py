"""What a running process of a service holds open."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.ledger.local import LocalSource
from mandate_events.ledger.names import LocalNames
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import KafkaSource
from mandate_events.transport.names import DIRECTORY, KafkaNames, Names
from mandate_events.transport.port import Source
from mandate_web.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """What a running process of a service holds open. By `Service.connect` alone the store is not: nobody decides."""

    settings: Settings
    store: Store
    engine: AsyncEngine

    def source(self, service: str) -> Source:
        """Another service's ledger, by the transport in use; the own ledger is always read where it stands."""
        if service == self.store.domain.service:
            return LocalSource(service, self.settings.database)
        if self.settings.transport == "kafka":
            return KafkaSource(service, self.settings.kafka_bootstrap_servers)
        return LocalSource(service, self.settings.local_sources[service])

    def names(self) -> Names | None:
        """The directory that another service keeps; None where the local transport is not told in which database."""
        if self.settings.transport == "kafka":
            return KafkaNames(self.settings.kafka_bootstrap_servers)
        kept = self.settings.local_sources.get(DIRECTORY)
        return LocalNames(kept) if kept else None
