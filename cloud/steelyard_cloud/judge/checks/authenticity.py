"""Steps of *authenticity*: whose word this is, whose keys, who signed the statements, and do the names agree."""

from steelyard_protocol import identity
from steelyard_protocol.bodies import Enrol

from steelyard_cloud.judge.checks.material import Material, Result, Word
from steelyard_cloud.judge.consistency import THUMBPRINT

SIGNED_NAMES = ("maker", "model", "serial number", "production code")
PUBLIC_CODE = "public code"


def root(material: Material) -> Result:
    """The reader trusts the root."""
    origin = material.origin
    values = {"root": origin.root.hex() if origin else ""}
    if origin is None or origin.trusted is None:
        return Result(Word.OPEN, "root-not-pinned", values)
    return Result(Word.GOOD, "root", values) if origin.trusted else Result(Word.BAD, "other-root", values)


def seal(material: Material) -> Result:
    """Root → key set → a key with the role authority → the seal over all that the registry says."""
    origin = material.origin
    if origin is None:
        return Result(Word.OPEN, "no-seal")
    return Result(Word.GOOD, "seal") if origin.problem is None else Result(Word.BAD, origin.problem)


def keys(material: Material) -> Result:
    """Each key is bound by an enrolment that it signed itself, and all but the newest name their successor's key."""
    enrolments = material.enrolments
    if not enrolments:
        return Result(Word.OPEN, "no-keys")
    if None in enrolments.values():
        return Result(Word.BAD, "enrolment")
    if _first(material) is None or len(_line(material)) != len(enrolments):
        return Result(Word.BAD, "succession")
    return Result(Word.GOOD, "keys", {"keys": len(enrolments)})


def names(material: Material) -> Result:
    """What the registry calls the scale is what the scale signed when it was enrolled."""
    signed = signed_names(material)
    if material.names is None or not signed:
        return Result(Word.OPEN, "no-names")
    wrong = [name for name in (*SIGNED_NAMES, PUBLIC_CODE) if material.names.get(name) != signed[name]]
    return Result(Word.BAD, "other-names", {"names": ", ".join(wrong)}) if wrong else Result(Word.GOOD, "names")


def signed_names(material: Material) -> dict[str, str]:
    """What the scale calls itself in the enrolment of its first key; empty where there is none."""
    first = _first(material)
    if first is None:
        return {}
    kid, body = first
    said = (body.maker, body.model, body.serial_number, body.production_code)
    return {**dict(zip(SIGNED_NAMES, said, strict=True)), PUBLIC_CODE: identity.to_text(kid)}


def _first(material: Material) -> tuple[bytes, Enrol] | None:
    """The identity that succeeds no other, and its enrolment; None unless there is exactly one."""
    first = [(kid, one) for kid, one in material.enrolments.items() if one is not None and one.predecessor is None]
    return first[0] if len(first) == 1 else None


def _line(material: Material) -> list[bytes]:
    """The identities from the active one back, each succeeding the next; empty where none is known to be active."""
    line: list[bytes] = []
    kid = material.active_kid
    while kid in material.enrolments and kid not in line:
        line.append(kid)
        body = material.enrolments[kid]
        kid = body.predecessor.identity if body and body.predecessor else None
    return line


def signatures(material: Material) -> Result:
    """Each statement is signed by one of the keys, or linked to, as it is, by a later one that is authentic."""
    found = material.signatures
    if found is None:
        return Result(Word.OPEN, "no-statements")
    if found.unreadable:
        return Result(Word.BAD, "not-statements", {"count": found.unreadable})
    if found.strangers:
        return Result(Word.BAD, "strangers", {"count": found.strangers})
    if found.bad:
        return Result(Word.BAD, "bad-signature", {"count": len(found.bad), "number": min(found.bad)})
    if not found.in_order:
        return Result(Word.BAD, "disordered")
    if not found.own:
        return Result(Word.BAD, "nothing-authentic")
    return Result(Word.GOOD, "signatures", {"signed": found.own, "linked": found.linked})


def named_root(material: Material) -> Result:
    """The boot statements of each key name the root of the platform: a scale carries it from the factory."""
    origin, chains = material.origin, material.stored
    if any(THUMBPRINT in chain.breaches for chain in chains):
        return Result(Word.BAD, "other-key")
    if origin is None or not origin.root or not chains:
        return Result(Word.OPEN, "root-not-named")
    named = {device.root for chain in chains for device in chain.devices.last}
    if named - {origin.root, b""}:
        return Result(Word.BAD, "another-platform")
    each = all(any(device.root == origin.root for device in chain.devices.last) for chain in chains)
    if b"" in named or not each or any(chain.devices.dropped for chain in chains):
        return Result(Word.OPEN, "root-not-named")
    return Result(Word.GOOD, "root-named")
