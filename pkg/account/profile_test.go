package account_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

func ptr[T any](v T) *T { return &v }

func TestUpdateProfile_Region(t *testing.T) {
	for _, c := range []struct {
		name  string
		had   [2]string
		patch account.ProfileUpdate
		want  [2]string
		wrong string
	}{
		{"province and city", [2]string{}, account.ProfileUpdate{Province: ptr("tehran"), City: ptr("tehran")}, [2]string{"tehran", "tehran"}, ""},
		{"city of the stored province", [2]string{"tehran", ""}, account.ProfileUpdate{City: ptr("tehran")}, [2]string{"tehran", "tehran"}, ""},
		{"new province clears the city", [2]string{"tehran", "tehran"}, account.ProfileUpdate{Province: ptr("fars")}, [2]string{"fars", ""}, ""},
		{"the same province keeps the city", [2]string{"tehran", "tehran"}, account.ProfileUpdate{Province: ptr("tehran")}, [2]string{"tehran", "tehran"}, ""},
		{"no province", [2]string{"tehran", "tehran"}, account.ProfileUpdate{Province: ptr("")}, [2]string{"", ""}, ""},
		{"no city", [2]string{"tehran", "tehran"}, account.ProfileUpdate{City: ptr("")}, [2]string{"tehran", ""}, ""},
		{"city of another province", [2]string{"tehran", ""}, account.ProfileUpdate{City: ptr("shiraz")}, [2]string{}, "/city"},
		{"city without a province", [2]string{}, account.ProfileUpdate{City: ptr("tehran")}, [2]string{}, "/city"},
		{"unknown province", [2]string{}, account.ProfileUpdate{Province: ptr("atlantis")}, [2]string{}, "/province"},
	} {
		f := newFixture(t)
		f.putUser(user.User{ID: "sara", Province: c.had[0], City: c.had[1]})
		got, err := f.profiles.UpdateProfile(context.Background(), user.Principal{UserID: "sara"}, c.patch)
		if c.wrong != "" {
			if failure := apperr.From(err); err == nil || failure.Code != apperr.InvalidBody || failure.Fields[0].Pointer != c.wrong {
				t.Errorf("%s: got %v, want %s", c.name, err, c.wrong)
			}
			continue
		}
		if err != nil || [2]string{got.Province, got.City} != c.want {
			t.Errorf("%s: got %s, %s, %v, want %v", c.name, got.Province, got.City, err, c.want)
		}
	}
}

func TestUpdateProfile_Picture(t *testing.T) {
	image := attachment.Attachment{ID: "mine", Owner: "sara", State: attachment.Ready, Type: "image/png"}
	for name, c := range map[string]struct {
		change func(a *attachment.Attachment)
		ok     bool
	}{
		"own image":             {func(*attachment.Attachment) {}, true},
		"image of another user": {func(a *attachment.Attachment) { a.Owner = "reza" }, false},
		"pending upload":        {func(a *attachment.Attachment) { a.State = attachment.Pending }, true},
		"expired upload":        {func(a *attachment.Attachment) { a.State, a.CreatedAt = attachment.Pending, time.Unix(1, 0) }, false},
		"refused":               {func(a *attachment.Attachment) { a.State = attachment.Refused }, false},
		"not shown by browsers": {func(a *attachment.Attachment) { a.Type = "image/heic" }, false},
		"not an image":          {func(a *attachment.Attachment) { a.Type = "application/pdf" }, false},
		"unknown":               {func(a *attachment.Attachment) { a.ID = "other" }, false},
		"file of a message":     {func(a *attachment.Attachment) { a.TicketID = "t" }, false},
	} {
		f := newFixture(t)
		f.putUser(user.User{ID: "sara"})
		a := image
		c.change(&a)
		must(f.AddAttachment(context.Background(), a))
		got, err := f.profiles.UpdateProfile(context.Background(), user.Principal{UserID: "sara"}, account.ProfileUpdate{PictureID: ptr("mine")})
		// The stream retains a picture in use; until then it expires, in case the change fails.
		expiry, prolonged := f.AttachmentExpiry(a.ID), f.now.Add(attachment.UnusedTTL)
		if c.ok && (err != nil || got.PictureID != "mine" || !expiry.Equal(prolonged)) || !c.ok && (!apperr.Is(err, apperr.InvalidBody) || expiry.Equal(prolonged)) {
			t.Errorf("%s: got %+v, %v, expiry %v", name, got, err, expiry)
		}
	}
	f := newFixture(t)
	f.putUser(user.User{ID: "sara", PictureID: "mine"})
	if got, err := f.profiles.UpdateProfile(context.Background(), user.Principal{UserID: "sara"}, account.ProfileUpdate{PictureID: ptr("")}); err != nil || got.PictureID != "" {
		t.Errorf("removed: got %+v, %v", got, err)
	}
	if _, err := f.profiles.UpdateProfile(context.Background(), user.Principal{UserID: "sara"}, account.ProfileUpdate{PictureID: ptr("broken")}); err == nil || apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("store error: got %v", err)
	}
}

// TestUpdateProfile_Limit checks that refused changes are not written, and that a change
// that is invalid by itself is not counted.
func TestUpdateProfile_Limit(t *testing.T) {
	f := newFixture(t)
	me := user.Principal{UserID: "sara"}
	f.putUser(user.User{ID: me.UserID})
	f.profiles.ChangeLimiter = &limit.Limiter{Rule: limit.Rule{Name: "profile-changes", Max: 3, Window: time.Hour}, Store: f, Now: f.clock}
	if _, err := f.profiles.UpdateProfile(t.Context(), me, account.ProfileUpdate{Province: ptr("nowhere")}); !apperr.Is(err, apperr.InvalidBody) {
		t.Fatalf("an unknown province: got %v", err)
	}
	for i, update := range []account.ProfileUpdate{{Name: ptr("One")}, {Email: ptr("one@example.com")}, {NotifySMS: new(bool)}, {Name: ptr("Four")}, {PictureID: ptr("")}} {
		if _, err := f.profiles.UpdateProfile(t.Context(), me, update); (err != nil) != (i >= 3) || err != nil && !apperr.Is(err, apperr.RateLimited) {
			t.Errorf("change %d: got %v", i, err)
		}
	}
	if u, err := f.profiles.Profile(t.Context(), me); err != nil || u.Name != "One" {
		t.Errorf("got %q, %v, want the name of before", u.Name, err)
	}
}

// TestUpdateProfile_RefreshAtOnce checks that the tokens after a change have it, although the stream
// has not run.
func TestUpdateProfile_RefreshAtOnce(t *testing.T) {
	f := newFixture(t)
	tokens := f.addUser(t)
	name, locale := "Sara Ahmadi", "fa"
	_, err := f.profiles.UpdateProfile(t.Context(), user.Principal{UserID: tokens.User.ID}, account.ProfileUpdate{Name: &name, Locale: &locale})
	must(err)
	refreshed, err := f.auth.Refresh(t.Context(), tokens.Refresh)
	must(err)
	again, err := f.auth.LogIn(t.Context(), testPhone, testPassword, account.Caller{})
	must(err)
	for what, u := range map[string]user.User{"refresh": refreshed.User, "login": again.User} {
		if u.Name != name || u.Locale != locale {
			t.Errorf("%s: got %q %q, want %q %q", what, u.Name, u.Locale, name, locale)
		}
	}
}
