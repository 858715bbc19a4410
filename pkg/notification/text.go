package notification

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Text returns the title and body of a notification in a language, en or fa. A text
// that reports several notifications tells the number of replies.
func Text(n Notification, language string) (title, body string) {
	if n.Kind == KindBroadcast {
		return n.Title, n.Body
	}
	title, body = textEn(n)
	if locale.IsPersian(language) {
		title, body = textFa(n)
	}
	switch {
	case n.isReply() && n.Replies > 1:
		title = replyCount(n.Replies, language) + ": " + n.Title
	case !n.isReply() && n.Replies > 0:
		body += "\n" + replyCount(n.Replies, language) + ": " + n.Body
	}
	return title, body
}

func (n Notification) isReply() bool { return n.Kind == KindReply || n.Kind == KindCustomerReply }

func replyCount(n int, language string) string {
	switch {
	case locale.IsPersian(language):
		return strconv.Itoa(n) + " پاسخ تازه"
	case n == 1:
		return "1 new reply"
	}
	return strconv.Itoa(n) + " new replies"
}

func textEn(n Notification) (title, body string) {
	switch n.Kind { //nolint:exhaustive // broadcasts are not translated
	case KindReply:
		return "New reply: " + n.Title, authorName(n.Author, locale.English, "Support") + ": " + n.Body
	case KindCustomerReply:
		return "The customer has replied: " + n.Title, authorName(n.Author, locale.English, "Customer") + ": " + n.Body
	case KindStatus:
		return statusName(n.Status, locale.English) + ": " + n.Title, "Your ticket " + id.Number(n.TicketID) + " is now " + strings.ToLower(statusName(n.Status, locale.English)) + "."
	case KindAssignment:
		return "Assigned to you: " + n.Title, authorName(n.Author, locale.English, "The system") + " gave you ticket " + id.Number(n.TicketID) + "."
	}
	return "Waiting for you: " + n.Title, "Ticket " + id.Number(n.TicketID) + " waits for your answer."
}

func textFa(n Notification) (title, body string) {
	switch n.Kind { //nolint:exhaustive // broadcasts are not translated
	case KindReply:
		return "پاسخ تازه: " + n.Title, authorName(n.Author, locale.Persian, "پشتیبانی") + ": " + n.Body
	case KindCustomerReply:
		return "پاسخ مشتری: " + n.Title, authorName(n.Author, locale.Persian, "مشتری") + ": " + n.Body
	case KindStatus:
		return statusName(n.Status, locale.Persian) + ": " + n.Title, "وضعیت تیکت " + id.Number(n.TicketID) + " شما اکنون «" + statusName(n.Status, locale.Persian) + "» است."
	case KindAssignment:
		return "به شما سپرده شد: " + n.Title, authorName(n.Author, locale.Persian, "سامانه") + " تیکت " + id.Number(n.TicketID) + " را به شما سپرد."
	}
	return "در انتظار شما: " + n.Title, "تیکت " + id.Number(n.TicketID) + " در انتظار پاسخ شماست."
}

func authorName(name, language, fallback string) string {
	if name == "" {
		return fallback
	}
	return user.DisplayName(name, language)
}

// statusName returns the name of a status as customers see it.
func statusName(status, language string) string {
	names, known := statusNames[status]
	switch {
	case !known:
		return status
	case locale.IsPersian(language):
		return names[1]
	}
	return names[0]
}

// statusNames maps a status to its English and Persian names.
var statusNames = map[string][2]string{
	"new": {"New", "تازه"}, "open": {"Open", "باز"}, "pending": {"Waiting for you", "در انتظار شما"},
	"resolved": {"Resolved", "حل‌شده"}, "closed": {"Closed", "بسته‌شده"},
}

// ShortText returns a notification as an SMS. It is short, because 70 Persian
// characters are billed as one message, and contains no private text, because
// phones display it on the lock screen.
func ShortText(n Notification, language string) string {
	number := id.Number(n.TicketID)
	if n.Kind == KindBroadcast {
		return withoutFormats(n.Title + "\n" + n.Body)
	}
	persian := locale.IsPersian(language)
	replies := replyCount(n.Replies, language)
	text := map[Kind]string{
		KindReply:         "support has answered your ticket " + number + ".",
		KindCustomerReply: "the customer has answered ticket " + number + ".",
		KindStatus:        "your ticket " + number + " is now " + strings.ToLower(statusName(n.Status, locale.English)) + ".",
		KindAssignment:    "ticket " + number + " is assigned to you.",
		KindReminder:      "ticket " + number + " waits for your answer.",
	}[n.Kind]
	if persian {
		text = map[Kind]string{
			KindReply:         "پشتیبانی به تیکت " + number + " شما پاسخ داد.",
			KindCustomerReply: "مشتری به تیکت " + number + " پاسخ داد.",
			KindStatus:        "وضعیت تیکت " + number + " شما: " + statusName(n.Status, locale.Persian),
			KindAssignment:    "تیکت " + number + " به شما سپرده شد.",
			KindReminder:      "تیکت " + number + " در انتظار پاسخ شماست.",
		}[n.Kind]
	}
	switch {
	case n.isReply() && n.Replies > 1:
		text = locale.Pick(language, replies+" to ticket "+number+".", replies+" در تیکت "+number)
	case !n.isReply() && n.Replies > 0:
		text += locale.Pick(language, " "+replies+".", "\n"+replies)
	}
	if persian {
		return text + "\nتیکت‌سیستم"
	}
	return "TicketSystem: " + text
}

// Mail is an e-mail with a plain text and an HTML part.
type Mail struct {
	To, Subject, Text, HTML string
}

// NewMail renders a notification as an e-mail in the user's language.
func NewMail(n Notification, to user.User) Mail {
	if n.Kind == KindBroadcast {
		n.Title, n.Body = withoutFormats(n.Title), withoutFormats(n.Body)
	} else {
		n.Title, n.Body, n.Author = isolated(n.Title), isolated(n.Body), isolatedName(n.Author)
	}
	title, body := Text(n, to.Locale)
	greeting, footer, dir := "Hello", "You get this mail because your profile says so. You can change it there.", "ltr"
	if locale.IsPersian(to.Locale) {
		greeting, footer, dir = "سلام", "این نامه به انتخاب شما در نمایه‌تان فرستاده شده است و همان‌جا می‌توانید آن را خاموش کنید.", "rtl"
	}
	if to.Name != "" {
		greeting += " " + isolated(to.Name)
	}
	return Mail{
		To: to.Email, Subject: singleLine(title), Text: fmt.Sprintf("%s\n\n%s\n\n%s\n\n-- \n%s\n", greeting, title, body, footer),
		HTML: fmt.Sprintf(htmlTemplate, to.Locale, dir, html.EscapeString(greeting), html.EscapeString(title), htmlParagraphs(body), html.EscapeString(footer)),
	}
}

// htmlTemplate takes the language, text direction, greeting, title, body and
// footer. Styles are inline, because many mail clients drop style sheets.
const htmlTemplate = `<!doctype html>
<html lang="%[1]s" dir="%[2]s"><head><meta charset="utf-8"></head>
<body dir="%[2]s" style="font-family:Vazirmatn,Tahoma,Arial,sans-serif;line-height:1.7;color:#222">
<p dir="auto">%[3]s</p>
<p dir="auto"><strong>%[4]s</strong></p>
%[5]s
<p style="color:#777;font-size:smaller">%[6]s</p>
</body></html>
`

// htmlParagraphs escapes a text. Each line is a paragraph with the direction of its
// own first letter.
func htmlParagraphs(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		out.WriteString(`<p dir="auto">` + html.EscapeString(line) + "</p>\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// singleLine joins the lines of a subject, without isolates: mail clients show a
// subject alone, and some show the isolates as boxes.
func singleLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == isolateStart || r == isolateEnd {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// The isolates of Unicode's bidirectional algorithm (UAX 9): the text between them has
// its own direction and does not change the order of the text around it.
const (
	isolateStart = '\u2068'
	isolateEnd   = '\u2069'
)

// isolated encloses a user's text in isolates.
func isolated(text string) string {
	return string(isolateStart) + withoutFormats(text) + string(isolateEnd)
}

// isolatedName isolates a name. The empty name and that of a deleted user are replaced
// by texts later.
func isolatedName(name string) string {
	if name == "" || name == user.DeletedName {
		return name
	}
	return isolated(name)
}

// withoutFormats removes control and format characters, such as U+202E, from a user's
// text. It keeps line breaks and the joiners that Persian and emoji need.
func withoutFormats(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\u200c', r == '\u200d':
			return r
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, text)
}
