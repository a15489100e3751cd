"""Who the persons are, in a service: what its leader does so that answers can name them."""

from functools import partial

from mandate_events.ledger.names import whole_directory
from mandate_events.transport.names import KafkaNames, KafkaNamesSink
from mandate_events.worker.naming import follow_names, publish_names
from mandate_web.chapters.opened import Opened


async def publish_the_directory(opened: Opened) -> None:
    """Tell the other services who the persons are, of whom this one keeps the directory. Locally they look it up."""
    brokers = opened.settings.kafka_bootstrap_servers
    if opened.settings.transport == "kafka":
        whole = partial(whole_directory, opened.store.pool)
        await publish_names(whole, KafkaNames(brokers), KafkaNamesSink(brokers))


async def follow_the_directory(opened: Opened) -> None:
    """Keep who the persons are, as the service says that keeps the directory."""
    if names := opened.names():
        await follow_names(opened.store.pool, names)
