"""Checking an evidence file offline: authenticity, continuity and rules as three verdicts, and the public verdict.

Pure and failing closed. The steps are those of the console's pages (`judge.checks`), and the public verdict is that of
the public page (`judge.judge.opinion`), both applied to what is in the file and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from steelyard_protocol import identity
from steelyard_protocol.sale_proof import SaleProof

from steelyard_cloud.evidence.authenticate import authenticate, origin_of
from steelyard_cloud.evidence.bundle import Bundle
from steelyard_cloud.evidence.chains import FileChain
from steelyard_cloud.evidence.facts import facts_of
from steelyard_cloud.evidence.findings import finding_lines
from steelyard_cloud.evidence.opinion import FileVerdict, Opinion, Word
from steelyard_cloud.evidence.thumbprints import read_thumbprint
from steelyard_cloud.judge import checks
from steelyard_cloud.judge.checks import Checked
from steelyard_cloud.judge.checks.authenticity import signed_names
from steelyard_cloud.judge.checks.material import Material
from steelyard_cloud.judge.checks.words import SENTENCES
from steelyard_cloud.judge.facts import Facts, retired
from steelyard_cloud.judge.judge import opinion
from steelyard_cloud.judge.sold import SaleFinding, SaleWord, judge_sale
from steelyard_cloud.judge.verdict import Verdict

PLATFORM_S_WORD = (
    "Only the platform's word, under its seal: place and type approval, verifications, decisions, approved software, "
    "the registered period, when each statement was stored, what came after a verification or decision, and that "
    "nothing else was stored."
)

WORDS = {
    Verdict.NOT_ON_RECORD: "Not on record",
    Verdict.ALTERED: "Altered",
    Verdict.LOCKED: "Locked",
    Verdict.NOT_VERIFIED: "Not verified",
    Verdict.EXPIRED: "Verification expired",
    Verdict.NO_RECENT_DATA: "No recent data",
    Verdict.CANNOT_BE_TOLD: "Cannot be told",
    Verdict.VERIFIED: "Verified",
}


@dataclass
class Report:
    """What a file proves; `scale` are the names that the scale itself signed, empty where its keys are in doubt."""

    authenticity: Opinion
    continuity: Opinion
    rules: Opinion
    verdict: FileVerdict
    scale: dict[str, str]
    root_thumbprint: str
    statements: int
    steps: Sequence[Checked]
    sale: SaleFinding | None = None

    @property
    def stands(self) -> bool:
        """Whether the evidence itself stands, whatever the rules say of the scale."""
        return self.authenticity.word is Word.GOOD and self.continuity.word is not Word.BAD


def check_file(bundle: Bundle, *trusted: str, proof: SaleProof | None = None) -> Report:
    """Check a file; `trusted` are thumbprints of the roots that the reader trusts, as `read_thumbprint` takes them.

    Without one of them authenticity is open. `proof` is a receipt's code, of which the file may tell. Raises
    ThumbprintError.
    """
    chains = {
        kid: FileChain(bundle, kid, one.public_key)
        for kid, one in ((identity.kid(one.public_key), one) for one in bundle.identities)
    }
    signatures = authenticate(bundle, chains)
    origin = origin_of(bundle, map(read_thumbprint, trusted))
    enrolments = (one.read() for one in bundle.identities)
    material = Material(
        now_ms=bundle.created_ms,
        origin=origin,
        identities=bundle.identities,
        names=bundle.scale,
        signatures=signatures,
        summaries=[chain.summary for chain in chains.values()],
        left_out=bundle.left_out,
        facts=facts_of(bundle, chains, retired(one for one in enrolments if one is not None)),
    )
    steps = checks.check(material)
    authenticity, continuity, rules = (_opinion(name, steps) for name in checks.VERDICTS)
    rules.lines += finding_lines(material, bundle)
    return Report(
        authenticity=authenticity,
        continuity=continuity,
        rules=rules,
        verdict=_verdict(material, authenticity.word),
        scale=signed_names(material) if steps[2].word is Word.GOOD else {},
        root_thumbprint=origin.root.hex(),
        statements=signatures.own + signatures.linked,
        steps=steps,
        sale=_sale(proof, chains, authenticity.word) if proof else None,
    )


def _sale(proof: SaleProof, chains: Mapping[bytes, FileChain], authenticity: Word) -> SaleFinding:
    """What the file tells of a receipt; nothing, where it is not authentic or has no statements of that scale."""
    chain = chains.get(proof.identity)
    if chain is None or authenticity is not Word.GOOD:
        return SaleFinding(SaleWord.CANNOT_BE_TOLD)
    return judge_sale(proof, chain.public_key, chain.summary, chain)


def _opinion(verdict: str, steps: Iterable[Checked]) -> Opinion:
    """The worst step's word and sentence; every step explains it."""
    own = checks.of(verdict, steps)
    lines = [
        f"{one.step.number} {one.word.value}: {sentence(one)}" for one in sorted(own, key=lambda one: one.step.number)
    ]
    return Opinion(own[0].word, sentence(own[0]), lines)


def sentence(checked: Checked) -> str:
    """What a step says."""
    return SENTENCES[checked.code].format(**checked.values)


def _verdict(material: Material, authenticity: Word) -> FileVerdict:
    """The word of the public page, if the whole chain is there and authentic."""
    summaries = material.stored
    at = _moment(material.now_ms)
    heads = ", ".join(f"{identity.to_text(one.kid)}: {one.head}" for one in summaries) or "none"
    limits = [f"What the scale signed after the last numbers in this file ({heads}).", PLATFORM_S_WORD]
    if authenticity is not Word.GOOD:
        return FileVerdict(None, "Cannot be told from this file: it is not shown to be authentic.", [], limits)
    if material.left_out:
        return FileVerdict(None, "Cannot be told from this file: parts of the chain were left out of it.", [], limits)
    found = opinion(summaries, material.facts or Facts(), material.now_ms, material.active_kid)
    unmet = [(one.condition, one.code) for one in found.unmet]
    why = "".join(f" ({condition}: {code})" for condition, code in unmet[:1])
    return FileVerdict(found.word, f"{WORDS[found.word]}, at {at}{why}.", unmet, limits)


def _moment(ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return "a time that no calendar has"
