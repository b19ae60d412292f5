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
	VERB(account_password)    \
	VERB(account_deactivate)  \
	VERB(device_list)         \
	VERB(device_rename)       \
	VERB(device_remove)       \
	VERB(profile_show)        \
	VERB(profile_set)         \
	VERB(presence_show)       \
	VERB(presence_set)        \
	VERB(send)                \
	VERB(read)                \
	VERB(react)               \
	VERB(edit)                \
	VERB(delete)              \
	VERB(receipts)            \
	VERB(mark)                \
	VERB(typing)              \
	VERB(thread_list)         \
	VERB(poll_create)         \
	VERB(poll_vote)           \
	VERB(poll_show)           \
	VERB(poll_close)          \
	VERB(search)              \
	VERB(file_get)            \
	VERB(queue_list)          \
	VERB(queue_run)           \
	VERB(queue_retry)         \
	VERB(queue_drop)          \
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
	VERB(room_directory)      \
	VERB(room_knock)          \
	VERB(room_knocks)         \
	VERB(room_tag)            \
	VERB(room_notify)         \
	VERB(room_pin)            \
	VERB(room_unpin)          \
	VERB(room_pins)           \
	VERB(room_upgrade)        \
	VERB(space_create)        \
	VERB(space_list)          \
	VERB(space_show)          \
	VERB(space_add)           \
	VERB(space_remove)        \
	VERB(people_search)       \
	VERB(report)              \
	VERB(class_create)        \
	VERB(class_list)          \
	VERB(class_show)          \
	VERB(class_add)           \
	VERB(class_slips)         \
	VERB(class_close)         \
	VERB(call_join)           \
	VERB(call_answer)         \
	VERB(call_decline)        \
	VERB(call_status)         \
	VERB(call_people)         \
	VERB(call_mute)           \
	VERB(call_unmute)         \
	VERB(call_hand)           \
	VERB(call_leave)          \
	VERB(serve)               \
	VERB(admin_user_add)      \
	VERB(admin_user_import)   \
	VERB(admin_user_list)     \
	VERB(admin_user_password) \
	VERB(admin_user_lock)     \
	VERB(admin_user_unlock)   \
	VERB(admin_user_suspend)  \
	VERB(admin_user_resume)   \
	VERB(admin_user_role)     \
	VERB(admin_user_remove)   \
	VERB(admin_invite)        \
	VERB(admin_reports)       \
	VERB(admin_status)        \
	VERB(admin_backup)        \
	VERB(admin_restore)       \
	VERB(admin_export)        \
	VERB(admin_check)         \
	VERB(config_list)         \
	VERB(config_get)          \
	VERB(config_set)          \
	VERB(audio_devices)       \
	VERB(audio_test)          \
	VERB(audio_echo)          \
	VERB(doctor)              \
	VERB(version)             \
	VERB(completion)          \
	VERB(schema)              \
	VERB(help)                \
	VERB(complete)            \
	VERB(docs)

#define DECLARE(name) extern const struct command verb_##name;
VERBS(DECLARE)
#undef DECLARE

#define POINT(name) &verb_##name,
static const struct command *const commands[] = {VERBS(POINT) NULL};
#undef POINT

const struct command_set cli_set = {commands, cli_globals};
