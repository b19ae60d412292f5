#include "cli/verbs.h"

/* Every verb: VERB(variable). The order is that of help and of the manual. */
#define VERBS(VERB)               \
	VERB(login)               \
	VERB(register)            \
	VERB(logout)              \
	VERB(whoami)              \
	VERB(account_list)        \
	VERB(account_use)         \
	VERB(account_remove)      \
	VERB(room_list)           \
	VERB(room_create)         \
	VERB(room_join)           \
	VERB(room_leave)          \
	VERB(room_archive)        \
	VERB(room_invite)         \
	VERB(room_kick)           \
	VERB(room_ban)            \
	VERB(room_unban)          \
	VERB(room_members)        \
	VERB(room_role)           \
	VERB(room_show)           \
	VERB(room_set)            \
	VERB(room_export)         \
	VERB(serve)               \
	VERB(version)             \
	VERB(completion)          \
	VERB(schema)              \
	VERB(help)                

#define DECLARE(name) extern const struct command verb_##name;
VERBS(DECLARE)
#undef DECLARE

#define POINT(name) &verb_##name,
static const struct command *const commands[] = {VERBS(POINT) NULL};
#undef POINT

const struct command_set cli_set = {commands, cli_globals};
