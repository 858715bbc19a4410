package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestEmails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		documents := map[string]string{
			"/_local/outbox?channel=email&to=a%40b.c": `{"data":[{"channel":"email","to":"a@b.c","subject":"two","body":"t2"},
				{"channel":"email","to":"a@b.c","subject":"one","body":"t1","html":"<p>1"}]}`,
			"/_ministack/ses/messages": `{"messages":{"000000000000":[{"To":["a@b.c"],"Subject":"one","BodyText":"t1","BodyHtml":"<p>1"},
				{"To":["x@b.c"],"Subject":"other"},{"To":["x@b.c","a@b.c"],"Subject":"two","BodyText":"t2","BodyHtml":null}]}}`,
		}
		_, _ = w.Write([]byte(documents[r.URL.String()])) // an unknown URL results in an error of the client
	}))
	defer server.Close()
	for _, outbox := range []string{"", server.URL + smsPath} {
		api := New(server.URL, "", outbox)
		got, err := api.Emails(t.Context(), "a@b.c")
		if want := "[{one t1 <p>1} {two t2 }]"; err != nil || fmt.Sprint(got) != want {
			t.Errorf("outbox %q: got %v, %v, want %s", outbox, got, err, want)
		}
	}
}
