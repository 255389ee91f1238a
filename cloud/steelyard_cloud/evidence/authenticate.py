"""Who said what in an evidence file: the platform's seal, the scale's keys, and every statement's signature."""

import hashlib
from dataclasses import dataclass, field

from steelyard_protocol import cose, downlink, identity, statement
from steelyard_protocol.bodies import Boot, Enrol
from steelyard_protocol.statement import LINK_BYTES, Statement

from steelyard_cloud.evidence.bundle import EXTERNAL, Bundle
from steelyard_cloud.evidence.opinion import Opinion, Word


@dataclass
class FileChain:
    """One identity's part of the file."""

    kid: bytes
    public_key: bytes
    statements: list[tuple[Statement, int]] = field(default_factory=list)
    links: set[tuple[int, bytes]] = field(default_factory=set)  # number and link: what the statements vouch for
    by_link: int = 0

    def add(self, parsed: Statement, received_ms: int) -> None:
        """Add an authentic statement."""
        self.statements.append((parsed, received_ms))
        self.links.add((parsed.number - 1, parsed.link))


def check_seal(bundle: Bundle, trusted: str | None, opinion: Opinion) -> str | None:
    """Root → key set → authority → seal over the contents; gives what is wrong, in a sentence."""
    if len(bundle.root) != 65:
        return "The root key in the file is not a P-256 key."
    own = identity.thumbprint(bundle.root).hex()
    if trusted is not None and trusted.lower() != own:
        return f"The file's root {own} is not the one you trust ({trusted})."
    try:
        key_set = downlink.open_order(bundle.key_set, bundle.root)
        seal = cose.decode_sign1(bundle.seal)
    except ValueError as error:
        return f"The platform's keys in the file are not what its root signed: {error}."
    if not isinstance(key_set, downlink.KeySet):
        return "What the root signed is not a set of keys."
    kid = seal.protected_header.get(cose.HEADER_KID)
    keys = [key for key, roles in key_set.keys if identity.kid(key) == kid and roles & downlink.Role.AUTHORITY]
    if not keys:
        return "The seal is not from a key with the role authority."
    if seal.payload != hashlib.sha256(bundle.contents).digest():
        return "The contents were changed after the platform sealed the file."
    if not cose.verify1(bundle.seal, keys[0], EXTERNAL):
        return "The platform's seal on the file is invalid."
    opinion.lines.append(f"The platform's seal is valid; its keys are signed by the root {own}.")
    if trusted is None:
        opinion.lines.append(
            "Compare that root with the one printed on the scale's label or published by the platform (or give --root)."
        )
    return None


def authenticate(bundle: Bundle, opinion: Opinion) -> list[FileChain]:
    """The file's identities, each with its authentic statements; what is wrong with the others goes into `opinion`."""
    chains = _chains(bundle, opinion)
    strangers = 0
    unsigned: list[tuple[FileChain, Statement, int]] = []
    for stored in bundle.statements:
        try:
            parsed = statement.parse(stored.raw)
        except statement.StatementError as error:
            opinion.word = Word.BAD
            opinion.lines.append(f"An item in the file is not a statement: {error}.")
            continue
        chain = chains.get(parsed.kid)
        if chain is None:
            strangers += 1
        elif parsed.verifies(chain.public_key):
            chain.add(parsed, stored.received_ms)
        else:
            unsigned.append((chain, parsed, stored.received_ms))
    if strangers:
        opinion.word = Word.BAD
        opinion.lines.append(f"{strangers} statements come from identities that are not the scale's.")
    for chain, parsed, received_ms in sorted(unsigned, key=lambda one: -one[1].number):
        _accept_by_link(chain, parsed, received_ms, opinion)
    for chain in chains.values():
        chain.statements.sort(key=lambda one: (one[0].number, one[0].hash))
        text = identity.to_text(chain.kid)
        signed = len(chain.statements) - chain.by_link
        opinion.lines.append(f"Identity {text}: {signed} signatures verify with the key of its enrolment.")
        if chain.by_link:
            opinion.lines.append(f"{chain.by_link} more are vouched for by the link of a later signed statement.")
        _check_named_root(chain, bundle, opinion)
    return list(chains.values())


def _chains(bundle: Bundle, opinion: Opinion) -> dict[bytes, FileChain]:
    """A chain without statements for each identity whose key is that of its enrolment."""
    chains = {}
    for one in bundle.identities:
        if problem := _check_identity(one.public_key, one.enrolment):
            opinion.word = Word.BAD
            opinion.lines.append(problem)
            continue
        kid = identity.kid(one.public_key)
        chains[kid] = FileChain(kid, one.public_key)
    return chains


def _accept_by_link(chain: FileChain, parsed: Statement, received_ms: int, opinion: Opinion) -> None:
    """An authentic statement's link is over the whole bytes of the one before it, bad signature and all."""
    if (parsed.number, parsed.hash[:LINK_BYTES]) in chain.links:
        chain.add(parsed, received_ms)
        chain.by_link += 1
        return
    opinion.word = Word.BAD
    opinion.lines.append(f"The signature of statement {parsed.number} is invalid: it was altered or forged.")


def _check_identity(public_key: bytes, enrolment: bytes) -> str | None:
    try:
        first = statement.parse(enrolment)
    except statement.StatementError as error:
        return f"The enrolment in the file is not a statement: {error}."
    body = first.body
    if not isinstance(body, Enrol) or body.signing_point != public_key or identity.kid(public_key) != first.kid:
        return "The enrolment in the file does not belong to the key beside it."
    return None if first.verifies(public_key) else "The enrolment in the file is not signed by its own key."


def _check_named_root(chain: FileChain, bundle: Bundle, opinion: Opinion) -> None:
    """Boot statements name the root that the scale carries from the factory."""
    boots = [one for one, _ in chain.statements if isinstance(one.body, Boot)]
    named = {one.body.root for one in boots if isinstance(one.body, Boot) and one.body.root is not None}
    own = identity.thumbprint(bundle.root) if len(bundle.root) == 65 else b""
    if named and named != {own}:
        opinion.word = Word.BAD
        opinion.lines.append(
            "The scale's boot statements name another root than the file: the scale belongs to another platform."
        )
    elif named:
        opinion.lines.append("The scale's own boot statements name the same root.")
    thumbprint = identity.thumbprint(chain.public_key)
    if any(isinstance(one.body, Boot) and one.body.thumbprint != thumbprint for one in boots):
        opinion.word = Word.BAD
        opinion.lines.append("A boot statement names another key than the one that signed it.")
