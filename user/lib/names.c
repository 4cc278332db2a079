/* SPDX-License-Identifier: MIT */
/* Names of enum values. No state; any thread. */
#include <x0f/x0f.h>

static const char *const quirk_names[] = {
	"df",	"id+",	"id-",	"ecn",	 "0+",	  "flow",
	"seq-", "ack+", "ack-", "uptr+", "urgf+", "pushf+",
	"ts1-", "ts2+", "opt+", "exws",	 "bad",
};

static const char *const status_names[X0F_STATUS_COUNT] = {
	[X0F_OK] = "observed",
	[X0F_SEGMENT] = "other tcp segment",
	[X0F_TOO_SHORT] = "too short",
	[X0F_NOT_IP] = "not ip",
	[X0F_TAGGED] = "tagged",
	[X0F_TOO_MANY_TAGS] = "too many tags",
	[X0F_BAD_IP] = "bad ip header",
	[X0F_CUT] = "cut off",
	[X0F_FRAGMENT] = "fragment",
	[X0F_EXTENSIONS] = "ipv6 extensions",
	[X0F_NOT_TCP] = "not tcp",
	[X0F_BAD_TCP] = "bad tcp header",
	[X0F_BAD_FLAGS] = "bad tcp flags",
	[X0F_BAD_LINK] = "unknown link type",
};

static const char *const field_names[] = {
	[X0F_FIELD_NONE] = "nothing",
	[X0F_FIELD_KIND] = "direction",
	[X0F_FIELD_VERSION] = "ip version",
	[X0F_FIELD_OPTIONS] = "option layout",
	[X0F_FIELD_QUIRKS] = "quirks",
	[X0F_FIELD_EOL_PADDING] = "eol padding",
	[X0F_FIELD_IP_OPTIONS] = "ip option length",
	[X0F_FIELD_TTL] = "ttl",
	[X0F_FIELD_MSS] = "mss",
	[X0F_FIELD_WSCALE] = "window scale",
	[X0F_FIELD_PAYLOAD] = "payload class",
	[X0F_FIELD_WINDOW] = "window",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

_Static_assert((1u << COUNT(quirk_names)) - 1 == X0F_QUIRK_ALL,
	       "a name for every quirk");

const char *x0f_quirk_name(uint32_t bit)
{
	if (!bit || (bit & (bit - 1)) || !(bit & X0F_QUIRK_ALL))
		return NULL;
	return quirk_names[__builtin_ctz(bit)];
}

const char *x0f_status_name(enum x0f_status status)
{
	if ((unsigned int)status >= X0F_STATUS_COUNT)
		return "unknown status";
	return status_names[status];
}

const char *x0f_field_name(enum x0f_field field)
{
	if ((unsigned int)field >= COUNT(field_names))
		return "unknown field";
	return field_names[field];
}

#define TEXT(x) #x
#define DOTTED(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *x0f_version(void)
{
	return DOTTED(X0F_VERSION_MAJOR, X0F_VERSION_MINOR, X0F_VERSION_PATCH);
}
