package notification

import (
	"fmt"
	"html"
	"strings"
	"unicode"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Text returns the title and body of a notification in a language. A text that reports
// several notifications tells the number of replies.
func Text(n Notification, language string) (title, body string) {
	if n.Kind == KindBroadcast {
		return n.Title, n.Body
	}
	values := n.textValues(language)
	text := func(key string) string { return locale.Text(language, "notification."+key, values...) }
	title, body = text(string(n.Kind)+".title"), text(string(n.Kind)+".body")
	switch {
	case n.isReply() && n.Replies > 1:
		title = text("replies.title")
	case !n.isReply() && n.Replies > 0:
		values = append(values, "text", body)
		body = text("replies.body")
	}
	return title, body
}

// textValues returns the values of the placeholders in the texts of a notification.
func (n Notification) textValues(language string) []string {
	status := statusName(n.Status, language)
	return []string{
		"title", n.Title, "body", n.Body, "number", id.Number(n.TicketID), "status", status, "statusLower", strings.ToLower(status),
		"author", n.authorName(language), "replies", locale.Count(language, "replies", n.Replies),
	}
}

func (n Notification) isReply() bool { return n.Kind == KindReply || n.Kind == KindCustomerReply }

// authorName returns the name of the author, or the author's role.
func (n Notification) authorName(language string) string {
	switch {
	case n.Author != "":
		return user.DisplayName(n.Author, language)
	case n.Kind == KindReply, n.Kind == KindOpened:
		return locale.Text(language, "author.support")
	case n.Kind == KindCustomerReply:
		return locale.Text(language, "author.customer")
	}
	return locale.Text(language, "author.system")
}

// statusName returns the name of a status as customers see it.
func statusName(status, language string) string {
	if name, ok := locale.Lookup(language, "status."+status); ok {
		return name
	}
	return status
}

// ShortText returns a notification as an SMS. It is short, because 70 Persian
// characters are billed as one message, and contains no private text, because
// phones display it on the lock screen.
func ShortText(n Notification, language string, brand locale.Brand) string {
	if n.Kind == KindBroadcast {
		return withoutFormats(n.Title + "\n" + n.Body)
	}
	return locale.Text(language, "sms.signed", "brand", brand.NameIn(language), "text", shortText(n, language))
}

// shortText returns what has happened, without private text.
func shortText(n Notification, language string) string {
	values := n.textValues(language)
	text := locale.Text(language, "sms."+string(n.Kind), values...)
	switch {
	case n.isReply() && n.Replies > 1:
		return locale.Text(language, "sms.replies", values...)
	case !n.isReply() && n.Replies > 0:
		return locale.Text(language, "sms.with_replies", append(values, "text", text)...)
	}
	return text
}

// Mail is an e-mail with a plain text and an HTML part.
type Mail struct {
	To, Subject, Text, HTML string
}

// NewMail renders a notification as an e-mail in the user's language.
func NewMail(n Notification, to user.User, brand locale.Brand) Mail {
	if n.Kind == KindBroadcast {
		n.Title, n.Body = withoutFormats(n.Title), withoutFormats(n.Body)
	} else {
		n.Title, n.Body, n.Author = isolated(n.Title), isolated(n.Body), isolatedName(n.Author)
	}
	title, body := Text(n, to.Locale)
	greeting, footer := locale.Text(to.Locale, "mail.greeting"), locale.Text(to.Locale, "mail.footer")
	if to.Name != "" {
		greeting = locale.Text(to.Locale, "mail.greeting_name", "name", isolated(to.Name))
	}
	closing, markup := brand.Closing(to.Locale)
	if closing != "" {
		closing += "\n"
	}
	return Mail{
		To: to.Email, Subject: singleLine(title), Text: fmt.Sprintf("%s\n\n%s\n\n%s\n\n%s-- \n%s\n", greeting, title, body, closing, footer),
		HTML: fmt.Sprintf(htmlTemplate, to.Locale, locale.Text(to.Locale, "language.direction"), html.EscapeString(greeting),
			html.EscapeString(title), htmlParagraphs(body), html.EscapeString(footer), markup),
	}
}

// htmlTemplate takes the language, text direction, greeting, title, body, footer and
// closing. Styles are inline, because many mail clients drop style sheets.
const htmlTemplate = `<!doctype html>
<html lang="%[1]s" dir="%[2]s"><head><meta charset="utf-8"></head>
<body dir="%[2]s" style="font-family:Vazirmatn,Tahoma,Arial,sans-serif;line-height:1.7;color:#222">
<p dir="auto">%[3]s</p>
<p dir="auto"><strong>%[4]s</strong></p>
%[5]s
%[7]s<p style="color:#777;font-size:smaller">%[6]s</p>
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
