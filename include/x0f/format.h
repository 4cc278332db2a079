/* SPDX-License-Identifier: MIT */
/*
 * Text for observations and verdicts, into memory of the caller.
 *
 * All functions work like snprintf(): at most size bytes are written, NUL
 * included, and the length of the whole text is returned, so a return value
 * of size or more means that it was cut. size 0 with buf NULL asks for the
 * length. Any thread.
 */
#ifndef X0F_FORMAT_H
#define X0F_FORMAT_H

#include "match.h"
#include "tracker.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enough for the longest raw signature, reasons, params or address. */
#define X0F_TEXT_MAX 320

/* p0f's raw signature: 4:120+8:0:1452:65535,0:mss,nop,nop,sok:df,id+:0 */
X0F_API size_t x0f_format_raw_sig(char *buf, size_t size,
				  const struct x0f_obs *obs);

/* A signature as a database spells it. */
X0F_API size_t x0f_format_sig(char *buf, size_t size,
			      const struct x0f_sig *sig);

/* Option layout alone: mss,nop,ws */
X0F_API size_t x0f_format_options(char *buf, size_t size, const uint8_t *kinds,
				  size_t count, uint8_t eol_padding);

/* Quirks alone: df,id+ */
X0F_API size_t x0f_format_quirks(char *buf, size_t size, uint32_t quirks);

/* p0f's params: none, or words out of generic fuzzy random_ttl … */
X0F_API size_t x0f_format_params(char *buf, size_t size,
				 const struct x0f_obs *obs,
				 const struct x0f_verdict *verdict);

/* Why a verdict is not exact: "missing id+, TTL 41 hops above 64"; else "" */
X0F_API size_t x0f_format_reasons(char *buf, size_t size,
				  const struct x0f_obs *obs,
				  const struct x0f_verdict *verdict);

/* "Linux 3.11 and newer", "???" for X0F_NONE. */
X0F_API size_t x0f_format_label(char *buf, size_t size, const struct x0f_db *db,
				uint32_t label);

/* "0 days, 11 hrs, 16 min (modulo 198 days)", without the frequency. */
X0F_API size_t x0f_format_uptime(char *buf, size_t size,
				 const struct x0f_uptime *uptime);

/* RFC 5952 for IPv6, dotted quad for IPv4. */
X0F_API size_t x0f_format_addr(char *buf, size_t size, const uint8_t addr[16],
			       uint8_t ip_version);

/* p0f's way: eight groups, neither shortened nor joined by `::` */
X0F_API size_t x0f_format_addr_long(char *buf, size_t size,
				    const uint8_t addr[16], uint8_t ip_version);

#ifdef __cplusplus
}
#endif
#endif
