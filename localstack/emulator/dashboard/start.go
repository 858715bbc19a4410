package dashboard

import (
	_ "embed" // the page
	"html/template"
	"net/http"
)

//go:embed start.html
var startHTML string

// User is a user of a new table, shown on the start page.
type User struct{ Phone, Password, Role, Name string }

// StartPage serves links, and the users to sign in as.
func StartPage(users []User) http.Handler {
	page := template.Must(template.New("start").Parse(startHTML))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_ = page.Execute(w, map[string]any{"Users": users}) // the client may have disconnected
	})
}
