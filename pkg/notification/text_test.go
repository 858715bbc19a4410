package notification_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

const ticketID = "01BX5ZZKBKACTAV9WEVGEMMVRZ"

// TestText_AllKindsAndLocales checks that every kind has texts in both languages.
func TestText_AllKindsAndLocales(t *testing.T) {
	for _, kind := range []notification.Kind{
		notification.KindReply, notification.KindStatus, notification.KindAssignment, notification.KindReminder, notification.KindBroadcast,
	} {
		for _, locale := range []string{"en", "fa"} {
			n := notification.Notification{Kind: kind, TicketID: ticketID, Title: "T <1>", Body: "B & C", Author: "Ali", Status: "resolved"}
			title, body := notification.Text(n, locale)
			short := notification.ShortText(n, locale)
			if title == "" || body == "" || len(short) < 8 || !strings.Contains(title, "T <1>") {
				t.Errorf("%s %s: got %q, %q, %q", kind, locale, title, body, short)
			}
			if persian := strings.ContainsAny(title+body+short, "پیتکس"); persian != (locale == "fa" && kind != notification.KindBroadcast) {
				t.Errorf("%s %s: got %q, %q, %q", kind, locale, title, body, short)
			}
			if kind != notification.KindBroadcast && (strings.Contains(short, "B & C") || !strings.Contains(short, "VRZ")) {
				t.Errorf("%s %s: got SMS %q", kind, locale, short)
			}
		}
	}
	for status, want := range map[string]string{"pending": "Waiting for you: T", "closed": "Closed: T", "some": "some: T"} {
		if title, _ := notification.Text(notification.Notification{Kind: notification.KindStatus, Title: "T", Status: status}, "en"); title != want {
			t.Errorf("%s: got %q", status, title)
		}
	}
	if _, body := notification.Text(notification.Notification{Kind: notification.KindReply, Body: "b"}, "fa"); body != "پشتیبانی: b" {
		t.Errorf("author without a name: got %q", body)
	}
}

func TestNewMail_TextDirections(t *testing.T) {
	n := notification.Notification{Kind: notification.KindBroadcast, Title: "News\r\nBcc: x@y.ir", Body: "<b>one</b>\ntwo"}
	m := notification.NewMail(n, user.User{Name: "Sara <3", Email: "s@b.ir", Locale: "en"})
	if m.To != "s@b.ir" || m.Subject != "News Bcc: x@y.ir" || !strings.Contains(m.Text, "<b>one</b>\ntwo") || !strings.HasPrefix(m.Text, "Hello Sara <3\n") {
		t.Errorf("got %+v", m)
	}
	if !strings.Contains(m.HTML, `lang="en" dir="ltr"`) || !strings.Contains(m.HTML, "&lt;b&gt;one&lt;/b&gt;<br>two") || strings.Contains(m.HTML, "<3") {
		t.Errorf("got %s", m.HTML)
	}
	m = notification.NewMail(n, user.User{Email: "s@b.ir", Locale: "fa"})
	if !strings.Contains(m.HTML, `lang="fa" dir="rtl"`) || !strings.HasPrefix(m.Text, "سلام\n") || strings.Contains(m.HTML, "%!") {
		t.Errorf("got %s", m.HTML)
	}
}
