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
