package locale

import "html"

// Brand is how the service presents itself in e-mails and SMS. The zero value is the
// brand of the catalogues, without a support address and a signature.
type Brand struct {
	Name           string
	SupportAddress string // of e-mail or of a page
	Signature      string // last line of e-mails
}

// NameIn returns the name of the service in a language.
func (b Brand) NameIn(tag string) string {
	if b.Name != "" {
		return b.Name
	}
	return Text(tag, "brand")
}

// Support returns the line that names the support address, or "".
func (b Brand) Support(tag string) string {
	if b.SupportAddress == "" {
		return ""
	}
	return Text(tag, "support", "address", b.SupportAddress)
}

// Closing returns the last lines of an e-mail as text and as HTML: the signature and the
// support address. Both are empty without them.
func (b Brand) Closing(tag string) (text, markup string) {
	for _, line := range []string{b.Signature, b.Support(tag)} {
		if line != "" {
			text += line + "\n"
			markup += `<p dir="auto">` + html.EscapeString(line) + "</p>\n"
		}
	}
	return text, markup
}

// HTMLHead returns the beginning of an HTML document in a language.
func HTMLHead(tag string) string {
	return `<!doctype html><html lang="` + Resolve(tag) + `" dir="` + Text(tag, "language.direction") + `">`
}
