package notification_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

const ticketID = "01BX5ZZKBKACTAV9WEVGEMMVRZ"

var brand locale.Brand

// TestText_AllKindsAndLocales checks that every kind has texts in both languages.
func TestText_AllKindsAndLocales(t *testing.T) {
	for _, kind := range []notification.Kind{
		notification.KindReply, notification.KindCustomerReply, notification.KindStatus, notification.KindAssignment, notification.KindReminder, notification.KindBroadcast,
	} {
		for _, language := range locale.Supported() {
			n := notification.Notification{Kind: kind, TicketID: ticketID, Title: "T <1>", Body: "B & C", Author: "Ali", Status: "resolved"}
			title, body := notification.Text(n, language)
			short := notification.ShortText(n, language, brand)
			if title == "" || body == "" || len(short) < 8 || !strings.Contains(title, "T <1>") {
				t.Errorf("%s %s: got %q, %q, %q", kind, language, title, body, short)
			}
			if persian := strings.ContainsAny(title+body+short, "پیتکس"); persian != (language == "fa" && kind != notification.KindBroadcast) {
				t.Errorf("%s %s: got %q, %q, %q", kind, language, title, body, short)
			}
			if kind != notification.KindBroadcast && (strings.Contains(short, "B & C") || !strings.Contains(short, "VRZ")) {
				t.Errorf("%s %s: got SMS %q", kind, language, short)
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
	m := notification.NewMail(n, user.User{Name: "Sara <3", Email: "s@b.ir", Locale: "en"}, brand)
	if m.To != "s@b.ir" || m.Subject != "News Bcc: x@y.ir" || !strings.Contains(m.Text, "<b>one</b>\ntwo") || !strings.HasPrefix(m.Text, "Hello \u2068Sara <3\u2069\n") {
		t.Errorf("got %+v", m)
	}
	if !strings.Contains(m.HTML, `lang="en" dir="ltr"`) || !strings.Contains(m.HTML, `<p dir="auto">&lt;b&gt;one&lt;/b&gt;</p>`+"\n"+`<p dir="auto">two</p>`) || strings.Contains(m.HTML, "<3") {
		t.Errorf("got %s", m.HTML)
	}
	m = notification.NewMail(n, user.User{Email: "s@b.ir", Locale: "fa"}, brand)
	if !strings.Contains(m.HTML, `lang="fa" dir="rtl"`) || !strings.HasPrefix(m.Text, "سلام\n") || strings.Contains(m.HTML, "%!") {
		t.Errorf("got %s", m.HTML)
	}
}

// TestNewMail_IsolatesUserTexts checks that a Persian or manipulated text in a mail in
// English has its own direction and cannot reorder the text around it.
func TestNewMail_IsolatesUserTexts(t *testing.T) {
	n := notification.Notification{Kind: notification.KindReply, TicketID: ticketID, Title: "فاکتور\u202egpj.exe", Body: "سلام\u2066", Author: "رضا\u202b"}
	m := notification.NewMail(n, user.User{Name: "\u202eSara", Email: "s@b.ir", Locale: "en"}, brand)
	if m.Subject != "New reply: فاکتور gpj.exe" {
		t.Errorf("subject: got %q", m.Subject)
	}
	for name, text := range map[string]string{"text": m.Text, "HTML": m.HTML} {
		if strings.ContainsAny(text, "\u202a\u202b\u202d\u202e\u2066\u2067") {
			t.Errorf("%s: got direction marks of a user in %q", name, text)
		}
		if !strings.Contains(text, "\u2068رضا \u2069: \u2068سلام \u2069") {
			t.Errorf("%s: got no isolates in %q", name, text)
		}
	}
	if got := strings.Count(m.HTML, `dir="auto"`); got != 3 {
		t.Errorf("got %d paragraphs with their own direction in %s", got, m.HTML)
	}
	n.Kind = notification.KindBroadcast
	if got := notification.ShortText(n, "en", brand); strings.ContainsAny(got, "\u202e\u2066") {
		t.Errorf("SMS: got %q", got)
	}
}

// TestTexts_ThirdLanguage checks that all texts of a notification come from the catalogue
// of the reader's language.
func TestTexts_ThirdLanguage(t *testing.T) {
	texts := locale.Texts(locale.English)
	for key, text := range texts {
		texts[key] = "xx " + text
	}
	defer locale.Register("xx", texts)()
	for _, kind := range []notification.Kind{
		notification.KindReply, notification.KindCustomerReply, notification.KindStatus, notification.KindAssignment, notification.KindReminder,
	} {
		n := notification.Notification{Kind: kind, TicketID: ticketID, Title: "T", Body: "B", Status: "open", Replies: 2}
		m := notification.NewMail(n, user.User{Name: "Sara", Email: "s@b.ir", Locale: "xx"}, locale.Brand{SupportAddress: "help@b.ir"})
		for line := range strings.Lines(m.Subject + "\n" + m.Text + notification.ShortText(n, "xx", brand)) {
			if words := strings.TrimSpace(line); words != "" && words != "--" && !strings.Contains(line, "xx ") {
				t.Errorf("%s: got line %q", kind, line)
			}
		}
	}
}

// TestBrand checks that mail and SMS show the name, support address and signature.
func TestBrand(t *testing.T) {
	acme := locale.Brand{Name: "Acme", SupportAddress: "help@acme.ir", Signature: "The <Acme> team"}
	n := notification.Notification{Kind: notification.KindReminder, TicketID: ticketID, Title: "T"}
	m := notification.NewMail(n, user.User{Email: "s@b.ir", Locale: "en"}, acme)
	if want := "waits for your answer.\n\nThe <Acme> team\nSupport: help@acme.ir\n\n-- \n"; !strings.Contains(m.Text, want) {
		t.Errorf("got %q, want %q", m.Text, want)
	}
	if want := `<p dir="auto">The &lt;Acme&gt; team</p>`; !strings.Contains(m.HTML, want) {
		t.Errorf("got %q, want %q", m.HTML, want)
	}
	for language, want := range map[string]string{"en": "Acme: ticket ", "fa": "\nAcme"} {
		if got := notification.ShortText(n, language, acme); !strings.Contains(got, want) || strings.Contains(got, "TicketSystem") {
			t.Errorf("%s: got %q, want %q", language, got, want)
		}
	}
}
