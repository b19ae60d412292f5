/* Big-endian integers in memory. */
#ifndef MUSTER_RTC_BYTES_H
#define MUSTER_RTC_BYTES_H

#include <stdint.h>

static inline uint16_t get16(const void *p)
{
	const uint8_t *u = p;
	return (uint16_t)(u[0] << 8 | u[1]);
}

static inline uint32_t get32(const void *p)
{
	const uint8_t *u = p;
	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static inline uint64_t get64(const void *p)
{
	return (uint64_t)get32(p) << 32 | get32((const uint8_t *)p + 4);
}

static inline void put16(void *p, uint16_t v)
{
	uint8_t *u = p;
	u[0] = (uint8_t)(v >> 8);
	u[1] = (uint8_t)v;
}

static inline void put32(void *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16((uint8_t *)p + 2, (uint16_t)v);
}

static inline void put64(void *p, uint64_t v)
{
	put32(p, (uint32_t)(v >> 32));
	put32((uint8_t *)p + 4, (uint32_t)v);
}

#endif
