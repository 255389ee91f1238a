"""Evidence files from the pen of somebody who wants to mislead: what does not stand, and why."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from kit.evidence import Platform, codes, verification, words
from kit.signing_scale import SigningScale
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.bundle import Bundle, Identity, StoredStatement
from steelyard_cloud.evidence.check import check_file
from steelyard_cloud.judge.checks.material import Word
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import cbor, cose, identity, p256, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.downlink import EXTERNAL, KeySet, Receipt, Role, sign
from steelyard_protocol.events import EventKind

GOOD, OPEN, BAD = Word.GOOD, Word.OPEN, Word.BAD


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(platform: Platform) -> SigningScale:
    """A cheat, so that there is something to hide."""
    scale = platform.scale()
    scale.enrol(), scale.boot()
    scale.snapshot(), scale.snapshot()
    scale.cheat()
    scale.snapshot()
    return scale


@pytest.fixture
def made(platform: Platform, scale: SigningScale) -> Bundle:
    return platform.bundle(scale)


# ---- the root, the keys, the seal ------------------------------------------------------------------------------------


def test_without_a_root_that_the_reader_trusts_nothing_stands(platform: Platform, made: Bundle) -> None:
    report = check_file(bundles.read(platform.seal(made)))
    assert words(report) == (OPEN, GOOD, BAD)
    assert codes(report) == {"root-not-pinned", "findings"}
    assert not report.stands
    assert report.verdict.word is None
    assert platform.thumbprint in report.authenticity.sentence, "what is to be compared with the label"


def test_another_root_than_those_trusted_is_bad(platform: Platform, made: Bundle) -> None:
    assert words(platform.check(made, "00" * 32, "11" * 32)) == (BAD, GOOD, OPEN)
    assert platform.check(made, "00" * 32, platform.thumbprint).stands


def test_a_file_resealed_under_another_root_does_not_stand(scale: SigningScale, made: Bundle) -> None:
    """Whoever strips the permits, or the proof, can seal the rest with keys of his own."""
    forger = Platform()
    resealed = replace(made, root=forger.root_point, key_set=forger.key_set())
    with_boots = check_file(bundles.read(forger.seal(resealed)))
    assert words(with_boots) == (BAD, GOOD, OPEN)
    assert {"another-platform", "not-vouched"} <= codes(with_boots)
    raws = [one for one in made.statements if statement.parse(one.raw).kind != Kind.BOOT]
    for left_out in ((), ((scale.kid, 2, 2),)):
        without = replace(resealed, statements=tuple(raws), left_out=left_out)
        for trusted in ((), (forger.thumbprint,)):
            report = check_file(bundles.read(forger.seal(without)), *trusted)
            assert report.authenticity.word is OPEN
            assert "root-not-named" in codes(report)
            assert not report.stands
            assert report.verdict.word is None


def test_a_scale_that_names_no_root_leaves_it_open(platform: Platform) -> None:
    scale = SigningScale()
    scale.enrol(), scale.boot()
    assert platform.check(platform.bundle(scale)).authenticity.word is OPEN
    scale.root = identity.thumbprint(platform.root_point)
    scale.boot()
    assert platform.check(platform.bundle(scale)).authenticity.word is OPEN, "one of its starts still names none"


def test_every_boot_statement_counts_for_the_root(platform: Platform, scale: SigningScale) -> None:
    scale.root = bytes(32)
    scale.boot()
    assert "another-platform" in codes(platform.check(platform.bundle(scale)))


def test_more_kinds_of_start_than_are_kept_leave_the_root_open(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot()
    for n in range(70):
        scale.boot(software=bytes((n,)) * 32)
    assert "root-not-named" in codes(platform.check(platform.bundle(scale)))


def test_a_boot_statement_that_names_another_key_is_bad(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol()
    own, scale.public_key = scale.public_key, SigningScale(2).public_key
    scale.boot()
    scale.public_key = own
    assert "other-key" in codes(platform.check(platform.bundle(scale)))


def sealed(made: Bundle, platform: Platform, **seal: object) -> Bundle:
    """The bundle under a seal that is made in another way."""
    whole = bundles.read(platform.seal(made))
    parts = {"key": platform.authority, "kid": platform.authority_kid, "alg": cose.ESP256, "external": bundles.EXTERNAL}
    parts |= {"payload": cose.decode_sign1(whole.seal).payload, **seal}
    header = {cose.HEADER_ALG: parts["alg"], cose.HEADER_KID: parts["kid"]}
    signed = cose.encode_sign1(header, parts["payload"], parts["key"], parts["external"])  # type: ignore[arg-type]
    return replace(whole, seal=signed)


STRANGER = p256.make_private_key()


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda made, platform: sealed(made, platform, key=STRANGER), "invalid-seal"),
        (lambda made, platform: sealed(made, platform, kid=bytes(10)), "not-authority"),
        (lambda made, platform: sealed(made, platform, kid=bytes(9)), "invalid-seal"),
        (lambda made, platform: sealed(made, platform, kid=[1]), "invalid-seal"),
        (lambda made, platform: sealed(made, platform, external=EXTERNAL), "invalid-seal"),
        (lambda made, platform: sealed(made, platform, alg=cose.ES256), "invalid-seal"),
        (lambda made, platform: sealed(made, platform, payload=bytes(32)), "changed"),
        (lambda made, _: replace(made, seal=b""), "invalid-seal"),
        (lambda made, _: replace(made, seal=made.seal[1:]), "invalid-seal"),
        (lambda made, _: replace(made, contents=made.contents + b"\0"), "changed"),
        (lambda made, _: replace(made, contents=b""), "changed"),
        (lambda made, _: replace(made, key_set=b""), "key-set"),
        (lambda made, _: replace(made, root=made.root[:64]), "root-key"),
        (lambda made, _: replace(made, root=bytes(65)), "key-set"),
    ],
)
def test_a_seal_that_does_not_fit_vouches_for_nothing(
    platform: Platform, made: Bundle, forge: Callable[[Bundle, Platform], Bundle], code: str
) -> None:
    report = check_file(forge(bundles.read(platform.seal(made)), platform), platform.thumbprint)
    assert code in codes(report)
    assert (report.authenticity.word, report.rules.word) == (BAD, OPEN), "findings need facts that somebody vouches for"
    assert not report.stands


@pytest.mark.parametrize("role", [Role.ONLINE, Role.MANUFACTURER, Role.UNLOCK])
def test_a_key_of_another_role_seals_and_permits_nothing(platform: Platform, made: Bundle, role: Role) -> None:
    report = platform.check(replace(made, key_set=platform.key_set(role)))
    assert "not-authority" in codes(report)
    assert report.authenticity.word is BAD
    assert "not-authority" not in codes(platform.check(replace(made, key_set=platform.key_set(role | Role.AUTHORITY))))


HOSTILE = [5, [5], [[b"x"]], [[5, 2]], [[None, "2"]], [[bytes(65), None]], [["x" * 65, 2]], [[bytes(64), 2]]]


@pytest.mark.parametrize("keys", [*HOSTILE, [[bytes(65), 99]]])
def test_a_hostile_key_set_is_refused_not_a_crash(platform: Platform, made: Bundle, keys: object) -> None:
    """Whoever makes a file can sign anything with a root of their own."""
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: identity.kid(platform.root_point)}
    signed = cose.encode_sign1(header, cbor.encode([3, 1, keys]), platform.root, EXTERNAL)
    assert platform.check(replace(made, key_set=signed)).authenticity.word is BAD


def test_another_order_of_the_root_is_no_key_set(platform: Platform, made: Bundle) -> None:
    kid = identity.kid(platform.root_point)
    receipt = sign(Receipt(bytes(10), 1, bytes(32), 1), platform.root, kid)
    by_other = sign(KeySet(1, ((p256.public_key(platform.authority), 2),)), STRANGER, kid)
    for key_set in (receipt, by_other):
        assert "key-set" in codes(platform.check(replace(made, key_set=key_set)))


# ---- the scale's keys and names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maker", "model", "serial number", "production code", "public code"])
def test_a_file_cannot_name_another_scale_than_the_one_that_signed(platform: Platform, made: Bundle, name: str) -> None:
    for scale in ({**made.scale, name: "Other"}, {key: text for key, text in made.scale.items() if key != name}):
        report = platform.check(replace(made, scale=scale))
        assert report.authenticity.word is BAD
        assert name in report.authenticity.sentence
        assert report.scale[name] != "Other", "the headline has what is signed"
        assert not report.stands


def test_the_place_is_only_the_platform_s_word(platform: Platform, made: Bundle) -> None:
    report = platform.check(replace(made, scale={**made.scale, "place": "Another stall"}))
    assert report.stands
    assert "place" not in report.scale


def test_a_key_without_its_own_enrolment_is_bad(platform: Platform, scale: SigningScale, made: Bundle) -> None:
    other = platform.scale(2)
    other.enrol(), other.boot()
    (own,) = made.identities
    altered = bytearray(own.enrolment)
    altered[-1] ^= 1
    for wrong in (
        replace(own, public_key=other.public_key),
        replace(own, public_key=own.public_key[:64]),
        replace(own, enrolment=other.chain[0]),
        replace(own, enrolment=scale.chain[1]),
        replace(own, enrolment=bytes(altered)),
        replace(own, enrolment=b""),
    ):
        report = platform.check(replace(made, identities=(wrong,)))
        assert "enrolment" in codes(report)
        assert report.authenticity.word is BAD
        assert report.scale == {}


def test_keys_that_do_not_succeed_one_another_are_not_of_one_scale(platform: Platform, made: Bundle) -> None:
    other = platform.scale(2, serial_number="S000001")
    other.enrol(), other.boot()
    both = (*made.identities, Identity(other.public_key, other.chain[0]))
    report = platform.check(replace(made, identities=both))
    assert "succession" in codes(report)
    assert report.scale == {}, "which of them the headline should name is not known"
    assert "no-keys" in codes(platform.check(replace(made, identities=())))


def successor(platform: Platform, old: SigningScale, kid: bytes | None = None) -> SigningScale:
    """The scale with another board."""
    new = platform.scale(7, serial_number=old.serial_number, start_s=old.time_s)
    keys = [identity.cose_key(new.public_key), identity.cose_key(new.agreement_key)]
    before = [kid or old.kid, old.number, old.head_hash, old.calibration_counter, old.configuration_counter]
    new.append(Kind.ENROL, [*keys, 0, "Hengtai", "ACS-15", old.serial_number, old.production_code, before])
    new.boot()
    new.snapshot()
    return new


def both(platform: Platform, old: SigningScale, new: SigningScale, **changed: object) -> Bundle:
    """A file on both boards, verified on the new one."""
    identities = tuple(Identity(one.public_key, one.chain[0]) for one in (old, new))
    whole = platform.bundle(old, [*old.chain, *new.chain], identities=identities)
    return replace(whole, **{"verifications": (verification(new, new.chain[1]),), **changed})  # type: ignore[arg-type]


def test_a_succession_is_followed_and_the_retired_key_is_silent(platform: Platform) -> None:
    old = platform.scale()
    old.enrol(), old.boot(), old.snapshot()
    new = successor(platform, old)
    made = both(platform, old, new)
    report = platform.check(made)
    assert words(report) == (GOOD, GOOD, GOOD)
    assert report.verdict.word is Verdict.VERIFIED
    assert report.scale["public code"] == old.code
    old.snapshot()
    spoke = platform.check(both(platform, old, new))
    assert (spoke.verdict.word, spoke.verdict.unmet) == (Verdict.CANNOT_BE_TOLD, [("consistent", "retired-key")])
    stranger = successor(platform, old, kid=bytes(10))
    assert "succession" in codes(platform.check(both(platform, old, stranger)))
    alone = platform.bundle(new, identities=(Identity(new.public_key, new.chain[0]),))
    assert "succession" in codes(platform.check(alone)), "the key before it was dropped from the file"


def test_a_key_of_which_all_statements_were_dropped_is_noticed(platform: Platform) -> None:
    old = platform.scale()
    old.enrol(), old.boot(), old.snapshot()
    new = successor(platform, old)
    made = both(platform, old, new)
    dropped = replace(made, statements=made.statements[3:])
    assert "nothing-of-key" in codes(platform.check(dropped))
    assert "nothing-of-key" not in codes(platform.check(replace(dropped, left_out=((old.kid, 1, 3),))))
    swapped = platform.check(replace(made, statements=(*made.statements[3:], *made.statements[:3])))
    assert "disordered" in codes(swapped)


# ---- the statements --------------------------------------------------------------------------------------------------


def test_with_nothing_authentic_nothing_is_good(platform: Platform, made: Bundle) -> None:
    last = replace(made, statements=(StoredStatement(altered(made.statements[-1].raw), 1),))
    for nothing in (replace(made, statements=()), last):
        report = platform.check(nothing)
        assert words(report) == (BAD, OPEN, OPEN)
        assert report.statements == 0
        assert report.verdict.word is None
        assert not report.stands


def test_a_statement_counts_once(platform: Platform, made: Bundle) -> None:
    again = (*made.statements[:4], made.statements[3], *made.statements[4:])
    report = platform.check(replace(made, statements=again))
    assert report.statements == len(made.statements)
    assert "disordered" in codes(report)
    assert not report.stands
    assert report.continuity.word is GOOD, "it is no fork"


def test_statements_out_of_order_are_not_as_the_platform_writes_them(platform: Platform, made: Bundle) -> None:
    swapped = (*made.statements[:3], made.statements[4], made.statements[3], *made.statements[5:])
    report = platform.check(replace(made, statements=swapped))
    assert words(report) == (BAD, GOOD, BAD)
    assert "disordered" in codes(report)


def test_a_stranger_s_statement_and_what_is_none_are_noticed(platform: Platform, made: Bundle) -> None:
    other = platform.scale(2)
    for odd, code in ((other.enrol(), "strangers"), (b"nothing", "not-statements"), (bytes(5_000), "not-statements")):
        for at in (0, 2, len(made.statements)):
            statements = (*made.statements[:at], StoredStatement(odd, 1), *made.statements[at:])
            report = platform.check(replace(made, statements=statements))
            assert code in codes(report)
            assert "disordered" not in codes(report)
            assert "1" in report.authenticity.sentence
            assert report.authenticity.word is BAD


def altered(raw: bytes) -> bytes:
    """With another signature."""
    return raw[:-1] + bytes((raw[-1] ^ 1,))


def test_a_bad_signature_counts_only_where_a_later_link_covers_it(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot(), scale.snapshot()
    for _ in range(2):  # one after the other: the second vouches for the first
        bad = altered(scale.snapshot())
        scale.head_hash, scale.chain[-1] = statement.hash_of(bad), bad
    unlinked = platform.check(platform.bundle(scale))
    assert "bad-signature" in codes(unlinked)
    assert "the first is number 4" in unlinked.authenticity.sentence
    scale.snapshot()
    report = platform.check(platform.bundle(scale))
    assert (report.authenticity.word, report.continuity.word) == (GOOD, GOOD)
    assert any("own signature: 4; by the link of a later one: 2" in line for line in report.authenticity.lines)
    assert report.statements == 6
    assert any("bad-signature" in line for line in report.rules.lines)
    assert report.verdict.word is Verdict.CANNOT_BE_TOLD, "as on the page"
    made = platform.bundle(scale)
    changed = StoredStatement(made.statements[4].raw[:-2] + b"..", 1)
    made = replace(made, statements=(*made.statements[:4], changed, *made.statements[5:]))
    assert "bad-signature" in codes(platform.check(made)), "the link is over other bytes"


def test_of_two_copies_with_bad_signatures_a_link_covers_the_one_that_it_names(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot()
    raw = scale.snapshot()
    named, other = altered(raw), raw[:-2] + bytes((raw[-2] ^ 1,)) + raw[-1:]
    scale.head_hash = statement.hash_of(named)
    after = scale.snapshot()
    copies = sorted((named, other), key=statement.hash_of)
    report = platform.check(platform.bundle(scale, [*scale.chain[:2], *copies, after]))
    assert "altered or forged: 1, the first is number 3" in report.authenticity.sentence
    assert report.statements == 4


def test_weights_are_checked_under_a_map_that_only_a_link_vouches_for(platform: Platform) -> None:
    """What a link vouches for is read last, and with it what came before becomes known."""
    for lie, verdict, expected in ((0, Verdict.VERIFIED, []), (1, Verdict.CANNOT_BE_TOLD, ["weight"])):
        scale = platform.scale()
        scale.enrol()
        bad = altered(scale.boot())
        scale.head_hash, scale.chain[-1] = statement.hash_of(bad), bad
        scale.snapshot(1_000_000, lie=lie)
        named = verification(scale, scale.snapshot(), bad)
        named = replace(named, number=2, hash=statement.hash_of(bad)) if lie else named
        found = platform.check(platform.bundle(scale, verifications=(named,))).verdict
        assert found.word is verdict
        assert [code for _, code in found.unmet if code != "signature"] == expected


def test_more_statements_than_one_task_takes_are_all_checked(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot()
    for _ in range(1_200):
        scale.snapshot()
    made = platform.bundle(scale)
    assert platform.check(made).statements == 1_202
    for at in (0, 124, 125, 999, 1_000, 1_201):
        forged = list(made.statements)
        forged[at] = StoredStatement(altered(forged[at].raw), forged[at].received_ms)
        report = platform.check(replace(made, statements=tuple(forged)))
        assert f"the first is number {at + 1}" in report.authenticity.sentence
        assert report.statements == 1_201


# ---- what is said to be left out -------------------------------------------------------------------------------------


def test_ranges_that_lie_are_bad(platform: Platform, scale: SigningScale, made: Bundle) -> None:
    kid, head = scale.kid, len(made.statements)
    part = replace(made, statements=(*made.statements[:2], *made.statements[5:]))
    honest = ((kid, 3, 5),)
    assert platform.check(replace(part, left_out=honest)).continuity.word is OPEN
    for lie in (
        ((kid, 2, 5),),  # 2 is there
        ((kid, 3, 6),),
        ((kid, 1, head),),
        ((kid, 5, 3),),
        ((kid, 0, 0), *honest),
        (*honest, (kid, 4, 5)),
        ((kid, 4, 5), (kid, 3, 3)),
        (*honest, (bytes(10), 1, 4)),
    ):
        report = platform.check(replace(part, left_out=lie))
        assert "left-out-lies" in codes(report), lie
        assert report.continuity.word is BAD
        assert not report.stands


# ---- the chain -------------------------------------------------------------------------------------------------------


def test_each_contradiction_of_a_chain_is_named(platform: Platform) -> None:
    def life(*, flaw: Callable[[SigningScale], object]) -> SigningScale:
        scale = platform.scale()
        scale.enrol(), scale.boot(), scale.snapshot()
        flaw(scale)
        scale.snapshot()
        return scale

    def fewer(scale: SigningScale) -> None:
        scale.calibration_counter = 4
        scale.snapshot()
        scale.calibration_counter = 3

    flaws: dict[str, Callable[[SigningScale], object]] = {
        "link": lambda scale: scale.snapshot(link=bytes(16)),
        "counters": fewer,
        "boot": lambda scale: (scale.boot(), setattr(scale, "boot_number", 1)),
        "uptime": lambda scale: setattr(scale, "uptime_s", 0),
        "journal-lost": lambda scale: scale.event(EventKind.JOURNAL_LOST, 3),
        "rolled-back": lambda scale: scale.event(EventKind.ROLLED_BACK, 3),
    }
    for code, flaw in flaws.items():
        report = platform.check(platform.bundle(life(flaw=flaw)))
        assert code in codes(report), code
        assert report.continuity.word is BAD


def test_a_fork_is_bad_and_both_contents_are_there(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot()
    thief = scale.branch()
    own, forked = scale.snapshot(), thief.snapshot(1_000)
    raws = [*scale.chain[:2], *sorted((own, forked), key=statement.hash_of)]
    report = platform.check(platform.bundle(scale, raws))
    assert words(report)[:2] == (GOOD, BAD)
    assert report.continuity.sentence == "Two different statements carry the same number: 3."
    assert report.verdict.word is Verdict.CANNOT_BE_TOLD


def test_of_a_fork_a_verification_means_the_content_that_it_names(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol()
    thief = scale.branch()
    thief.map[40] -= 1_000
    own, forked = scale.boot(), thief.boot()
    raws = [scale.chain[0], *sorted((own, forked), key=statement.hash_of), scale.snapshot()]
    for named, where in ((own, "statement 2"), (forked, "statement 3")):  # the other copy, or what follows it
        made = platform.bundle(scale, raws, verifications=(verification(scale, named),))
        lines = [line for line in platform.check(made).rules.lines if line.startswith("parameter_change/")]
        assert [line.split("; ")[0].split(": ")[1] for line in lines] == [where]


def test_what_has_no_readable_number_is_kept_and_decides(platform: Platform) -> None:
    scale = platform.scale()
    scale.enrol(), scale.boot(), scale.snapshot()
    headless = statement.build(scale.private_key, scale.kid, [3, 0])
    made = platform.bundle(scale)
    first = StoredStatement(headless, made.created_ms)
    report = platform.check(replace(made, statements=(first, *made.statements)))
    assert words(report)[:2] == (GOOD, GOOD)
    assert report.verdict.word is Verdict.CANNOT_BE_TOLD
    assert report.statements == 4
