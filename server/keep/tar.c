#include "server/keep/tar.h"

#include <stdio.h>
#include <string.h>

struct head {
	char name[TAR_NAME_SIZE], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], kind;
	char link[100], magic[6], version[2], user[32], group[32], dev[16], prefix[155], rest[12];
};
_Static_assert(sizeof(struct head) == TAR_BLOCK, "a head is one block");

#define OCTAL_MAX ((int64_t)1 << 33) /* eleven digits */

/* The sum counts its own field as spaces. */
static unsigned sum_of(const char block[TAR_BLOCK])
{
	unsigned sum = 0;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool own = i >= offsetof(struct head, sum) && i < offsetof(struct head, kind);
		sum += own ? ' ' : (unsigned char)block[i];
	}
	return sum;
}

static void put_size(char field[12], int64_t size)
{
	if (size < OCTAL_MAX) {
		char digits[24];
		snprintf(digits, sizeof(digits), "%011llo", (unsigned long long)size);
		memcpy(field, digits, 12);
		return;
	}
	memset(field, 0, 12);
	field[0] = (char)0x80;
	for (int i = 11; i > 3; i--, size >>= 8)
		field[i] = (char)(size & 0xff);
}

void tar_head_put(char ret[TAR_BLOCK], const char *name, int64_t size, int64_t mtime_s)
{
	struct head h = {.mode = "0000600",
			 .uid = "0000000",
			 .gid = "0000000",
			 .kind = '0',
			 .magic = "ustar",
			 .version = {'0', '0'}};
	memcpy(h.name, name, strlen(name));
	put_size(h.size, size);
	put_size(h.mtime, mtime_s);
	memcpy(ret, &h, TAR_BLOCK);
	snprintf(h.sum, sizeof(h.sum), "%06o", sum_of(ret));
	h.sum[7] = ' ';
	memcpy(ret, &h, TAR_BLOCK);
}

/* Digits, then a NUL or spaces. */
static bool octal(const char *field, size_t n, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0, digits = 0;
	while (i < n && field[i] == ' ')
		i++;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++, digits++)
		v = v * 8 + (field[i] - '0');
	*ret = v;
	return digits > 0 && (i == n || field[i] == ' ' || field[i] == '\0');
}

static bool get_size(const char field[12], int64_t *ret)
{
	if ((unsigned char)field[0] != 0x80)
		return octal(field, 12, ret);
	uint64_t v = 0;
	for (int i = 1; i < 12; i++) {
		if (v >> 55)
			return false;
		v = v << 8 | (unsigned char)field[i];
	}
	*ret = (int64_t)v;
	return true;
}

static bool is_empty(const char block[TAR_BLOCK])
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

enum tar_head tar_head_read(const char block[TAR_BLOCK], char ret_name[TAR_NAME_SIZE],
			    int64_t *ret_size)
{
	struct head h;
	int64_t sum;
	memcpy(&h, block, TAR_BLOCK);
	if (is_empty(block))
		return TAR_END;
	if (memcmp(h.magic, "ustar", 5) != 0 || !octal(h.sum, 8, &sum) || sum != sum_of(block) ||
	    !memchr(h.name, '\0', sizeof(h.name)) || h.prefix[0] || !get_size(h.size, ret_size))
		return TAR_BAD;
	memcpy(ret_name, h.name, TAR_NAME_SIZE);
	if (h.kind == '5' && *ret_size == 0)
		return TAR_FOLDER;
	return h.kind == '0' || h.kind == '\0' ? TAR_FILE : TAR_BAD;
}

size_t tar_padding(int64_t size)
{
	return (size_t)(-(uint64_t)size & (TAR_BLOCK - 1));
}
