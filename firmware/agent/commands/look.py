"""What a technician looks at: the state of the scale, its live weight, its parameters."""

import asyncio
import json

from micropython import const

from agent.adjustment import fields
from agent.commands import Command, require_at_most, whole_number

_WATCH_TIMEOUT_MS = const(1000)
_WATCH_MOST = const(100000)


async def _status(scale, words, reply):
    require_at_most(words, 0, "status")
    state = _state(scale)
    await reply.give(
        state,
        "identity      %s" % (state["identity"] or "none yet: 'enrol' makes the key"),
        "serial number %s" % (state["serial"] or "-"),
        "software      %s %s" % (state["software"]["name"], state["software"]["version"]),
        "              %s" % state["software"]["hash"],
        "indication    %s%s" % (scale.shown(), " (stable)" if state["stable"] else ""),
        "gross, tare   %d, %d times %d mg" % (state["gross"], state["tare"], state["unit_mg"]),
        "counts        %d filtered, %d zero, %d noise"
        % (state["filtered_counts"], state["zero_counts"], state["noise_counts"]),
        "temperature   %s degrees, supply %d mV" % (_hundredths(state["temperature_cdeg"]), state["supply_mv"]),
        "parameters    %s" % state["digest"],
        "counters      calibration %d, configuration %d"
        % (state["calibration_counter"], state["configuration_counter"]),
        "adjustment    switch %s, session %s, %s"
        % (
            "on" if state["switch"] else "off",
            "of repair open" if state["repair"] else "open" if state["session"] else "closed",
            "LOCKED" if state["locked"] else "not locked",
        ),
        "statements    %d made, receipt for %d, journal %d %% free"
        % (state["number"], state["receipted"], state["journal_free"]),
        "key           %s" % ("FAULT: %s" % state["key_fault"] if state["key_fault"] else "in order"),
        "uplink        %s, a snapshot every %d s" % (state["uplink"], state["period_s"]),
        "              %s" % (state["uplink_error"] or "no error"),
        "              stood still for %d ms at most" % state["longest_standstill_ms"],
        "time          %d (quality %d)" % (state["time"], state["clock_quality"]),
    )


def _state(scale):
    """Everything that `status json` gives."""
    weighing, held = scale.weighing, scale.parameters
    state = {
        "identity": scale.identity,
        "public_code": scale.public_code,
        "serial": scale.serial,
        "locked": held.locked,
        "session": held.session_open,
        "repair": held.in_repair,
        "switch": scale.switch.closed,
        "case_open": not scale.case.closed,
        "stable": weighing.at_rest(),
        "gross": weighing.gross,
        "net": weighing.net(),
        "tare": weighing.tare,
        "e_mg": weighing.e_mg,
        "unit_mg": weighing.unit_mg,
        "net_mg": weighing.net() * weighing.unit_mg,
        "indication": scale.indication,
        "overload": weighing.overload(),
        "zero_counts": weighing.zero_counts,
        "filtered_counts": weighing.filtered_counts,
        "noise_counts": weighing.noise_counts(),
        "temperature_cdeg": weighing.temperature_cdeg,
        "supply_mv": scale.supply_mv,
        "adc_missed": scale.adc.missed,
        "adc_faults": scale.adc.faults,
    }
    state.update(_record_state(scale))
    state.update(_connection_state(scale))
    return state


def _record_state(scale):
    held = scale.parameters
    name, version, code_hash = scale.software
    return {
        "digest": held.digest.hex(),
        "calibration_counter": held.calibration_counter,
        "configuration_counter": held.configuration_counter,
        "number": scale.chain.head,
        "receipted": scale.chain.receipted,
        "journal_free": scale.journal.free_permille() // 10,
        "period_s": scale.trust.period_s,
        "time": scale.clock.stamp(),
        "clock_quality": scale.clock.quality(),
        "software": {"name": name, "version": version, "hash": code_hash.hex()},
    }


def _connection_state(scale):
    """What `status` tells of key and uplink."""
    return {
        "key_fault": scale.keystore.trouble,
        "uplink": scale.uplink.state,
        "uplink_error": scale.uplink.error,
        "longest_standstill_ms": scale.standstill.longest_ms,
    }


def _hundredths(value):
    return "%s%d.%02d" % ("-" if value < 0 else "", abs(value) // 100, abs(value) % 100)


async def _watch(scale, words, reply):
    require_at_most(words, 1, "watch [lines]")
    remaining = whole_number(words[0], 1, _WATCH_MOST, "the number of lines") if words else -1
    pressed = asyncio.create_task(reply.pressed())
    try:
        while remaining and not pressed.done():
            try:
                await asyncio.wait_for_ms(scale.weighing.indicated.wait(), _WATCH_TIMEOUT_MS)
            except asyncio.TimeoutError:
                await reply.line('{"indication": null}' if reply.as_json else "no reading from the ADC")
            else:
                await _watch_line(scale, reply)
            await reply.now()
            remaining -= 1
    finally:
        pressed.cancel()


async def _watch_line(scale, reply):
    weighing = scale.weighing
    if reply.as_json:
        value = {
            "indication": scale.indication,
            "net": weighing.net(),
            "gross": weighing.gross,
            "stable": weighing.at_rest(),
            "filtered_counts": weighing.filtered_counts,
            "zero_counts": weighing.zero_counts,
            "noise_counts": weighing.noise_counts(),
            "overload": weighing.overload(),
        }
        await reply.line(json.dumps(value))
    else:
        steady = "stable" if weighing.at_rest() else "moving"
        await reply.line(
            "%14s  %s  %8d counts  zero %d  noise %d"
            % (scale.shown(), steady, weighing.filtered_counts, weighing.zero_counts, weighing.noise_counts())
        )


async def _parameters(scale, words, reply):
    require_at_most(words, 0, "parameters")
    held = scale.parameters
    named = [(fields.name_of(key), held.map[key]) for key in sorted(held.map)]
    lines = ["%-32s %d" % pair for pair in named]
    value = {
        "parameters": dict(named),
        "digest": held.digest.hex(),
        "calibration_counter": held.calibration_counter,
        "configuration_counter": held.configuration_counter,
    }
    lines.append("digest %s" % held.digest.hex())
    counters = (held.calibration_counter, held.configuration_counter)
    lines.append("calibration counter %d, configuration counter %d" % counters)
    await reply.give(value, *lines)


COMMANDS = (
    Command("status", "status", "shows the state of the scale", _status),
    Command("watch", "watch [lines]", "shows the live weight until a key is pressed", _watch),
    Command("parameters", "parameters", "shows the legally relevant parameters", _parameters),
)
