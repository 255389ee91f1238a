"""The board's time, and what the hardware does in it.

Time is counted in microseconds since power-on. In virtual time nothing takes time except waiting, blocking flash
operations and about a microsecond for each pin operation or look at the clock; waiting jumps to the next event. In real
time the board follows the PC's clock, but only while the agent waits: in between hardware sees pin operations alone and
the agent's tick counters this process's own processor time, so that nothing looks longer because the PC is busy.
"""

import heapq

import utime

NEVER_US = 1 << 60


class Clock:
    """Board time and the queue of hardware events; one per board."""

    def __init__(self):
        self.now_us = 0
        self.next_us = NEVER_US
        self.virtual = True
        self.horizon_us = NEVER_US
        self.at_horizon = None
        self.look = True
        self.guarded = False
        self._queue = []
        self._order = 0
        self._speed = 1.0
        self._started = 0
        self._last_us = 0
        self._synced_us = 0
        self._synced_cpu_s = 0.0

    def run_in_real_time(self, speed=1.0):
        """Follow the PC's clock from now on, `speed` times as fast."""
        self.virtual = False
        self._speed = speed
        self._started = utime.ticks_us() - int(self.now_us / speed)
        self._sync(self.now_us)

    def at(self, us, call):
        """Call `call()` when board time reaches `us`."""
        self._order += 1
        heapq.heappush(self._queue, (us, self._order, call))
        self.next_us = self._queue[0][0]

    def after(self, delay_us, call):
        """Call `call()` in `delay_us` microseconds."""
        self.at(self.now_us + delay_us, call)

    def run_due(self):
        """Run what is due by now, in order."""
        while self.next_us <= self.now_us:
            call = heapq.heappop(self._queue)[2]
            self.next_us = self._queue[0][0] if self._queue else NEVER_US
            call()

    def spend(self, us):
        """Let `us` microseconds pass in which the processor is busy; hardware events happen meanwhile."""
        end = self.now_us + us
        while self.next_us <= end:
            if self.next_us > self.now_us:
                self.now_us = self.next_us
            self.run_due()
        if end > self.now_us:
            self.now_us = end
        self._last_us += us

    def block(self, us):
        """Let the processor be stuck for `us` microseconds, in real time really."""
        if self.virtual:
            self.spend(us)
        else:
            utime.sleep_us(int(us / self._speed))
            self.catch_up()

    def read(self):
        """Microseconds since power-on as the agent's tick counters see them: the look itself takes one."""
        if self.virtual:
            self.now_us += 1
            if self.next_us <= self.now_us:
                self.run_due()
            return self.now_us
        if self.guarded:
            # Not even a garbage collection fits between two instructions of a microcontroller.
            self._last_us += 1
        else:
            spent_us = int((utime.clock() - self._synced_cpu_s) * 1e6 * self._speed)
            self._last_us = max(self._last_us, self._synced_us + spent_us)
        return self._last_us

    def pass_time(self, until_us, block=None):
        """Let time pass until something may have happened, at most until `until_us`; what is due has then been run.

        In real time `block(ms)` does the waiting and may return early. In virtual time the host's permission may end
        before: then `at_horizon()` asks for more.
        """
        target = min(self.next_us, until_us)
        if not self.virtual:
            self._pass_real_time(target, block)
        elif target > self.horizon_us:
            self.now_us = max(self.now_us, self.horizon_us)
            self.at_horizon()
        else:
            self.now_us = max(self.now_us, target)
        self.run_due()

    def sleep(self, us):
        """Block for `us` microseconds; interrupts are served."""
        end = self.now_us + us
        while self.now_us < end:
            self.pass_time(end)

    def _real_us(self):
        return int((utime.ticks_us() - self._started) * self._speed)

    def _pass_real_time(self, target, block):
        now = self._real_us()
        if target > now:
            ms = min(1000, int((target - now) / (1000 * self._speed)) + 1)
            if block:
                block(ms)
            else:
                utime.sleep_ms(ms)
        self.catch_up()

    def catch_up(self):
        """In real time: bring the board to the PC's clock and run what is due."""
        now = self._real_us()
        while self.next_us <= now:
            self.now_us = max(self.now_us, self.next_us)
            self.run_due()
        self.now_us = max(self.now_us, now)
        self._sync(now)

    def _sync(self, real_us):
        self._synced_us = real_us
        self._synced_cpu_s = utime.clock()
        self._last_us = max(self._last_us, real_us)
