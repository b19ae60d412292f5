#include "server/rooms/auth.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

#define FORBID(err, ...) matrix_err((err), 403, "M_FORBIDDEN", __VA_ARGS__)

static const char *const membership_names[] = {
	[MEMBERSHIP_LEAVE] = "leave", [MEMBERSHIP_INVITE] = "invite", [MEMBERSHIP_JOIN] = "join",
	[MEMBERSHIP_KNOCK] = "knock", [MEMBERSHIP_BAN] = "ban",
};

bool membership_parse(const char *word, enum membership *ret)
{
	for (size_t i = 0; word && i < ARRAY_LEN(membership_names); i++)
		if (strcmp(word, membership_names[i]) == 0) {
			*ret = (enum membership)i;
			return true;
		}
	return false;
}

const char *membership_name(enum membership m)
{
	return membership_names[m];
}

static int64_t sender_power(const struct auth_case *c)
{
	return power_of_user(c->power, c->sender);
}

static int may(const struct auth_case *c, enum power_action which, struct err *err)
{
	static const char *const what[] = {
		[POWER_BAN] = N_("ban or unban people"),
		[POWER_KICK] = N_("remove people"),
		[POWER_INVITE] = N_("invite people"),
	};
	int64_t need = power_for_action(c->power, which), have = sender_power(c);
	if (have >= need)
		return 0;
	return FORBID(err, _("To %s here takes power level %lld, and yours is %lld"),
		      _(what[which]), (long long)need, (long long)have);
}

static int sender_joined(const struct auth_case *c, struct err *err)
{
	return c->sender_is == MEMBERSHIP_JOIN
		       ? 0
		       : FORBID(err, _("You are not in this room, join it first"));
}

static int outranks(const struct auth_case *c, struct err *err)
{
	if (power_of_user(c->power, c->state_key) < sender_power(c))
		return 0;
	return FORBID(err, _("You cannot do this to %s, whose power level is not below yours"),
		      c->state_key);
}

static bool is_self(const struct auth_case *c)
{
	return strcmp(c->sender, c->state_key) == 0;
}

/* Rule 4.3 */
static int check_join(const struct auth_case *c, struct err *err)
{
	const char *rule = json_get_str(c->join_rules, "join_rule");
	if (!rule)
		rule = "invite";
	if (c->events == 1 && is_self(c) && strcmp(c->state_key, c->creator) == 0)
		return 0;
	if (!is_self(c))
		return FORBID(err, _("Nobody can be made to join: invite %s"), c->state_key);
	if (c->sender_is == MEMBERSHIP_BAN)
		return FORBID(err, _("You are banned from this room"));
	if (strcmp(rule, "public") == 0)
		return 0;
	bool restricted = strcmp(rule, "restricted") == 0 || strcmp(rule, "knock_restricted") == 0;
	if (restricted || strcmp(rule, "invite") == 0 || strcmp(rule, "knock") == 0) {
		if (c->sender_is == MEMBERSHIP_INVITE || c->sender_is == MEMBERSHIP_JOIN)
			return 0;
		if (restricted && c->vouched)
			return 0;
	}
	return FORBID(err, restricted ? _("You are in none of the rooms whose members may join")
				      : _("You are not invited to this room"));
}

/* Rule 4.4; invitations to third-party identifiers (4.4.1) are not made here. */
static int check_invite(const struct auth_case *c, struct err *err)
{
	if (json_object_get(c->content, "third_party_invite"))
		return FORBID(err, _("This server has no identity server: invite by user id"));
	int rc = sender_joined(c, err);
	if (rc)
		return rc;
	if (c->target_is == MEMBERSHIP_JOIN)
		return FORBID(err, _("%s is already in the room"), c->state_key);
	if (c->target_is == MEMBERSHIP_BAN)
		return FORBID(err, _("%s is banned from the room: unban first"), c->state_key);
	return may(c, POWER_INVITE, err);
}

/* Rule 4.5 */
static int check_leave(const struct auth_case *c, struct err *err)
{
	if (is_self(c)) {
		if (c->sender_is == MEMBERSHIP_INVITE || c->sender_is == MEMBERSHIP_JOIN ||
		    c->sender_is == MEMBERSHIP_KNOCK)
			return 0;
		return FORBID(err, _("You are not in this room"));
	}
	int rc = sender_joined(c, err);
	if (!rc && c->target_is == MEMBERSHIP_BAN)
		rc = may(c, POWER_BAN, err);
	if (!rc)
		rc = may(c, POWER_KICK, err);
	return rc ? rc : outranks(c, err);
}

/* Rule 4.6 */
static int check_ban(const struct auth_case *c, struct err *err)
{
	int rc = sender_joined(c, err);
	if (!rc)
		rc = may(c, POWER_BAN, err);
	return rc ? rc : outranks(c, err);
}

/* Rule 4.7 */
static int check_knock(const struct auth_case *c, struct err *err)
{
	const char *rule = json_get_str(c->join_rules, "join_rule");
	if (!rule || (strcmp(rule, "knock") != 0 && strcmp(rule, "knock_restricted") != 0))
		return FORBID(err, _("One cannot ask to join this room"));
	if (!is_self(c))
		return FORBID(err, _("Nobody can ask to join for somebody else"));
	if (c->sender_is == MEMBERSHIP_BAN)
		return FORBID(err, _("You are banned from this room"));
	if (c->sender_is == MEMBERSHIP_JOIN || c->sender_is == MEMBERSHIP_INVITE)
		return FORBID(err, _("You are in this room or invited already"));
	return 0;
}

/* Rule 4 */
static int check_member(const struct auth_case *c, struct err *err)
{
	static int (*const by_membership[])(const struct auth_case *, struct err *) = {
		[MEMBERSHIP_LEAVE] = check_leave, [MEMBERSHIP_INVITE] = check_invite,
		[MEMBERSHIP_JOIN] = check_join,	  [MEMBERSHIP_KNOCK] = check_knock,
		[MEMBERSHIP_BAN] = check_ban,
	};
	enum membership to;
	if (!membership_parse(json_get_str(c->content, "membership"), &to))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("A member event needs \"membership\": join, leave, invite, "
				    "ban or knock"));
	return by_membership[to](c, err);
}

/* Rule 9 */
static int check_levels(const struct auth_case *c, struct err *err)
{
	struct err why;
	int rc = power_check_change(c->power, c->sender, c->content, &why);
	if (rc == ERR_INVALID)
		return matrix_err(err, 400, "M_BAD_JSON", "%s", why.msg);
	return rc ? FORBID(err, "%s", why.msg) : 0;
}

/*
 * State that says who is in a call has a key that begins with "_" and the id of
 * its owner ("_@a:hs_DEVICE_m.call"). Room version 11 protects only keys that begin
 * with "@"; this server keeps these, too, to their owners, as MSC3757 wants it:
 * else anybody could end other people's calls, or say that they are in one.
 */
static bool is_foreign(const struct auth_case *c)
{
	static const char *const owned[] = {"org.matrix.msc3401.call.member", "m.call.member"};
	size_t n = strlen(c->sender);
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		if (strcmp(c->type, owned[i]) == 0 && c->state_key[0] == '_' &&
		    c->state_key[1] == '@')
			return strncmp(c->state_key + 1, c->sender, n) != 0 ||
			       (c->state_key[n + 1] != '_' && c->state_key[n + 1] != '\0');
	return false;
}

/* Rules 5 to 9 */
static int check_other(const struct auth_case *c, struct err *err)
{
	int rc = sender_joined(c, err);
	if (rc)
		return rc;
	if (c->state_key && strcmp(c->type, "m.room.third_party_invite") == 0)
		return may(c, POWER_INVITE, err);
	int64_t have = sender_power(c), need = power_for_event(c->power, c->type, c->state_key);
	if (have < need)
		return FORBID(err, _("To send %s here takes power level %lld, and yours is %lld"),
			      c->type, (long long)need, (long long)have);
	if (c->state_key && c->state_key[0] == '@' && !is_self(c))
		return FORBID(err, _("Only %s may set state under that user id"), c->state_key);
	if (c->state_key && is_foreign(c))
		return FORBID(err, _("Only its owner may set state under the key %s"),
			      c->state_key);
	if (c->state_key && strcmp(c->type, "m.room.power_levels") == 0)
		return check_levels(c, err);
	return 0;
}

int auth_check(const struct auth_case *c, struct err *err)
{
	if (c->state_key && strcmp(c->type, "m.room.create") == 0) {
		if (c->events == 0 && strcmp(c->sender, c->creator) == 0 && !*c->state_key)
			return 0;
		return FORBID(err, _("A room is created only once"));
	}
	if (c->state_key && strcmp(c->type, "m.room.member") == 0)
		return check_member(c, err);
	return check_other(c, err);
}
