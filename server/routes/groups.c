#include "server/routes/route.h"

/* One line per file of routes. */
extern const struct route discovery_routes[];

const struct route *const route_groups[] = {
	discovery_routes,
	NULL,
};
