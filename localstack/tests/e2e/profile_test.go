package e2e

import (
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// provinces returns the public list.
func provinces(t *testing.T) []client.Province {
	t.Helper()
	var page struct{ Data []client.Province }
	wantStatus(t, anonymous(t, "GET", "/provinces", nil), 200, &page)
	if len(page.Data) < 2 {
		t.Fatalf("GET /provinces: got %d, want at least two", len(page.Data))
	}
	return page.Data
}

func TestProvinces(t *testing.T) {
	t.Parallel()
	for _, province := range provinces(t) {
		if province.ID == "" || province.Name == "" || province.NameFa == "" || len(province.Cities) == 0 {
			t.Errorf("GET /provinces: got %+v, want id, both names and cities", province)
		}
		for _, city := range province.Cities {
			if city.ID == "" || city.Name == "" || city.NameFa == "" {
				t.Errorf("GET /provinces: %s: got city %+v, want id and both names", province.Name, city)
			}
		}
	}
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	me := customer(t)
	province := provinces(t)[0]
	city := province.Cities[0]
	var changed, read client.UserProfile
	me.mustCall(200, "PATCH", "/profile", object{
		"name": "سارا احمدی", "email": "sara@example.com", "province": province.ID, "city": city.ID,
		"locale": "fa", "notifications": object{"email": false, "sms": true},
	}, &changed)
	me.get("/profile", &read)
	var refreshed struct{ User client.UserProfile }
	wantStatus(t, refresh(t, me.Tokens().RefreshToken), 200, &refreshed)
	equal(t, "name and language after a refresh at once", refreshed.User.Name+" "+refreshed.User.Locale, "سارا احمدی fa")
	for endpoint, user := range map[string]client.UserProfile{"PATCH": changed, "GET": read} {
		equal(t, endpoint+" id", user.ID, me.Profile.ID)
		equal(t, endpoint+" name", user.Name, "سارا احمدی")
		equal(t, endpoint+" email", user.Email, "sara@example.com")
		equal(t, endpoint+" emailVerified", user.EmailVerified, false)
		equal(t, endpoint+" locale", user.Locale, "fa")
		equal(t, endpoint+" notifications", user.Notifications, client.NotificationPreferences{SMS: true, Push: true})
		equal(t, endpoint+" role", user.Role, "user")
		if user.Province == nil || user.Province.ID != province.ID || user.Province.Name == "" {
			t.Errorf("%s province: got %+v, want %s with its name", endpoint, user.Province, province.ID)
		}
		if user.City == nil || user.City.ID != city.ID || user.City.Name == "" {
			t.Errorf("%s city: got %+v, want %s with its name", endpoint, user.City, city.ID)
		}
	}
	me.mustCall(200, "PATCH", "/profile", object{"name": "Sara"}, &changed)
	equal(t, "name after changing only the name", changed.Name, "Sara")
	me.mustCall(200, "PATCH", "/profile", object{"name": "\u202e\x00Sa\u200bra\n\x1bمی\u200cلاد"}, &changed)
	equal(t, "cleaned name", changed.Name, "Sara می\u200cلاد")
	equal(t, "email after a change of the name", changed.Email, "sara@example.com")
}

func TestUpdateProfile_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	all := provinces(t)
	for name, c := range map[string]struct {
		body  object
		field string
	}{
		"role":                     {object{"role": "admin"}, "role"},
		"phone":                    {object{"phone": client.RandomPhone()}, "phone"},
		"name type":                {object{"name": 5}, "name"},
		"name of a role":           {object{"name": "Ｓúpport team"}, "name"},
		"Persian name of a role":   {object{"name": "پشتيبانی"}, "name"},
		"invisible name":           {object{"name": "\u200b\u3164"}, "name"},
		"email form":               {object{"email": "not an address"}, "email"},
		"unknown locale":           {object{"locale": "xx-klingon"}, "locale"},
		"unknown province":         {object{"province": "atlantis"}, "province"},
		"city of another province": {object{"province": all[0].ID, "city": all[1].Cities[0].ID}, "city"},
		"notifications":            {object{"notifications": "none"}, "notifications"},
		"unknown channel":          {object{"notifications": object{"pigeon": true}}, "notifications"},
		"other spelling":           {object{"notifications": object{"sms": true, "ſms": false}}, "notifications"},
	} {
		response := me.call("PATCH", "/profile", c.body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, response)
			continue
		}
		if problem := wantProblem(t, response, 400, 422); !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	var read client.UserProfile
	me.get("/profile", &read)
	equal(t, "role after rejected changes", read.Role, "user")
	equal(t, "phone after rejected changes", read.Phone, me.Profile.Phone)
}

func TestSeededUsers(t *testing.T) {
	t.Parallel()
	for phone, role := range map[string]string{adminPhone: "admin", supportPhone: "support", support2Phone: "support"} {
		var profile client.UserProfile
		staff(t, phone).get("/profile", &profile)
		equal(t, phone+" role", profile.Role, role)
		equal(t, phone+" phone", profile.Phone, phone)
	}
}
