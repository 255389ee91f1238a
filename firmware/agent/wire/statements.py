"""The bodies of statements as positional arrays, in the order of `protocol/steelyard.cddl`.

What all statements have in common (number, link, time, flags, counters) is `agent.record.chain`'s business.
"""

from micropython import const

ENROL = const(1)
BOOT = const(2)
SNAPSHOT = const(3)
PARAMETERS = const(4)
EVENT = const(5)
SALE = const(6)
SALE_BATCH = const(7)

# ---- from steelyard.cddl, by `make tables`
PARAMETER_CHANGE = const(1)
CASE_OPENED = const(2)
LOCKED = const(3)
UNLOCKED = const(4)
WRONG_CODE = const(5)
ZERO_OUT_OF_RANGE = const(6)
ADC_FAULT = const(7)
CLOCK_SET = const(8)
DOWNLINK_REFUSED = const(9)
KEY_SUCCESSION = const(10)
SOFTWARE_UPDATE = const(11)
SESSION_OPENED = const(12)
SESSION_CLOSED = const(13)
JOURNAL_LOST = const(14)
STATEMENTS_LOST = const(15)
SNAPSHOTS_LEFT_OUT = const(16)
PERIOD_CHANGED = const(17)
ROLLED_BACK = const(18)
SALES_STATED = const(19)
FLASH_FAULT = const(20)
UPDATE_BEGUN = const(21)
UPDATE_FAILED = const(22)
KEY_FAULT = const(23)
# ----

# Kinds of tare in a sale.
NO_TARE = const(0)
WEIGHED = const(1)
PRESET = const(2)

# Places in a payload: [kind, number, link, time, uptime, flags, boot, digest, both counters, body].
KIND = const(0)
NUMBER = const(1)
TIME = const(3)
UPTIME = const(4)
BOOT_NUMBER = const(6)
DIGEST = const(7)
BODY = const(10)

# Places in an enrolment's body.
_PRODUCTION_CODE = const(6)


def cose_key(public_key):
    """Return a 65-byte SEC 1 point as COSE_Key map (RFC 9053 §7.1.1)."""
    return {1: 2, -1: 1, -2: public_key[1:33], -3: public_key[33:65]}


def enrol(keystore, maker, model, serial_number, production_code, predecessor=None):
    """Body of statement 1; words of 1 to 32 bytes, `predecessor` [identity, head number, head hash, both counters]."""
    for word in (maker, model, serial_number, production_code):
        if not 1 <= len(word.encode()) <= 32:
            raise ValueError("'%s' has %d bytes: 1 to 32 expected" % (word, len(word.encode())))
    return [
        cose_key(keystore.public_key),
        cose_key(keystore.agreement_public_key),
        keystore.store_class,
        maker,
        model,
        serial_number,
        production_code,
        predecessor,
    ]


def production_code(enrol_body):
    """Return the production code that an enrolment's body names."""
    return enrol_body[_PRODUCTION_CODE]


def boot(
    *,
    thumbprint,
    software,
    hardware,
    adc,
    reset_cause,
    debug_open,
    key_set_number,
    root,
    head_before,
    period_s,
    parameters,
    production_code,
    repair_code=None,
):
    """Body of a boot statement.

    `thumbprint` and `root` (or None) are 32-byte hashes, `software` is (name, version, 32-byte hash), `parameters` the
    whole map, `head_before` the number of the last statement before this start.
    """
    return [
        thumbprint,
        list(software),
        hardware,
        adc,
        reset_cause,
        debug_open,
        key_set_number,
        root,
        head_before,
        period_s,
        parameters,
        production_code,
        repair_code,
    ]


def snapshot(
    *,
    filtered_counts,
    zero_counts,
    gross,
    tare,
    temperature_cdeg,
    supply_mv,
    noise_counts,
    zero_drift_counts,
    zero_minimum_counts,
    zero_maximum_counts,
    zero_mean_counts,
    weighings,
    journal_free_percent,
):
    """Body of a snapshot; gross and tare in intervals, the three zeros as offsets from `zero_counts`.

    The ranges are the definition's; what lies beyond is cut to them, so that an odd moment never makes a statement that
    breaks the profile. Gross and tare are cut by the weight rule itself.
    """
    return [
        _within(filtered_counts, -8388608, 8388607),
        _counts_offset(zero_counts),
        gross,
        tare,
        _within(temperature_cdeg, -5500, 12500),
        _within(supply_mv, 0, 65535),
        _within(noise_counts, 0, 65535),
        _counts_offset(zero_drift_counts),
        _counts_offset(zero_minimum_counts),
        _counts_offset(zero_maximum_counts),
        _counts_offset(zero_mean_counts),
        _within(weighings, 0, 65535),
        _within(journal_free_percent, 0, 100),
    ]


def _within(value, minimum, maximum):
    return min(max(value, minimum), maximum)


def _counts_offset(value):
    return _within(value, -16777216, 16777215)


def parameters(parameter_map, permit):
    """Body of a parameters statement: the whole map, and the bytes of the permit under which it changed or None."""
    return [parameter_map, permit]


def parameter_change(changes, permit_hash, digest, calibration_counter, configuration_counter):
    """Body of the event of one commit: [[field, old, new], …], and digest and counters as they are after it."""
    return [PARAMETER_CHANGE, [changes, permit_hash, digest, calibration_counter, configuration_counter]]


def sale(number, time_s, figures, cancels):
    """Body of one sale, or of the cancellation of the sale `cancels` (else None): its record, as a batch has it hashed.

    `figures` are [net, tare, kind of tare, unit price, price, item]: weights in intervals, money in its smallest unit,
    the item 0 or its place in the price list.
    """
    return [number, time_s] + figures + [cancels]


def sale_batch(sums, hashes):
    """Body of a batch; `sums` are [first number, last number, count, net intervals and price sold, and cancelled]."""
    return list(sums) + [hashes]


def event(kind, *facts):
    """Body of any other event; the facts in the order of the definition."""
    return [kind, list(facts)]
