/*
 * A kept report, put together with the numbers of now: texts as a brain left them, files as they are, and sums of what
 * stands behind a label in files of the kernel, in the forms of src/cli/units.ts. Nothing is said before all of it was
 * read, so a brain can still be asked.
 */
#include "lxc-ts.h"

#define MAX_TEXT (64 << 10)
#define KIB 1024ull
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

struct report {
	struct reader *from;
	struct buffer said;
	/* A file as it was last read, a line end in front, so that a label may begin with one. */
	char *text;
	const char *file;
};

static void put_decimal(struct buffer *out, uint64_t value)
{
	char digits[24];
	put_bytes(out, digits, format_number(digits, value));
}

static void put_scaled(struct buffer *out, uint64_t whole, uint64_t hundredths, const char *unit)
{
	put_decimal(out, whole);
	put_bytes(out, hundredths < 10 ? ".0" : ".", hundredths < 10 ? 2 : 1);
	put_decimal(out, hundredths);
	put_bytes(out, unit, strlen(unit));
}

/* The odd summands are LXC's own way to round. */
static void put_size(struct buffer *out, uint64_t bytes)
{
	if (bytes > GIB)
		return put_scaled(out, bytes / GIB, bytes % GIB / 10737419, " GiB");
	if (bytes > MIB)
		return put_scaled(out, (bytes + 5243) / MIB, (bytes + 5243) % MIB * 100 / MIB, " MiB");
	if (bytes > KIB)
		return put_scaled(out, (bytes + 5) / KIB, (bytes + 5) % KIB * 100 / KIB, " KiB");
	put_decimal(out, bytes);
	put_bytes(out, " bytes", 6);
}

static void put_amount(struct buffer *out, uint32_t form, uint64_t value)
{
	if (form == FORM_SIZE)
		return put_size(out, value);
	if (form == FORM_NUMBER)
		return put_decimal(out, value);
	uint64_t hundredths = (value + 5000000) / 10000000;
	put_scaled(out, hundredths / 100, hundredths % 100, " seconds");
}

/* -1 where it cannot be read whole. */
static ssize_t load(struct report *report, const char *file)
{
	if (report->file && !strcmp(report->file, file))
		return strlen(report->text + 1);
	ssize_t n = read_file(file, report->text + 1, MAX_TEXT - 1);
	report->file = n < 0 ? NULL : file;
	return n == MAX_TEXT - 2 ? -1 : n;
}

static bool add_numbers(struct report *report, const char *label, uint64_t *sum)
{
	bool found = false;
	size_t len = strlen(label);
	for (const char *at = report->text; len > 0 && (at = strstr(at, label));) {
		at += len;
		if (*at < '0' || *at > '9')
			continue;
		*sum += parse_number(&at);
		found = true;
	}
	return found;
}

static bool render_amount(struct report *report)
{
	uint64_t sum = 0;
	uint32_t len, form = get_u32(report->from), scale = get_u32(report->from);
	bool known = get_u32(report->from);
	for (uint32_t sources = get_u32(report->from); sources > 0 && !report->from->bad; sources--) {
		const char *file = get_blob(report->from, &len);
		const char *label = get_blob(report->from, &len);
		if (report->from->bad || load(report, file) < 0)
			return false;
		known |= add_numbers(report, label, &sum);
	}
	if (known)
		put_amount(&report->said, form, sum * scale);
	return known;
}

static bool render_part(struct report *report)
{
	uint32_t len, kind = get_u32(report->from);
	if (kind == PART_AMOUNT)
		return render_amount(report);
	const char *text = get_blob(report->from, &len);
	if (report->from->bad)
		return false;
	if (kind == PART_TEXT) {
		put_bytes(&report->said, text, len);
		return true;
	}
	ssize_t n = load(report, text);
	if (n >= 0)
		put_bytes(&report->said, report->text + 1, n);
	return n >= 0;
}

bool report_render(struct reader *from, struct frame *out)
{
	struct report report = { .from = from, .text = map_pages(MAX_TEXT) };
	bool good = report.text;
	if (good)
		report.text[0] = '\n';
	for (uint32_t parts = get_u32(from); good && parts > 0; parts--)
		good = render_part(&report) && !from->bad;
	const size_t len = report.said.len;
	if (good)
		*out = (struct frame){ .type = FRAME_OUT, .len = len, .mapped = len + 1, .data = map_pages(len + 1) };
	if (good && out->data)
		memcpy(out->data, report.said.at, len);
	buffer_free(&report.said);
	if (report.text)
		unmap_pages(report.text, MAX_TEXT);
	return good && out->data;
}
