#include "server/routes/route.h"

/* One line per file of routes. */
extern const struct route discovery_routes[];
extern const struct route login_routes[];
extern const struct route register_routes[];
extern const struct route create_routes[];
extern const struct route membership_routes[];
extern const struct route send_routes[];
extern const struct route state_put_routes[];
extern const struct route redact_routes[];
extern const struct route public_rooms_routes[];
extern const struct route directory_routes[];
extern const struct route sync_routes[];
extern const struct route filter_routes[];
extern const struct route messages_routes[];

const struct route *const route_groups[] = {
	discovery_routes,
	login_routes,
	register_routes,
	create_routes,
	membership_routes,
	send_routes,
	state_put_routes,
	redact_routes,
	public_rooms_routes,
	directory_routes,
	sync_routes,
	filter_routes,
	messages_routes,
	NULL,
};
