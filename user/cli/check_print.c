/* SPDX-License-Identifier: MIT */
/*
 * Says what was found: for people in words and colours, for programs as one
 * object. See check.h. One thread.
 */
#include "check.h"

#include "../readers/colour.h"
#include "../readers/json.h"

#include <stdio.h>
#include <string.h>

/* Where the text of a finding begins, and where its lines end */
#define INDENT 24
#define COLUMNS 92

static const struct {
	const char *word;
	const char *shown;
	const char *colour;
} verdicts[] = {
	[VERDICT_INFO] = { "info", "-", COLOUR_FAINT },
	[VERDICT_OK] = { "ok", "ok", COLOUR_GOOD },
	[VERDICT_WARN] = { "warn", "warn", COLOUR_WARN },
	[VERDICT_FAIL] = { "fail", "FAIL", COLOUR_FAIL },
};

const char *verdict_word(enum verdict verdict)
{
	return verdicts[verdict].word;
}

/* ----------------------------------------------------------------- text -- */

struct page {
	struct output *out;
	bool has_colour;
};

static void colour(const struct page *page, const char *sequence)
{
	if (page->has_colour)
		output_text(page->out, sequence);
}

static void put_blanks(const struct page *page, uint32_t count)
{
	while (count--)
		output_char(page->out, ' ');
}

/* In lines of at most COLUMNS, the first of which has begun. */
static void put_wrapped(const struct page *page, const char *text)
{
	size_t room = COLUMNS - INDENT;

	while (strlen(text) > room) {
		size_t len = room;

		while (len && text[len] != ' ')
			len--;
		if (!len)
			len = room;
		output_format_escaped(page->out, "%.*s", (int)len, text);
		output_char(page->out, '\n');
		put_blanks(page, INDENT);
		text += len;
		text += *text == ' ';
	}
	output_format_escaped(page->out, "%s", text);
	output_char(page->out, '\n');
}

static void put_finding(const struct page *page, const struct finding *finding)
{
	output_text(page->out, "  ");
	colour(page, verdicts[finding->verdict].colour);
	output_format_escaped(page->out, "%-4s",
			      verdicts[finding->verdict].shown);
	colour(page, COLOUR_OFF);
	output_format_escaped(page->out, "  %-15s ", finding->name);
	put_wrapped(page, finding->text);
	if (!finding->fix[0])
		return;
	put_blanks(page, INDENT);
	output_text(page->out, finding->only_looks		? "look: " :
			       finding->verdict >= VERDICT_WARN ? "fix: " :
								  "option: ");
	colour(page, COLOUR_TITLE);
	output_format_escaped(page->out, "%s", finding->fix);
	colour(page, COLOUR_OFF);
	output_char(page->out, '\n');
}

static void put_findings(const struct page *page,
			 const struct findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++)
		put_finding(page, &findings->items[i]);
}

static void put_head(const struct page *page, const char *name)
{
	colour(page, COLOUR_STRONG);
	output_format_escaped(page->out, "%s", name);
	colour(page, COLOUR_OFF);
}

static void put_report(const struct page *page, const struct report *report)
{
	put_head(page, report->name);
	if (!report->exists)
		output_format_escaped(page->out, ": %s", report->reason);
	else
		output_format_escaped(page->out, ": %s%s, %s",
				      report->command[0] ?
					      "" :
					      "not now, see FAIL; then ",
				      check_mode_words[report->recommended],
				      report->reason);
	output_char(page->out, '\n');
	put_findings(page, &report->findings);
	if (!report->command[0])
		return;
	output_text(page->out, "  => ");
	colour(page, COLOUR_TITLE);
	output_format_escaped(page->out, "%s", report->command);
	colour(page, COLOUR_OFF);
	output_char(page->out, '\n');
}

void check_print_text(struct output *out, const struct examined_host *host,
		      const struct findings *findings,
		      const struct report *reports, uint32_t count,
		      bool has_colour)
{
	struct page page = { .out = out, .has_colour = has_colour };

	put_head(&page, "host");
	output_format_escaped(out, ": Linux %s", host->release);
	output_char(out, '\n');
	put_findings(&page, findings);
	for (uint32_t i = 0; i < count; i++)
		put_report(&page, &reports[i]);
}

/* ----------------------------------------------------------------- json -- */

/* Keys are ours and need no escapes. */
static void put_key(struct output *out, const char *before, const char *key)
{
	output_text(out, before);
	output_char(out, '"');
	output_text(out, key);
	output_text(out, "\":");
}

static void put_text(struct output *out, const char *before, const char *key,
		     const char *text)
{
	put_key(out, before, key);
	json_string(out, text);
}

static void put_checks(struct output *out, const struct findings *findings)
{
	put_key(out, ",", "checks");
	output_char(out, '[');
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		put_text(out, i ? ",{" : "{", "name", finding->name);
		put_text(out, ",", "state", verdict_word(finding->verdict));
		put_text(out, ",", "text", finding->text);
		put_text(out, ",", "fix",
			 finding->only_looks ? "" : finding->fix);
		put_text(out, ",", "look",
			 finding->only_looks ? finding->fix : "");
		output_char(out, '}');
	}
	output_char(out, ']');
}

static void put_modes(struct output *out, const struct report *report)
{
	put_key(out, ",", "modes");
	for (int i = 0; i < CHECK_MODES; i++) {
		const struct finding *obstacle = report->obstacles[i];

		put_key(out, i ? "," : "{", check_mode_words[i]);
		put_key(out, "{", "possible");
		output_text(out, obstacle ? "false" : "true");
		put_text(out, ",", "obstacle", obstacle ? obstacle->name : "");
		put_text(out, ",", "command", report->commands[i]);
		output_char(out, '}');
	}
	output_char(out, '}');
}

static void put_interface(struct output *out, const struct report *report)
{
	put_text(out, "{", "name", report->name);
	put_text(out, ",", "result", verdict_word(report->worst));
	put_key(out, ",", "recommended");
	if (report->exists)
		json_string(out, check_mode_words[report->recommended]);
	else
		output_text(out, "null");
	put_text(out, ",", "reason", report->reason);
	put_text(out, ",", "command", report->command);
	put_modes(out, report);
	put_checks(out, &report->findings);
	output_char(out, '}');
}

void check_print_json(struct output *out, const struct examined_host *host,
		      const struct findings *findings,
		      const struct report *reports, uint32_t count,
		      enum verdict worst)
{
	output_text(out, "{\"v\":1");
	put_text(out, ",", "result", verdict_word(worst));
	put_key(out, ",", "host");
	put_text(out, "{", "kernel", host->release);
	put_checks(out, findings);
	output_char(out, '}');
	put_key(out, ",", "interfaces");
	output_char(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			output_char(out, ',');
		put_interface(out, &reports[i]);
	}
	output_text(out, "]}\n");
}
