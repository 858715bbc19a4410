package notification

import (
	"fmt"
	"html"
	"strings"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Text returns the title and body of a notification in a language, en or fa.
func Text(n Notification, language string) (title, body string) {
	if n.Kind == KindBroadcast {
		return n.Title, n.Body
	}
	if locale.IsPersian(language) {
		return textFa(n)
	}
	return textEn(n)
}

func textEn(n Notification) (title, body string) {
	switch n.Kind { //nolint:exhaustive // broadcasts are not translated
	case KindReply:
		return "New reply: " + n.Title, authorName(n.Author, "Support") + ": " + n.Body
	case KindStatus:
		return statusName(n.Status, locale.English) + ": " + n.Title, "Your ticket " + id.Number(n.TicketID) + " is now " + strings.ToLower(statusName(n.Status, locale.English)) + "."
	case KindAssignment:
		return "Assigned to you: " + n.Title, authorName(n.Author, "The system") + " gave you ticket " + id.Number(n.TicketID) + "."
	}
	return "Waiting for you: " + n.Title, "Ticket " + id.Number(n.TicketID) + " waits for your answer."
}

func textFa(n Notification) (title, body string) {
	switch n.Kind { //nolint:exhaustive // broadcasts are not translated
	case KindReply:
		return "پاسخ تازه: " + n.Title, authorName(n.Author, "پشتیبانی") + ": " + n.Body
	case KindStatus:
		return statusName(n.Status, locale.Persian) + ": " + n.Title, "وضعیت تیکت " + id.Number(n.TicketID) + " شما اکنون «" + statusName(n.Status, locale.Persian) + "» است."
	case KindAssignment:
		return "به شما سپرده شد: " + n.Title, authorName(n.Author, "سامانه") + " تیکت " + id.Number(n.TicketID) + " را به شما سپرد."
	}
	return "در انتظار شما: " + n.Title, "تیکت " + id.Number(n.TicketID) + " در انتظار پاسخ شماست."
}

func authorName(name, fallback string) string {
	if name == "" {
		return fallback
	}
	return name
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
		return n.Title + "\n" + n.Body
	}
	if locale.IsPersian(language) {
		return map[Kind]string{
			KindReply:      "پشتیبانی به تیکت " + number + " شما پاسخ داد.",
			KindStatus:     "وضعیت تیکت " + number + " شما: " + statusName(n.Status, locale.Persian),
			KindAssignment: "تیکت " + number + " به شما سپرده شد.",
			KindReminder:   "تیکت " + number + " در انتظار پاسخ شماست.",
		}[n.Kind] + "\nتیکت‌سیستم"
	}
	return "TicketSystem: " + map[Kind]string{
		KindReply:      "support has answered your ticket " + number + ".",
		KindStatus:     "your ticket " + number + " is now " + strings.ToLower(statusName(n.Status, locale.English)) + ".",
		KindAssignment: "ticket " + number + " is assigned to you.",
		KindReminder:   "ticket " + number + " waits for your answer.",
	}[n.Kind]
}

// Mail is an e-mail with a plain text and an HTML part.
type Mail struct {
	To, Subject, Text, HTML string
}

// NewMail renders a notification as an e-mail in the user's language.
func NewMail(n Notification, to user.User) Mail {
	title, body := Text(n, to.Locale)
	greeting, footer, dir := "Hello", "You get this mail because your profile says so. You can change it there.", "ltr"
	if locale.IsPersian(to.Locale) {
		greeting, footer, dir = "سلام", "این نامه به انتخاب شما در نمایه‌تان فرستاده شده است و همان‌جا می‌توانید آن را خاموش کنید.", "rtl"
	}
	if to.Name != "" {
		greeting += " " + to.Name
	}
	return Mail{
		To: to.Email, Subject: singleLine(title), Text: fmt.Sprintf("%s\n\n%s\n\n%s\n\n-- \n%s\n", greeting, title, body, footer),
		HTML: fmt.Sprintf(htmlTemplate, to.Locale, dir, html.EscapeString(greeting), html.EscapeString(title), htmlWithLineBreaks(body), html.EscapeString(footer)),
	}
}

// htmlTemplate takes the language, text direction, greeting, title, body and
// footer. Styles are inline, because many mail clients drop style sheets.
const htmlTemplate = `<!doctype html>
<html lang="%[1]s" dir="%[2]s"><head><meta charset="utf-8"></head>
<body dir="%[2]s" style="font-family:Vazirmatn,Tahoma,Arial,sans-serif;line-height:1.7;color:#222">
<p>%[3]s</p>
<p><strong>%[4]s</strong></p>
<p>%[5]s</p>
<p style="color:#777;font-size:smaller">%[6]s</p>
</body></html>
`

// htmlWithLineBreaks escapes a text and keeps its line breaks.
func htmlWithLineBreaks(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
}

// singleLine joins the lines of a subject.
func singleLine(text string) string { return strings.Join(strings.Fields(text), " ") }
