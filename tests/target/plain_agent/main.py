"""The smallest program that uses all of a board, so that the simulator can be tested without the real agent.

It obeys lines on the console: `counts N`, `time`, `set YEAR`, `guarded N`, `pins`, `analogue`, `sleep MS`,
`write BLOCK`, `read BLOCK`, `erase BLOCK`, `entropy`, `cause`, `reset`, `fail`, `fetch HOST PORT`, `network`.
"""

import asyncio
import os
import sys
import time

import board
import machine
import network
import rp2


class Converter:
    def __init__(self):
        self.dout = machine.Pin(board.PIN_ADC_DOUT, machine.Pin.IN)
        self.sck = machine.Pin(board.PIN_ADC_SCK, machine.Pin.OUT, value=0)
        self.flag = asyncio.ThreadSafeFlag()
        self.dout.irq(self.edge, machine.Pin.IRQ_FALLING)

    def edge(self, pin):
        self.flag.set()

    async def read(self):
        await self.flag.wait()
        self.dout.irq(None)
        raw = 0
        for _ in range(24):
            state = machine.disable_irq()
            self.sck(1)
            self.sck(0)
            machine.enable_irq(state)
            raw = raw << 1 | self.dout()
        self.sck(1)
        self.sck(0)
        self.flag.clear()
        self.dout.irq(self.edge, machine.Pin.IRQ_FALLING)
        return raw - (1 << 24) if raw & 0x800000 else raw


async def fetch(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"hello\n")
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()


async def obey(words, converter, flash):
    command = words[0]
    if command == "counts":
        converter.flag.clear()
        values = []
        for _ in range(int(words[1])):
            values.append(str(await converter.read()))
        return " ".join(values)
    if command == "time":
        return "%d %d %s" % (time.ticks_ms(), time.time(), time.gmtime())
    if command == "set":
        machine.RTC().datetime((int(words[1]), 1, 1, 0, 0, 0, 0, 0))
        return "set"
    if command == "guarded":
        state = machine.disable_irq()
        started_us = time.ticks_us()
        for _ in range(int(words[1])):
            bytearray(1000)
        elapsed_us = time.ticks_diff(time.ticks_us(), started_us)
        machine.enable_irq(state)
        return str(elapsed_us)
    if command == "pins":
        up = machine.Pin.IN, machine.Pin.PULL_UP
        return "%d %d" % (machine.Pin(board.PIN_CASE, *up)(), machine.Pin(board.PIN_ADJUST, *up)())
    if command == "analogue":
        supply = machine.ADC(machine.Pin(board.ADC_SUPPLY))
        return "%d %d" % (supply.read_u16(), machine.ADC(machine.ADC.CORE_TEMP).read_u16())
    if command == "sleep":
        await asyncio.sleep_ms(int(words[1]))
        return "slept"
    if command == "write":
        flash.writeblocks(int(words[1]), bytes(256), 0)
        return "written"
    if command == "erase":
        flash.ioctl(6, int(words[1]))
        return "erased"
    if command == "read":
        buf = bytearray(256)
        flash.readblocks(int(words[1]), buf, 0)
        return buf.hex()
    if command == "entropy":
        return os.urandom(8).hex()
    if command == "cause":
        return str(machine.reset_cause())
    if command == "reset":
        machine.reset()
    if command == "fail":
        sys.exit(3)
    if command == "network":
        return str(network.WLAN(network.STA_IF).isconnected())
    if command == "fetch":
        try:
            return await asyncio.wait_for_ms(fetch(words[1], int(words[2])), 1000)
        except (OSError, asyncio.TimeoutError) as error:
            return repr(error)
    return "what?"


async def main():
    network.WLAN(network.STA_IF).active(True)
    converter = Converter()
    flash = rp2.Flash(start=board.FLASH["journal"][0], len=board.FLASH["journal"][1])
    terminal = asyncio.StreamReader(sys.stdin.buffer)
    sys.stdout.write("\r\n> ")
    line = b""
    while True:
        key = await terminal.read(1)
        sys.stdout.write(key.decode())
        if key == b"\r":
            answer = await obey(line.decode().split(), converter, flash)
            sys.stdout.write("\n" + answer + "\r\n\r\n> ")
            line = b""
        else:
            line += key


asyncio.run(main())
