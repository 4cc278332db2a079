/* SPDX-License-Identifier: MIT */
/*
 * The language of --allow and --deny: text to terms. Says of a bad rule which
 * word is wrong and what could stand there. Called by filter_add() alone. One
 * thread.
 */
#include "filter_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_PORT 65535u
#define IPV4_BITS 32u
#define IPV6_BITS 128u

/* An IPv6 address with a prefix length, and a little more. */
#define LONGEST_ADDRESS 64

/* What is shown of a word at fault. */
#define SHOWN_WORD 40

/* A part of the rule's text. */
struct word {
	const char *text;
	size_t len;
};

struct parser {
	struct filter_rules *rules;
	struct filter_error *error;
	const char *text; /* the whole rule */
	const char *at;
	uint32_t either[FILTER_AXES]; /* terms without a side so far */
	uint64_t bit;
	int failed; /* 0 or a negative errno */
};

__attribute__((format(printf, 4, 5))) static void
refuse(struct parser *parser, int error, struct word word, const char *format,
       ...)
{
	char *message = parser->error->message;
	size_t size = sizeof(parser->error->message);
	int len = (int)(word.len < SHOWN_WORD ? word.len : SHOWN_WORD);
	va_list args;

	parser->failed = error;
	parser->error->column = (uint32_t)(word.text - parser->text) + 1;
	if (word.len)
		len = snprintf(message, size, "at '%.*s': ", len, word.text);
	else
		len = snprintf(message, size, "at the end: ");
	va_start(args, format);
	vsnprintf(message + len, size - (size_t)len, format, args);
	va_end(args);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct parser *parser)
{
	while (is_blank(*parser->at))
		parser->at++;
}

/* The word in front, up to a blank or the end; it may be empty. */
static struct word peek(struct parser *parser)
{
	struct word word;

	skip_blanks(parser);
	word.text = parser->at;
	word.len = strcspn(word.text, " \t");
	return word;
}

static bool equals(struct word word, const char *text)
{
	return word.len == strlen(text) && !memcmp(word.text, text, word.len);
}

static bool take(struct parser *parser, const char *text)
{
	struct word word = peek(parser);

	if (!equals(word, text))
		return false;
	parser->at += word.len;
	return true;
}

/* One entry of a list: up to a comma, a blank or the end. */
static struct word take_item(struct parser *parser)
{
	struct word item;

	skip_blanks(parser);
	item.text = parser->at;
	item.len = strcspn(item.text, " \t,");
	parser->at += item.len;
	if (!item.len && *item.text == ',')
		item.len = 1; /* to be pointed at */
	return item;
}

/* Blanks around a comma are no end of the list. */
static bool take_comma(struct parser *parser)
{
	const char *at = parser->at;

	skip_blanks(parser);
	if (*parser->at == ',') {
		parser->at++;
		return true;
	}
	parser->at = at;
	return false;
}

static void add_range(struct parser *parser, struct filter_term *term,
		      struct filter_range range)
{
	struct filter_range *grown;

	if (parser->rules->range_count == FILTER_MAX_RANGES) {
		refuse(parser, -ENOSPC, (struct word){ parser->at, 0 },
		       "more than %d ports, ranges and prefixes in all",
		       FILTER_MAX_RANGES);
		return;
	}
	if (!(term->count & (term->count - 1))) { /* 0 or a power of two */
		size_t room = term->count ? 2 * (size_t)term->count : 1;

		grown = realloc(term->ranges, room * sizeof(range));
		if (!grown) {
			parser->failed = -ENOMEM;
			return;
		}
		term->ranges = grown;
	}
	term->ranges[term->count++] = range;
	parser->rules->range_count++;
}

/* A number up to `most` at *text, which is moved behind it. */
static bool read_number(struct word *text, uint32_t most, uint32_t *number)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < text->len && text->text[i] >= '0' &&
		    text->text[i] <= '9' && value <= most;
	     i++)
		value = value * 10 + (uint64_t)(text->text[i] - '0');
	if (!i || value > most)
		return false;
	*number = (uint32_t)value;
	text->text += i;
	text->len -= i;
	return true;
}

static void read_ports(struct parser *parser, struct filter_term *term)
{
	struct word item = take_item(parser);
	struct word rest = item;
	struct filter_range range = { .first = { 0, 0 } };
	uint32_t first = 0;
	uint32_t last = 0;
	bool good = read_number(&rest, LAST_PORT, &first);

	last = first;
	if (good && rest.len && rest.text[0] == '-') {
		rest.text++;
		rest.len--;
		good = read_number(&rest, LAST_PORT, &last);
	}
	if (!good || rest.len) {
		refuse(parser, -EINVAL, item,
		       "expected a port or a range from 0 to 65535, such as "
		       "443 or 8000-8100");
	} else if (first > last) {
		refuse(parser, -EINVAL, item,
		       "range ends before it begins, did you mean %u-%u?", last,
		       first);
	} else {
		range.first.low = first;
		range.last.low = last;
		add_range(parser, term, range);
	}
}

static struct filter_key to_key(const uint8_t *bytes, uint32_t bits)
{
	struct filter_key key = { 0, 0 };

	for (uint32_t i = 0; i < bits / 8; i++) {
		key.high = key.high << 8 | key.low >> 56;
		key.low = key.low << 8 | bytes[i];
	}
	return key;
}

/* The lowest `count` bits set, up to 128. */
static struct filter_key low_bits(uint32_t count)
{
	struct filter_key key = { 0, UINT64_MAX };

	if (count < 64)
		key.low = (UINT64_C(1) << count) - 1;
	else if (count < 128)
		key.high = (UINT64_C(1) << (count - 64)) - 1;
	else
		key.high = UINT64_MAX;
	return key;
}

/* The address with its host bits cleared, as a hint. */
static void refuse_host_bits(struct parser *parser, struct word item,
			     uint8_t *address, uint32_t bits, uint32_t prefix)
{
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = prefix; i < bits; i++)
		address[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	inet_ntop(bits == IPV4_BITS ? AF_INET : AF_INET6, address, text,
		  sizeof(text));
	refuse(parser, -EINVAL, item,
	       "the address has bits behind its prefix, did you mean %s/%u?",
	       text, prefix);
}

/* Returns 32 or 128, the size of the address in item, or 0: it is none. */
static uint32_t read_address(struct word item, uint8_t *address)
{
	char text[LONGEST_ADDRESS];

	if (item.len >= sizeof(text))
		return 0;
	memcpy(text, item.text, item.len);
	text[item.len] = '\0';
	if (inet_pton(AF_INET, text, address) == 1)
		return IPV4_BITS;
	return inet_pton(AF_INET6, text, address) == 1 ? IPV6_BITS : 0;
}

/* "/8", or nothing: the address alone. */
static bool read_prefix(struct word text, uint32_t bits, uint32_t *prefix)
{
	*prefix = bits;
	if (!text.len)
		return true;
	text.text++;
	text.len--;
	return read_number(&text, bits, prefix) && !text.len;
}

static void read_net(struct parser *parser, struct filter_term *ipv4,
		     struct filter_term *ipv6)
{
	struct word item = take_item(parser);
	const char *slash = memchr(item.text, '/', item.len);
	struct word address_text = item;
	struct word prefix_text = { slash, 0 };
	uint8_t address[IPV6_BITS / 8];
	struct filter_range range;
	struct filter_key host;
	uint32_t prefix;
	uint32_t bits;

	if (slash) {
		address_text.len = (size_t)(slash - item.text);
		prefix_text.len = item.len - address_text.len;
	}
	bits = read_address(address_text, address);
	if (!bits) {
		refuse(parser, -EINVAL, item,
		       "expected an address or a prefix, such as 192.0.2.1, "
		       "10.0.0.0/8 or 2001:db8::/32");
		return;
	}
	if (!read_prefix(prefix_text, bits, &prefix)) {
		refuse(parser, -EINVAL, item,
		       "expected a prefix length from 0 to %u behind the slash",
		       bits);
		return;
	}
	range.first = to_key(address, bits);
	host = low_bits(bits - prefix);
	range.last.high = range.first.high | host.high;
	range.last.low = range.first.low | host.low;
	if (range.first.high & host.high || range.first.low & host.low)
		refuse_host_bits(parser, item, address, bits, prefix);
	else
		add_range(parser, bits == IPV4_BITS ? ipv4 : ipv6, range);
}

/* Room for two more terms. */
static bool make_room(struct parser *parser)
{
	struct filter_rules *rules = parser->rules;
	uint32_t room = 2 * rules->term_room + 2;
	struct filter_term *grown;

	if (rules->term_count + 2 <= rules->term_room)
		return true;
	grown = realloc(rules->terms, room * sizeof(*grown));
	if (!grown) {
		parser->failed = -ENOMEM;
		return false;
	}
	rules->terms = grown;
	rules->term_room = room;
	return true;
}

static struct filter_term *
add_term(struct parser *parser, enum filter_axis axis, enum filter_side side)
{
	struct filter_term *term =
		&parser->rules->terms[parser->rules->term_count++];

	memset(term, 0, sizeof(*term));
	term->axis = axis;
	term->side = side;
	term->rule = parser->rules->count;
	if (side == FILTER_EITHER)
		term->either = parser->either[axis]++;
	return term;
}

/* A list of ports, or of addresses and prefixes; its keyword is taken. */
static void parse_list(struct parser *parser, enum filter_side side,
		       bool is_net, struct word keyword)
{
	enum filter_axis axis = is_net ? FILTER_IPV4 : FILTER_PORT;
	struct filter_term *term;

	if (side == FILTER_EITHER &&
	    parser->either[axis] == FILTER_MAX_EITHER) {
		refuse(parser, -ENOSPC, keyword,
		       "more than %d such terms without src or dst in a rule",
		       FILTER_MAX_EITHER);
		return;
	}
	if (!make_room(parser))
		return;
	term = add_term(parser, axis, side);
	if (is_net)
		add_term(parser, FILTER_IPV6, side);
	do {
		if (is_net)
			read_net(parser, term, term + 1);
		else
			read_ports(parser, term);
	} while (!parser->failed && take_comma(parser));
}

/* `syn and synack` would never match: nobody means that. */
static void parse_kind(struct parser *parser, enum filter_kind kind,
		       struct word word)
{
	uint64_t *kinds = parser->rules->kinds;

	if (!(kinds[kind] & parser->bit)) {
		refuse(parser, -EINVAL, word,
		       "no packet is both syn and synack, give two rules");
		return;
	}
	for (int i = 0; i < FILTER_KINDS; i++)
		if (i != (int)kind)
			kinds[i] &= ~parser->bit;
}

/* What users of tcpdump may try. */
static const char *find_hint(struct word word)
{
	if (equals(word, "host"))
		return " (a host is: net ADDRESS)";
	if (equals(word, "portrange"))
		return " (a range is: port 8000-8100)";
	if (equals(word, "syn+ack") || equals(word, "syn-ack"))
		return " (it is spelled synack)";
	if (equals(word, "not"))
		return " (to leave packets out, use --deny)";
	return "";
}

static void parse_term(struct parser *parser)
{
	enum filter_side side = FILTER_EITHER;
	struct word word = peek(parser);

	if (take(parser, "syn")) {
		parse_kind(parser, FILTER_SYN, word);
		return;
	}
	if (take(parser, "synack")) {
		parse_kind(parser, FILTER_SYNACK, word);
		return;
	}
	if (take(parser, "src"))
		side = FILTER_SRC;
	else if (take(parser, "dst"))
		side = FILTER_DST;
	word = peek(parser);
	if (take(parser, "port"))
		parse_list(parser, side, false, word);
	else if (take(parser, "net"))
		parse_list(parser, side, true, word);
	else if (side != FILTER_EITHER)
		refuse(parser, -EINVAL, word, "expected port or net%s",
		       find_hint(word));
	else
		refuse(parser, -EINVAL, word,
		       "expected port, net, src, dst, syn or synack%s",
		       find_hint(word));
}

int filter_parse(struct filter_rules *rules, const char *text,
		 struct filter_error *error)
{
	struct parser parser = {
		.rules = rules,
		.error = error,
		.text = text,
		.at = text,
		.bit = UINT64_C(1) << rules->count,
	};
	struct word word;

	for (int i = 0; i < FILTER_KINDS; i++)
		rules->kinds[i] |= parser.bit;
	for (;;) {
		parse_term(&parser);
		word = peek(&parser);
		if (parser.failed || !word.len)
			return parser.failed;
		if (take(&parser, "and"))
			continue;
		refuse(&parser, -EINVAL, word, "expected 'and'%s",
		       equals(word, "or") ? " (for or, give two rules)" : "");
		return parser.failed;
	}
}
