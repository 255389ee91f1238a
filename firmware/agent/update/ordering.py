"""An update is ordered: whether this scale can take it, and its beginning."""

from agent.port import clock
from agent.update import manifest, updating


def look(acts, scale, order):
    """Raise MessageRefused for a manifest that this scale cannot take."""
    manifest.look(order, scale.ledger.store)


async def act(acts, scale, order, message):
    """Begin with an update; the manifest of the one that goes on already, or was just given up, changes nothing."""
    manifest.look(order, scale.ledger.store)
    if acts.update is not None and acts.update.manifest.image == manifest.Manifest(order).image:
        if acts.update.error is None or clock.uptime_s() < acts.update_after_s:
            return
    update = updating.Updating(scale, message, manifest.COMING, scale.software[2])
    await update.begin()
    updating.go_on(acts, update)
