/*
 * Sanitizers make arithmetic several times slower. What is only more of the same (random
 * histories, minutes on a clock of the test's own) is done in full by the plain build alone.
 */
#ifndef MUSTER_TESTS_PACE_H
#define MUSTER_TESTS_PACE_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PACE_SANITIZED 1
#else
#define PACE_SANITIZED 0
#endif

/** So many, or a fifth of them. */
#define PACE(n) (PACE_SANITIZED ? (n) / 5 : (n))

#endif
