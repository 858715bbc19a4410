package dynamo

import (
	"strings"

	"ticketsystem/pkg/audit"
)

func auditKey(recordID string) key { return key{auditPK, recordID} }

// auditIndexKeys index an audit record by action (u), actor (uc) and target (qc). The range keys
// contain everything that the filters compare.
type auditIndexKeys struct {
	U  string `dynamodbav:"u"`
	A  string `dynamodbav:"a"`
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc"`
	N  string `dynamodbav:"n"`
}

func indexKeysOfAudit(r audit.Record) auditIndexKeys {
	n := strings.Join([]string{r.ID, r.Action, r.Actor.ID, r.Target}, "#")
	k := auditIndexKeys{U: auditIndexPK(r.Action), A: n, QC: auditIndexPK(r.Target), N: n}
	if r.Actor.ID != "" {
		k.UC = auditIndexPK(r.Actor.ID)
	}
	return k
}

// auditIndexPK is the partition of an actor, action or target in its index.
func auditIndexPK(value string) string { return auditPK + "#" + value }

// auditRecordOf parses a range key of indexKeysOfAudit.
func auditRecordOf(sortKey string) audit.Record {
	parts := append(strings.SplitN(sortKey, "#", 4), "", "", "")
	return audit.Record{ID: parts[0], Action: parts[1], Actor: audit.Actor{ID: parts[2]}, Target: parts[3]}
}
