"""The registry's facts as a file says them, for the rules and conditions of the judge."""

import hashlib
from collections.abc import Iterable, Mapping

from steelyard_protocol import downlink

from steelyard_cloud.evidence.authenticate import authorities_of
from steelyard_cloud.evidence.bundle import Bundle, Decision, Verification
from steelyard_cloud.evidence.chains import FileChain
from steelyard_cloud.judge import facts
from steelyard_cloud.judge.contents import state_of
from steelyard_cloud.judge.facts import Baseline, Facts, PermitFact, Retired, longest_ms
from steelyard_cloud.judge.starts import device_of


def facts_of(bundle: Bundle, chains: Mapping[bytes, FileChain], retired: frozenset[Retired]) -> Facts:
    """They take effect at the statements that they name; what names a statement that is not there has none."""
    carried = sorted({raw for chain in chains.values() for raw in chain.permits})
    return Facts(
        baselines=frozenset(_baseline(bundle, one, chains.get(one.kid)) for one in bundle.verifications),
        permits=frozenset(_permits(bundle, [*bundle.permits, *carried])),
        approved_software=frozenset(one.hash for one in bundle.software),
        decisions=frozenset(filter(None, (_decision(one, chains.get(one.kid)) for one in bundle.decisions))),
        retired=retired,
        period_s=bundle.period_s,
    )


def _baseline(bundle: Bundle, one: Verification, chain: FileChain | None) -> Baseline:
    found = chain.named(one.number, one.hash) if chain else None
    boot = chain.start(one.start_hash, one.number) if chain else None
    return Baseline(
        kid=one.kid,
        number=one.number,
        state=state_of(found[0]) if found else None,
        hash=one.hash,
        device=device_of(boot) if boot else None,
        committed_ms=found[1] if found else 0,
        recorded_ms=one.recorded_ms,
        until_ms=one.expires_ms,
        longest_ms=longest_ms(one.recorded_ms, bundle.longest_validity_days),
        settled=one.settled,
    )


def _decision(one: Decision, chain: FileChain | None) -> facts.Decision | None:
    found = chain.named(one.number, one.hash) if chain else None
    return facts.Decision(one.kid, one.number, one.hash, found[1], one.settled) if found else None


def _permits(bundle: Bundle, raws: Iterable[bytes]) -> Iterable[PermitFact]:
    """Those that an authority key signed, whoever kept them; any other is as if it were not there."""
    authorities = authorities_of(bundle) or {}
    for raw in raws:
        try:
            order = downlink.open_order(raw, authorities.get(downlink.kid_of(raw), b""))
        except ValueError:
            continue
        if isinstance(order, downlink.Permit):
            yield PermitFact(
                kid=order.identity,
                hash=hashlib.sha256(raw).digest(),
                what=order.what,
                not_before_s=order.not_before,
                not_after_s=order.not_after,
                calibration_counter=order.calibration_counter,
                configuration_counter=order.configuration_counter,
                fields=frozenset(order.fields),
                order_number=order.order_number,
                locked_at=order.locked_at,
            )
