package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

type auditRecord struct {
	At, Address, Action, Target string
	Actor                       struct{ ID, Name string }
	Before, After               map[string]any
}

// TestAuditLog_Filters checks each filter of the audit log, and what it rejects.
func TestAuditLog_Filters(t *testing.T) {
	t.Parallel()
	admin, other := newStaff(t, "admin"), newStaff(t, "admin")
	var u adminUserView
	admin.mustCall(201, "POST", "/users", object{"phone": client.RandomPhone(), "name": "Reza"}, &u)
	admin.updateUser(u.ID, object{"name": "Reza Karimi"})
	other.updateUser(u.ID, object{"name": "Reza Karimi Rad"})
	created, updatedBy, updatedByOther := "user.created "+admin.Profile.ID, "user.changed "+admin.Profile.ID, "user.changed "+other.Profile.ID
	target := "&target=" + u.ID
	for query, want := range map[string][]string{
		"target=" + strings.ToLower(u.ID):           {updatedByOther, updatedBy, created},
		"actor=" + admin.Profile.ID:                 {updatedBy, created},
		"action=user.changed" + target:              {updatedByOther, updatedBy},
		"actor=" + other.Profile.ID + target:        {updatedByOther},
		"action=user.removed" + target:              nil,
		"from=2020-01-01&to=2021-12-31" + target:    nil,
		"from=2026-01-01T00:00:00%2B03:30" + target: {updatedByOther, updatedBy, created},
	} {
		t.Run(query, func(t *testing.T) {
			eventually(t, "the records of the filter", func() error {
				var page client.List[auditRecord]
				admin.get("/admin/audit?limit=100&"+query, &page)
				var got []string
				for _, record := range page.Data {
					got = append(got, record.Action+" "+record.Actor.ID)
				}
				if toJSON(got) != toJSON(want) {
					return fmt.Errorf("got %v, want %v", got, want)
				}
				return nil
			})
		})
	}
	var page client.List[auditRecord]
	admin.get("/admin/audit?limit=1"+target, &page)
	at := page.Data[0].At
	admin.get("/admin/audit?from="+at+"&to="+at+target, &page)
	equal(t, "at that time", page.Data[0].At, at)
	eventually(t, "the records of an action at that time", func() error {
		admin.get("/admin/audit?action=user.changed&from="+at+"&to="+at, &page)
		if !slices.ContainsFunc(page.Data, func(r auditRecord) bool { return r.Target == u.ID }) {
			return fmt.Errorf("got %+v, want that of %s", page.Data, u.ID)
		}
		return nil
	})
	for query, field := range map[string]string{
		"actor=x": "?actor", "action=user": "?action", "target=": "?target", "from=yesterday": "?from", "to=2026-13-01": "?to",
		"from=2026-02-01&to=2026-01-01": "?to", "timezone=Mars": "?timezone", "target=" + strings.Repeat("x", 401): "?target",
	} {
		problem := wantProblem(t, admin.call("GET", "/admin/audit?"+query, nil), 400)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != field {
			t.Errorf("%s: got %+v, want %s", query, problem.Errors, field)
		}
	}
}

// TestAuditLog checks that each change is in the audit log once and in order, without
// secrets.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	admin, me := newStaff(t, "admin"), customer(t)
	ticket := me.openTicket(nil)
	var u adminUserView
	admin.mustCall(201, "POST", "/users", object{"phone": client.RandomPhone(), "name": "Reza"}, &u)
	taken := admin.call("POST", "/users", object{"phone": u.Phone})
	problem := wantProblem(t, taken, 409)
	equal(t, "phone taken: code", problem.Code, "phone_taken")
	equal(t, "phone taken: field", problem.Errors[0].Pointer, "/phone")
	taken = admin.call("PATCH", "/users/"+u.ID, object{"phone": me.Profile.Phone})
	equal(t, "another user's phone: code", wantProblem(t, taken, 409).Code, "phone_taken")
	admin.updateUser(u.ID, object{"name": "Reza Karimi", "role": "support", "password": anotherPassword})
	// The records are read before the user is deleted, which removes the names from them.
	changed := admin.auditRecords(2)[0]
	equal(t, "before", toJSON(changed.Before), `{"name":"Reza","role":"user"}`)
	equal(t, "after", toJSON(changed.After), `{"name":"Reza Karimi","password":"changed","role":"support"}`)
	admin.mustCall(204, "DELETE", "/tickets/"+ticket.ID, nil, nil)
	admin.mustCall(204, "DELETE", "/users/"+u.ID, nil, nil)

	var actions []string
	for _, record := range admin.auditRecords(4) {
		actions = append(actions, record.Action+" "+record.Target)
	}
	equal(t, "audit records", toJSON(actions), toJSON([]string{
		"user.removed " + u.ID, "ticket.removed " + ticket.ID, "user.changed " + u.ID, "user.created " + u.ID,
	}))
}

// auditRecords returns the administrator's newest audit records, at least count of them,
// and checks that they have no secrets.
func (u testUser) auditRecords(count int) []auditRecord {
	u.t.Helper()
	var records []auditRecord
	for path := "/admin/audit?limit=3"; path != "" && len(records) < count; {
		var page client.List[auditRecord]
		response := u.get(path, &page)
		if strings.Contains(string(response.Body), anotherPassword) || strings.Contains(string(response.Body), "argon") {
			u.t.Fatalf("the audit log holds a secret: %s", response)
		}
		for _, record := range page.Data {
			if record.Actor.ID != u.Profile.ID {
				continue
			}
			records = append(records, record)
			if record.At == "" || record.Address == "" || record.Actor.Name != u.Profile.Name {
				u.t.Errorf("got %+v, want time, actor and IP address", record)
			}
		}
		path = ""
		if page.Page.HasMore {
			path = "/admin/audit?limit=3&cursor=" + page.Page.Next
		}
	}
	if len(records) < count {
		u.t.Fatalf("got %d audit records, want %d", len(records), count)
	}
	return records
}
