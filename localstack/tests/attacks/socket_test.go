package attacks

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// TestAttack_LateSockets takes the rights of agents who listen to a ticket, and counts the
// seconds until their socket is closed and no new one opens with their token, and the
// messages that they receive which were posted after the request was answered.
func TestAttack_LateSockets(t *testing.T) {
	if !report.Full() {
		t.Skip("the end-to-end suite checks that sockets are closed")
	}
	for name, change := range map[string]client.Fields{"demoted": {"role": "user"}, "disabled": {"disabled": true}} {
		t.Run(name, func(t *testing.T) {
			author := customer(t)
			tk, err := author.OpenTicket(t.Context(), nil)
			id := must(t, tk, err).ID
			phone := client.RandomPhone()
			var created struct{ ID string }
			r, err := suite.admin.Do(t.Context(), "POST", "/users", client.Fields{"phone": phone, "role": "support", "name": "Nima", "password": client.Password})
			if err := must(t, r, err).Decode(http.StatusCreated, &created); err != nil {
				t.Fatal(err)
			}
			agent, err := suite.api.Login(t.Context(), phone, client.Password)
			address, err := must(t, agent, err).SocketURL(t.Context())
			address = must(t, address, err)
			socket, err := agent.Connect(t.Context())
			socket = must(t, socket, err)
			defer socket.Drop()
			if _, err := socket.Request(t.Context(), client.Fields{"action": "subscribe", "topic": "ticket:" + id}, "subscribed"); err != nil {
				t.Fatal(err)
			}
			a := begin(t, "socket of an agent who is "+name)
			since := time.Now()
			a.count(suite.admin.Do(t.Context(), "PATCH", "/users/"+created.ID, change))
			closed := make(chan error, 1)
			go func() {
				_, err := socket.AwaitClose(t.Context())
				closed <- err
			}()
			posted := map[int]bool{}
			open := true
			for open && len(posted) < messagesPerMinute/2 {
				select {
				case err := <-closed:
					if open = false; err != nil {
						t.Error(err)
					}
				case <-time.After(200 * time.Millisecond):
					entry, err := author.Post(t.Context(), id, "Is anybody there?", nil)
					posted[must(t, entry, err).Seq] = true
				}
			}
			took := time.Since(since)
			header := http.Header{"Authorization": {"Bearer " + agent.Tokens().AccessToken}}
			await(t, "the token opens no socket", func() error {
				late, _, err := suite.api.Dial(t.Context(), address, header)
				if err == nil {
					late.Drop()
					return errors.New("a new socket is open")
				}
				return nil
			})
			refused := time.Since(since)
			late := 0
			for _, f := range socket.Frames() {
				if f.Entry != nil && posted[f.Entry.Seq] {
					late++
				}
			}
			pass := !open && late == 0 && max(took, refused) < 10*time.Second
			value := fmt.Sprintf("closed after %.1f s, no new one after %.1f s, %d of %d later messages received", took.Seconds(), refused.Seconds(), late, len(posted))
			a.end(value, "closed and refused within 10 s, no later message", pass, "")
		})
	}
}
