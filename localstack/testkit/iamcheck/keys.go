package iamcheck

import (
	"strings"

	"ticketsystem/localstack/emulator/awsproxy"
)

// openIndexes have partition keys without a prefix, such as a status or a user id, so a
// policy cannot name them. These are of tickets; users have keys with a prefix.
var openIndexes = []string{"status-waiting", "assignee-waiting", "category-waiting"}

func hasOpenKeys(resource string) bool {
	for _, index := range openIndexes {
		if strings.HasSuffix(resource, "/index/"+index) {
			return true
		}
	}
	return false
}

// SessionUse are the attributes of a cookie's session that record its last use. Functions that
// write nothing else to a user get no other attribute of users.
const SessionUse = "PK SK ttl used"

// grantFor returns the grant that a function needs for a recorded call.
func grantFor(function string, p awsproxy.Permission) Grant {
	g := Grant{Function: function, Action: p.Action, Resource: p.Resource, Key: p.LeadingKey}
	if use := (Grant{Attributes: SessionUse}); p.Action == "dynamodb:UpdateItem" && p.LeadingKey == "U#*" && use.allowsUpdate(p) {
		g.Attributes = SessionUse
	}
	return g
}

// keyPattern returns the pattern that a policy has for the leading key of a call: the
// prefix of the kind of item (T#*), or the whole key of a partition without ids (CONFIG).
// The kinds of search postings have prefixes of their own (K#s#*).
func keyPattern(permission awsproxy.Permission) string {
	key := permission.LeadingKey
	kind, rest, hasID := strings.Cut(key, "#")
	if !strings.HasPrefix(permission.Action, "dynamodb:") || hasOpenKeys(permission.Resource) && !hasID {
		return ""
	}
	if !hasID {
		return key
	}
	if kind == "K" {
		scope, _, _ := strings.Cut(rest, "#")
		return "K#" + scope + "#*"
	}
	return kind + "#*"
}
