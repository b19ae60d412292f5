#include "server/routes/route.h"

/* One line per file of routes. */
extern const struct route discovery_routes[];
extern const struct route login_routes[];
extern const struct route register_routes[];
extern const struct route join_api_routes[];
extern const struct route admin_routes[];
extern const struct route profile_routes[];
extern const struct route devices_routes[];
extern const struct route account_routes[];
extern const struct route create_routes[];
extern const struct route membership_routes[];
extern const struct route send_routes[];
extern const struct route state_put_routes[];
extern const struct route delayed_routes[];
extern const struct route rtc_transports_routes[];
extern const struct route rtc_token_routes[];
extern const struct route rtc_signal_routes[];
extern const struct route rtc_rooms_routes[];
extern const struct route live_routes[];
extern const struct route live_token_routes[];
extern const struct route redact_routes[];
extern const struct route hierarchy_routes[];
extern const struct route public_rooms_routes[];
extern const struct route directory_routes[];
extern const struct route sync_routes[];
extern const struct route filter_routes[];
extern const struct route messages_routes[];
extern const struct route upload_routes[];
extern const struct route download_routes[];
extern const struct route context_routes[];
extern const struct route members_routes[];
extern const struct route state_get_routes[];
extern const struct route event_routes[];
extern const struct route relations_routes[];
extern const struct route receipts_routes[];
extern const struct route typing_routes[];
extern const struct route account_data_routes[];
extern const struct route pushrules_routes[];
extern const struct route presence_routes[];
extern const struct route search_routes[];
extern const struct route page_routes[];
extern const struct route keys_routes[];
extern const struct route keys_signing_routes[];
extern const struct route to_device_routes[];
extern const struct route room_keys_routes[];
extern const struct route room_keys_get_routes[];
extern const struct route upgrade_routes[];
extern const struct route notifications_routes[];
extern const struct route mutual_rooms_routes[];
extern const struct route report_routes[];
extern const struct route moderation_routes[];
extern const struct route absent_routes[];

/* One line each, so that changes do not meet. */
/* clang-format off */
const struct route *const route_groups[] = {
	discovery_routes,
	login_routes,
	register_routes,
	join_api_routes,
	admin_routes,
	profile_routes,
	devices_routes,
	account_routes,
	create_routes,
	membership_routes,
	send_routes,
	state_put_routes,
	delayed_routes,
	rtc_transports_routes,
	rtc_token_routes,
	rtc_signal_routes,
	rtc_rooms_routes,
	live_routes,
	live_token_routes,
	redact_routes,
	hierarchy_routes,
	public_rooms_routes,
	directory_routes,
	sync_routes,
	filter_routes,
	messages_routes,
	upload_routes,
	download_routes,
	context_routes,
	members_routes,
	state_get_routes,
	event_routes,
	relations_routes,
	receipts_routes,
	typing_routes,
	account_data_routes,
	pushrules_routes,
	presence_routes,
	search_routes,
	page_routes,
	keys_routes,
	keys_signing_routes,
	to_device_routes,
	room_keys_routes,
	room_keys_get_routes,
	upgrade_routes,
	notifications_routes,
	mutual_rooms_routes,
	report_routes,
	moderation_routes,
	absent_routes,
	NULL,
};
/* clang-format on */
