/* SPDX-License-Identifier: MIT */
/*
 * Judges the host: rights, kernel, memory. See check.h. Pure but for the
 * findings that are added.
 */
#include "check.h"

#include "../engine/needs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Older ones are not tested; enterprise kernels may have what it takes. */
#define KERNEL_LEAST_MAJOR 5
#define KERNEL_LEAST_MINOR 18

/* A sensor takes 13 to 60 MiB; less than twice that is no room to live in. */
#define MEMORY_LEAST_KIB (128u << 10)

/* On the host: PIDs of containers, for --netns /proc/PID/ns/net */
static const char find_container[] = "sudo lsns -t net";

/* Debian's newest that there is; backports have newer ones */
static const char new_kernel[] =
	"apt-get install linux-image-$(dpkg --print-architecture)";

struct finding *finding_add(struct findings *findings, const char *name,
			    enum verdict inline_verdict,
			    enum verdict tap_verdict, const char *format, ...)
{
	static struct finding spare; /* for what nobody should add */
	uint32_t room = sizeof(findings->items) / sizeof(findings->items[0]);
	struct finding *finding = &spare;
	va_list args;

	if (findings->count < room)
		finding = &findings->items[findings->count++];
	memset(finding, 0, sizeof(*finding));
	finding->name = name;
	finding->by_mode[CAPTURE_INLINE] = inline_verdict;
	finding->by_mode[CAPTURE_TAP] = tap_verdict;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	return finding;
}

void finding_fix(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, args);
	va_end(args);
}

void finding_look(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, args);
	va_end(args);
	finding->only_looks = true;
}

const char *check_own_sudo(const struct examined_host *host,
			   enum capture_kind mode)
{
	char missing[NEEDS_TEXT];

	return typed_sudo(host->is_root ||
			  !needs_missing(missing, host->rights, false,
					 mode == CAPTURE_TAP));
}

static bool is_since(const struct examined_host *host, uint32_t major,
		     uint32_t minor)
{
	return host->major > major ||
	       (host->major == major && host->minor >= minor);
}

/* Only where another kernel may help, and is there to be had. */
static void offer_kernel(struct finding *finding,
			 const struct examined_host *host)
{
	if (host->is_debian &&
	    !is_since(host, KERNEL_LEAST_MAJOR, KERNEL_LEAST_MINOR))
		finding_fix(finding, "%s%s", check_sudo(host), new_kernel);
}

static void judge_rights(struct findings *findings,
			 const struct examined_host *host, const char *operands)
{
	char of_inline[NEEDS_TEXT];
	char of_tap[NEEDS_TEXT];
	bool is_root = host->is_root;
	struct finding *finding;

	needs_missing(of_inline, host->rights, is_root, false);
	if (!needs_missing(of_tap, host->rights, is_root, true)) {
		finding_add(findings, "rights", VERDICT_OK, VERDICT_OK,
			    "all that inline and tap need");
		return;
	}
	if (!of_inline[0]) {
		finding_add(findings, "rights", VERDICT_OK, VERDICT_FAIL,
			    "all that inline needs; a tap also needs %s",
			    of_tap);
		return;
	}
	finding = finding_add(
		findings, "rights", VERDICT_FAIL, VERDICT_FAIL,
		"missing%s: %s; a service gets them by %s",
		is_root ? " although this is root, as in a container" : "",
		of_tap,
		is_root ? "CapabilityBoundingSet" : "AmbientCapabilities");
	if (is_root)
		finding_look(finding, "%s", find_container);
	else
		finding_fix(finding, "sudo %s check %s", typed_program(),
			    operands);
}

/* What it can do is tried, and said below. */
static void judge_kernel(struct findings *findings,
			 const struct examined_host *host)
{
	if (!is_since(host, KERNEL_LEAST_MAJOR, KERNEL_LEAST_MINOR)) {
		offer_kernel(finding_add(findings, "kernel", VERDICT_WARN,
					 VERDICT_WARN,
					 "%s is older than %u.%u, the oldest "
					 "that x0f is made for; it may work",
					 host->release, KERNEL_LEAST_MAJOR,
					 KERNEL_LEAST_MINOR),
			     host);
		return;
	}
	finding_add(findings, "kernel", VERDICT_OK, VERDICT_OK, "%s: %s, %s",
		    host->release,
		    is_since(host, 6, 6) ?
			    "TCX links, which end with their sensor" :
			    "clsact filters (TCX came with 6.6), which a killed "
			    "sensor leaves behind",
		    is_since(host, 6, 3) ?
			    "says what drivers can do with XDP" :
			    "does not say what drivers can do with XDP (6.3 "
			    "does)");
}

static bool has_all_rights(const struct examined_host *host)
{
	char missing[NEEDS_TEXT];

	return !needs_missing(missing, host->rights, false, false);
}

static void judge_bpf(struct findings *findings,
		      const struct examined_host *host)
{
	bool is_refused = host->load_error == -EPERM ||
			  host->load_error == -EACCES;

	if (!host->load_error) {
		finding_add(findings, "bpf", VERDICT_OK, VERDICT_OK,
			    "programs can be loaded");
	} else if (is_refused && !has_all_rights(host)) {
		finding_add(findings, "bpf", VERDICT_INFO, VERDICT_INFO,
			    "cannot be tried without the rights above");
	} else if (is_refused) {
		finding_look(
			finding_add(findings, "bpf", VERDICT_FAIL, VERDICT_FAIL,
				    "bpf(2) is refused although the "
				    "capabilities are there, as in a user "
				    "namespace or a container: run x0f on "
				    "the host, with --netns /proc/PID/ns/net "
				    "for the container's interfaces"),
			"%s", find_container);
	} else {
		offer_kernel(finding_add(findings, "bpf", VERDICT_FAIL,
					 VERDICT_FAIL,
					 "a program cannot be loaded: %s",
					 problem_errno(host->load_error)),
			     host);
	}
}

static void judge_af_xdp(struct findings *findings,
			 const struct examined_host *host)
{
	if (host->has_af_xdp)
		finding_add(findings, "AF_XDP", VERDICT_INFO, VERDICT_OK,
			    "there, for tap");
	else
		offer_kernel(finding_add(findings, "AF_XDP", VERDICT_INFO,
					 VERDICT_FAIL,
					 "not there, so no tap: the kernel "
					 "lacks CONFIG_XDP_SOCKETS, or a "
					 "sandbox forbids the address family"),
			     host);
}

static void judge_jit(struct findings *findings,
		      const struct examined_host *host)
{
	if (host->jit > 0)
		finding_add(findings, "bpf jit", VERDICT_OK, VERDICT_OK, "on");
	else if (host->jit < 0)
		finding_add(findings, "bpf jit", VERDICT_INFO, VERDICT_INFO,
			    "not known: net.core.bpf_jit_enable cannot be read "
			    "here");
	else
		finding_fix(finding_add(findings, "bpf jit", VERDICT_WARN,
					VERDICT_WARN,
					"off: programs are interpreted, several "
					"times slower"),
			    "%ssysctl -w net.core.bpf_jit_enable=1",
			    check_sudo(host));
}

static void judge_unprivileged(struct findings *findings,
			       const struct examined_host *host)
{
	if (host->unprivileged == 0)
		finding_fix(finding_add(findings, "unprivileged", VERDICT_INFO,
					VERDICT_INFO,
					"allowed to everybody, which x0f does "
					"not need"),
			    "%ssysctl -w kernel.unprivileged_bpf_disabled=2",
			    check_sudo(host));
	else
		finding_add(findings, "unprivileged", VERDICT_INFO,
			    VERDICT_INFO, "%s",
			    host->unprivileged < 0 ?
				    "not known" :
				    "forbidden, which is fine");
}

static void judge_memory(struct findings *findings,
			 const struct examined_host *host, const char *operands)
{
	if (host->memory_kib && host->memory_kib < MEMORY_LEAST_KIB)
		finding_fix(finding_add(findings, "memory", VERDICT_WARN,
					VERDICT_WARN,
					"%llu MiB available: a sensor takes 13 "
					"to 60, less with smaller rings",
					(unsigned long long)host->memory_kib >>
						10),
			    "%s%s live --ring 1024 --header-ring 64 %s",
			    check_own_sudo(host, CAPTURE_INLINE),
			    typed_program(), operands);
	else
		finding_add(findings, "memory", VERDICT_OK, VERDICT_OK,
			    "%llu MiB available, a sensor takes 13 to 60",
			    (unsigned long long)host->memory_kib >> 10);
	finding_add(findings, "huge pages", VERDICT_INFO, VERDICT_INFO,
		    "%u free of 2 MiB: a tap takes them where there are some, "
		    "and does without",
		    host->huge_pages);
}

void judge_host(struct findings *findings, const struct examined_host *host,
		const char *operands)
{
	judge_rights(findings, host, operands);
	judge_kernel(findings, host);
	judge_bpf(findings, host);
	judge_af_xdp(findings, host);
	judge_jit(findings, host);
	judge_unprivileged(findings, host);
	judge_memory(findings, host, operands);
	finding_add(findings, "cpus", VERDICT_INFO, VERDICT_INFO,
		    "%u that this process may use", host->cpus);
}
