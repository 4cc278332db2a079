/* SPDX-License-Identifier: MIT */
/* Names of a segment's enum values. No state; any thread. */
#include <x0f/ring.h>

static const char *const outcome_names[X0F_OUTCOME_COUNT] = {
	[X0F_OUTCOME_DELIVERED] = "delivered",
	[X0F_OUTCOME_NO_SOCKET] = "no socket",
	[X0F_OUTCOME_RING_FULL] = "header ring full",
	[X0F_OUTCOME_NOT_COPIED] = "not copied",
	[X0F_OUTCOME_FILTERED] = "filtered",
	[X0F_OUTCOME_OTHER_TCP] = "other tcp",
	[X0F_OUTCOME_NOT_TCP] = "not tcp",
	[X0F_OUTCOME_NOT_IP] = "not ip",
	[X0F_OUTCOME_TOO_SHORT] = "too short",
	[X0F_OUTCOME_FRAGMENT] = "fragment",
	[X0F_OUTCOME_TAGS] = "too many tags",
	[X0F_OUTCOME_EXTENSIONS] = "ipv6 extensions",
	[X0F_OUTCOME_BAD_IP] = "bad ip header",
	[X0F_OUTCOME_BAD_FLAGS] = "bad tcp flags",
};

static const char *const loss_names[X0F_LOSS_COUNT] = {
	[X0F_LOSS_RX_DROPPED] = "no frame",
	[X0F_LOSS_RX_RING_FULL] = "receive ring full",
	[X0F_LOSS_INVALID] = "bad descriptor",
	[X0F_LOSS_CLOSED] = "left in a closed ring",
};

static const char *const state_names[] = {
	[X0F_SENSOR_STARTING] = "starting",
	[X0F_SENSOR_RUNNING] = "running",
	[X0F_SENSOR_DEAF] = "deaf",
	[X0F_SENSOR_RESTARTING] = "restarting",
	[X0F_SENSOR_STOPPING] = "stopping",
	[X0F_SENSOR_ENDED] = "ended",
};

static const char *const interface_state_names[] = {
	[X0F_INTERFACE_UP] = "up",
	[X0F_INTERFACE_DOWN] = "down",
	[X0F_INTERFACE_DEAF] = "deaf",
	[X0F_INTERFACE_WAITING] = "waiting",
};

static const char *const mode_names[] = {
	[X0F_MODE_NONE] = "not known yet",
	[X0F_MODE_INLINE_TCX] = "inline tcx",
	[X0F_MODE_INLINE_CLSACT] = "inline clsact",
	[X0F_MODE_TAP_ZERO_COPY] = "tap zero-copy",
	[X0F_MODE_TAP_COPY] = "tap copy",
	[X0F_MODE_TAP_GENERIC] = "tap generic",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *x0f_outcome_name(enum x0f_outcome outcome)
{
	if ((unsigned int)outcome >= COUNT(outcome_names))
		return "unknown outcome";
	return outcome_names[outcome];
}

const char *x0f_loss_name(enum x0f_loss loss)
{
	if ((unsigned int)loss >= COUNT(loss_names))
		return "unknown loss";
	return loss_names[loss];
}

const char *x0f_drop_name(enum x0f_drop drop)
{
	if (drop == X0F_DROP_EXPRESSION)
		return "filter expression";
	if ((unsigned int)drop >= X0F_STATUS_COUNT)
		return "unknown drop";
	return x0f_status_name((enum x0f_status)drop);
}

const char *x0f_sensor_state_name(enum x0f_sensor_state state)
{
	if ((unsigned int)state >= COUNT(state_names))
		return "unknown state";
	return state_names[state];
}

const char *x0f_mode_name(enum x0f_capture_mode mode)
{
	if ((unsigned int)mode >= COUNT(mode_names))
		return "unknown mode";
	return mode_names[mode];
}

const char *x0f_interface_state_name(enum x0f_interface_state state)
{
	if ((unsigned int)state >= COUNT(interface_state_names))
		return "unknown state";
	return interface_state_names[state];
}
