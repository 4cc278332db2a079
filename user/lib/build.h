/* SPDX-License-Identifier: MIT */
/*
 * A database under construction. dbtext.c feeds it line by line, db.c makes
 * an x0f_db of it or throws it away. One thread.
 */
#ifndef X0F_LIB_BUILD_H
#define X0F_LIB_BUILD_H

#include "arena.h"
#include "intern.h"
#include "scan.h"

/* One [mtu] entry. */
struct link {
	uint32_t mtu;
	uint32_t order; /* in the files; the first of equals counts */
	const char *text;
};

/* In a key where every smaller number is an MSS: no opinion on it */
enum { ANY_MSS = 65536 };

/* Growing array of fixed-size items. */
struct list {
	void *items;
	uint32_t count;
	uint32_t room;
};

/* Chains of signatures that could cover each other; see duplicate.c. */
struct duplicates {
	uint32_t *heads;  /* position + 1, a power of two of them */
	struct list next; /* uint32_t, by signature */
	uint32_t head_count;
};

struct build {
	struct arena arena; /* strings, kept by the database */
	struct intern names;
	struct intern classes;
	struct list labels; /* struct x0f_label */
	struct list sigs;   /* struct x0f_sig */
	struct list links;  /* struct link */
	struct duplicates duplicates;
	uint32_t syn_sigs;
	uint32_t synack_sigs;
	uint32_t http_sigs;
	uint32_t policy;
};

/* Room for one more item; NULL: no memory. */
void *list_add(struct list *l, size_t item_size);

static inline struct x0f_sig *build_sig(const struct build *b, uint32_t pos)
{
	return (struct x0f_sig *)b->sigs.items + pos;
}

/*
 * Reads one source. 0, -EINVAL with *error, or -ENOMEM.
 */
int build_read(struct build *b, const char *text, size_t len, uint16_t source,
	       struct x0f_error *error);

/* labels.c: the values of `classes`, `label`, `sys` (scan at the value). */
int build_classes(struct build *b, struct scan *s);
int build_label(struct build *b, struct scan *s);
int build_systems(struct build *b, struct scan *s);

/*
 * duplicate.c: registers the newest signature. Returns 0, -ENOMEM, or the
 * line of an earlier signature of the same source that covers it already.
 */
int64_t build_check_duplicate(struct build *b);

/* Frees everything, or everything but what a database took over. */
void build_free(struct build *b);

#endif
