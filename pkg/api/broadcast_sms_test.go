package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/broadcast"
)

// TestCreateBroadcast_SMSLength checks that a text of more than six segments is refused for the
// channel sms, at the body of its language.
func TestCreateBroadcast_SMSLength(t *testing.T) {
	persian, english := strings.Repeat("س", 400), strings.Repeat("a", 915)
	for name, c := range map[string]struct {
		texts, channel string
		want           []string
	}{
		"six segments":            {`"title":"T","body":"` + persian + `"`, "sms", nil},
		"seven segments":          {`"title":"T","body":"` + persian + `س"`, "sms", []string{"/body sms_too_long"}},
		"seven, by e-mail":        {`"title":"T","body":"` + persian + `س"`, "email", nil},
		"six of GSM":              {`"title":"T","body":"` + english + `a"`, "sms", nil},
		"seven of GSM":            {`"title":"TT","body":"` + english + `aa"`, "sms", []string{"/body sms_too_long"}},
		"a title in Persian":      {`"title":"س","body":"` + english + `"`, "sms", []string{"/body sms_too_long"}},
		"seven in one language":   {`"title":"T","body":"B","bodies":{"fa":"` + persian + `سس"}`, "sms", []string{"/bodies/fa sms_too_long"}},
		"null in one language":    {`"title":"T","titles":{"fa":null},"body":"B","bodies":{"fa":null}`, "sms", nil},
		"a title in one language": {`"title":"T","titles":{"fa":"سلام"},"body":"` + english + `"`, "sms", []string{"/body sms_too_long"}},
	} {
		fx := newFixture(t)
		body := fmt.Sprintf(`{%s,"audience":{"userIds":[%q]},"channels":[%q],"dryRun":true}`, c.texts, otherID, c.channel)
		got := fx.send(t, api.CreateBroadcast(&broadcast.Service{Users: fx.Store}), mina, newRequest(http.MethodPost, "/broadcasts", body).with("content-type", "application/json"))
		if want := map[bool]int{true: 200, false: 422}[c.want == nil]; got.status != want || !slices.Equal(got.fieldErrors(), c.want) {
			t.Errorf("%s: got %d %v, want %d %v", name, got.status, got.fieldErrors(), want, c.want)
		}
	}
}

// TestCreateBroadcast_Audience checks that exactly one kind of audience is accepted.
func TestCreateBroadcast_Audience(t *testing.T) {
	for audience, want := range map[string][]string{
		`{"all":true}`: nil, `{"all":true,"roles":[]}`: nil, `{}`: {"/audience required"}, `{"all":false}`: {"/audience required"},
		`{"all":true,"roles":["user"]}`: {"/audience not_together"}, `{"userIds":["` + otherID + `"],"roles":["user"]}`: {"/audience not_together"},
	} {
		fx := newFixture(t)
		body := `{"title":"T","body":"B","audience":` + audience + `,"channels":["app"],"dryRun":true}`
		got := fx.send(t, api.CreateBroadcast(&broadcast.Service{Users: fx.Store}), mina, newRequest(http.MethodPost, "/broadcasts", body))
		if !slices.Equal(got.fieldErrors(), want) || want != nil && !strings.Contains(got.text, "Exactly one of userIds, roles, all.") {
			t.Errorf("%s: got %d %s, want %v", audience, got.status, got.text, want)
		}
	}
}
