"""Deciding what was taken from the queue, with what it turns out to need loaded."""

from mandate_events.deciding import Aggregate, Refused
from mandate_events.deciding.batch import Batch, Full, NotLoaded
from mandate_events.deciding.outcome import Accepted, Denied
from mandate_events.deciding.rights import RecordRepeats, is_system
from mandate_events.ledger.answering import Item
from mandate_events.ledger.following import Following


async def decide(ledger: Following, items: list[Item]) -> tuple[Batch, list[Item]]:
    """Decide the items in order, loading what they turn out to need; returns those too that the batch has no room
    for."""
    wanted: dict[str, Aggregate[object]] = {
        item.submission.stream: item.submission.aggregate
        for item in items
        if item.submission.stream not in ledger.folds
    }
    batch = Batch(ledger.domain, ledger.folds, ledger.position, ledger.now())
    begin = 0
    while True:
        if wanted:
            await ledger.load(wanted)
            wanted = {}
        for index in range(begin, len(items)):
            try:
                judge(batch, items[index], keep=not wanted)
            except NotLoaded as missing:
                if not wanted:
                    begin = index
                wanted |= missing.streams
            except Full:
                return batch, items[index:]
        if not wanted:
            return batch, []


def judge(batch: Batch, item: Item, *, keep: bool) -> None:
    """Decide one item. With `keep` false it is only asked what it needs, because an earlier one must wait."""
    item.decision = item.repeat = None
    try:
        try:
            item.decision = batch.decide(item.submission, keep=keep)
            position = item.decision.rows[-1].position if item.decision.rows else None
            item.outcome = Accepted(item.submission.stream, item.decision.version_after, position)
        except Refused as refusal:
            item.outcome = refusal
            if refusal.authority and not is_system(item.submission.actor):
                refused = batch.deny(item.submission, refusal, keep=keep)
                if isinstance(refused, RecordRepeats):
                    item.repeat, position = refused, None
                else:
                    item.decision, position = refused, refused.rows[-1].position
                item.outcome = Denied(refusal.rule, refusal.facts, position)
    except (NotLoaded, Full):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's answer and nobody else's
        item.outcome = error
