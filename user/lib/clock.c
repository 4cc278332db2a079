/* SPDX-License-Identifier: MIT */
/*
 * Two timestamps of one TCP clock, some time apart: its frequency, and for
 * how long it has been counting. p0f's arithmetic, in whole numbers, which
 * give the same as its doubles: no ratio of such numbers is near enough to a
 * bound or to the next whole Hz for a double to round onto it. No state.
 */
#include <x0f/tracker.h>

#include "limits.h"

enum { MS_PER_S = 1000, S_PER_MIN = 60, S_PER_DAY = 24 * 60 * 60 };

/* Real clocks tick at round rates; the steps are p0f's. */
static uint32_t round_hz(uint32_t hz)
{
	if (hz == 0)
		return 1;
	if (hz <= 10)
		return hz;
	if (hz <= 50)
		return (hz + 3) / 5 * 5;
	if (hz <= 100)
		return (hz + 7) / 10 * 10;
	if (hz <= 500)
		return (hz + 33) / 50 * 50;
	return (hz + 67) / 100 * 100;
}

/* p0f's bounds of 0.7 and 1500 Hz; a clock that went back has none */
static bool is_plausible(uint64_t ticks, uint64_t interval_ms)
{
	return ticks * 10 * MS_PER_S >= CLOCK_MIN_DECIHZ * interval_ms &&
	       ticks * MS_PER_S <= CLOCK_MAX_HZ * interval_ms;
}

enum x0f_clock x0f_clock_estimate(uint32_t ts_before, uint32_t ts_now,
				  uint64_t interval_ms,
				  struct x0f_uptime *uptime)
{
	uint32_t ticks = ts_now - ts_before;
	uint32_t back = ~ticks;

	if (interval_ms < CLOCK_MIN_MS || interval_ms > CLOCK_MAX_MS ||
	    ticks < CLOCK_MIN_TICKS)
		return X0F_CLOCK_WAIT;
	/* a little back within a short time: reordered, not a bad clock */
	if (interval_ms < CLOCK_GRACE_MS && back / MS_PER_S < CLOCK_GRACE_TICKS)
		return X0F_CLOCK_WAIT;
	if (ticks > back || !is_plausible(ticks, interval_ms))
		return X0F_CLOCK_BAD;

	*uptime = (struct x0f_uptime){
		.hz = round_hz(
			(uint32_t)((uint64_t)ticks * MS_PER_S / interval_ms)),
		.ticks = ticks,
		.interval_ms = (uint32_t)interval_ms,
	};
	uptime->minutes = ts_now / uptime->hz / S_PER_MIN;
	uptime->modulo_days = UINT32_MAX / (uptime->hz * S_PER_DAY);
	return X0F_CLOCK_GOOD;
}
