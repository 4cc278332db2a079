/* SPDX-License-Identifier: MIT */
/*
 * Signature databases: p0f's file format in, an immutable compiled database
 * out. The HTTP lines of a file are checked by p0f's grammar, and not used.
 */
#ifndef X0F_DB_H
#define X0F_DB_H

#include "observe.h"

#ifdef __cplusplus
extern "C" {
#endif

struct x0f_db;

/* One text to read. text NULL: the file called name is opened and read. */
struct x0f_source {
	const char *name; /* for messages; a path when text is NULL */
	const void *text; /* need not end in NUL */
	size_t len;
};

struct x0f_db_options {
	size_t sz;	 /* sizeof(struct x0f_db_options) */
	uint32_t policy; /* only X0F_MEND_DASH matters here */
};

/* Where and why a database was refused. line 0: the file as a whole. */
struct x0f_error {
	char source[256]; /* name of the source, cut if longer */
	uint32_t line;	  /* from 1 */
	uint32_t column;  /* from 1, in bytes */
	char message[192];
};

/*
 * Reads the sources in order into one database: candidates are tried in file
 * order, the first source's first. Duplicates are looked for within a source
 * only, so a source may overrule one behind it.
 *
 * At most 64 sources. options NULL: defaults (policy x0f). error may be NULL.
 * Returns 0 with *db set (caller closes it); -EINVAL: refused, *error says
 * where and why (line 0: the call itself); -ENOENT, -EACCES, -EISDIR, -EIO …: file not readable;
 * -EFBIG: above 16 MiB; -ENOMEM. *db is NULL on error.
 */
X0F_API int x0f_db_open(struct x0f_db **db, const struct x0f_source *sources,
			size_t count, const struct x0f_db_options *options,
			struct x0f_error *error);

/* One file, default options. Errors as above. */
X0F_API int x0f_db_open_file(struct x0f_db **db, const char *path,
			     struct x0f_error *error);

/*
 * The databases that the library carries, as sources for x0f_db_open():
 * x0f.fp, then legacy.fp. Fills at most room of them, the texts are static;
 * returns how many there are (2).
 */
X0F_API size_t x0f_db_builtin(struct x0f_source *sources, size_t room);

/*
 * Frees a database. NULL is fine. The caller makes sure that no other thread
 * uses it, nor any string or struct that came from it.
 */
X0F_API void x0f_db_close(struct x0f_db *db);

/* A label. Strings live as long as the database. */
struct x0f_label {
	const char *class_name;	    /* "unix"; "" for an application */
	const char *name;	    /* "Linux" */
	const char *flavor;	    /* "3.11 and newer", may be "" */
	const char *const *systems; /* applications: names and "@class" */
	uint32_t system_count;
	uint32_t id;
	uint32_t name_id; /* equal names (case-blind) have equal ids */
	uint8_t generic;
	uint8_t application;
};

/* A signature as parsed. */
struct x0f_sig {
	uint32_t label;	 /* x0f_db_label() */
	uint32_t line;	 /* in its source */
	uint32_t quirks; /* enum x0f_quirk */
	uint16_t source; /* position in the sources array */
	uint16_t mss;
	uint16_t window;    /* literal, multiplier or modulus, by window_kind */
	uint8_t kind;	    /* X0F_KIND_SYN or X0F_KIND_SYNACK */
	uint8_t ip_version; /* 4, 6, or 0 for `*` */
	uint8_t initial_ttl; /* the maximum when random_ttl */
	uint8_t random_ttl;
	uint8_t ip_option_len;
	uint8_t any_mss;
	uint8_t window_kind;
	uint8_t any_wscale;
	uint8_t wscale;
	uint8_t any_payload;
	uint8_t has_payload;
	uint8_t generic;     /* of its label */
	uint8_t application; /* of its label */
	uint8_t eol_padding;
	uint8_t option_count;
	uint8_t option_kinds[X0F_MAX_OPTIONS];
};

struct x0f_db_stats {
	size_t sz; /* set by the caller */
	uint32_t labels;
	uint32_t syn_sigs;
	uint32_t synack_sigs;
	uint32_t mtu_sigs;
	uint32_t http_sigs; /* not used */
	uint64_t bytes;	    /* memory that the database takes */
};

/*
 * Counts of an open database. Fills as much of *stats as stats->sz says, and
 * sets sz to what was filled.
 */
X0F_API void x0f_db_stats(const struct x0f_db *db, struct x0f_db_stats *stats);

/* Label, signature or link text by position; NULL when there is none. */
X0F_API const struct x0f_label *x0f_db_label(const struct x0f_db *db,
					     uint32_t id);
X0F_API const struct x0f_sig *x0f_db_sig(const struct x0f_db *db, uint32_t pos);
X0F_API const char *x0f_db_link(const struct x0f_db *db, uint32_t id);

/* Link id for an MTU, the first [mtu] entry that names it, or X0F_NONE. */
X0F_API uint32_t x0f_db_find_link(const struct x0f_db *db, uint32_t mtu);

/*
 * Reads one signature (`4:64:0:1460:…`) without a database. label, line,
 * source and kind (SYN) are 0. Returns 0, or -EINVAL with *error (may be NULL) saying which column.
 */
X0F_API int x0f_sig_parse(struct x0f_sig *sig, const char *text, size_t len,
			  uint32_t policy, struct x0f_error *error);

#ifdef __cplusplus
}
#endif
#endif
