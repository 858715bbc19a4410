package e2e

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

func TestIdempotencyKey_ReplaysResponse(t *testing.T) {
	t.Parallel()
	me := customer(t)
	key := client.IdempotencyKey(client.NewID())
	body := ticketBody(t, nil)
	first := me.mustCall(201, "POST", "/tickets", body, nil, key)
	second := me.mustCall(201, "POST", "/tickets", body, nil, key)
	equal(t, "repeated body", string(second.Body), string(first.Body))
	equal(t, "repeated Location", second.Header.Get("Location"), first.Header.Get("Location"))
	equal(t, "repeated ETag", second.Header.Get("ETag"), first.Header.Get("ETag"))

	wantProblem(t, me.call("POST", "/tickets", ticketBody(t, nil), key), 422)
	var page client.List[client.Ticket]
	eventually(t, "the ticket is listed", func() error {
		me.get("/tickets", &page)
		if len(page.Data) == 0 {
			return mismatch("tickets", 0, 1)
		}
		return nil
	})
	equal(t, "tickets after repeats", len(page.Data), 1)
}

func TestIdempotencyKey_PerUser(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	key := client.IdempotencyKey("shared-" + client.NewID())
	body := ticketBody(t, nil)
	var mine, theirs client.Ticket
	me.mustCall(201, "POST", "/tickets", body, &mine, key)
	other.mustCall(201, "POST", "/tickets", body, &theirs, key)
	if mine.ID == theirs.ID {
		t.Errorf("one key of two users: got ticket %s twice, want two tickets", mine.ID)
	}
	equal(t, "the second ticket's customer", theirs.Customer.ID, other.Profile.ID)
}

func TestIdempotencyKey_WithoutClientID(t *testing.T) {
	t.Parallel()
	me := customer(t)
	key := client.IdempotencyKey(client.NewID())
	body := object{"name": "a.png", "type": "image/png", "size": 100}
	var first, second client.Upload
	me.mustCall(201, "POST", "/attachments", body, &first, key)
	me.mustCall(201, "POST", "/attachments", body, &second, key)
	equal(t, "repeated attachment", second.ID, first.ID)
	body["size"] = 101
	wantProblem(t, me.call("POST", "/attachments", body, key), 422)
}

func TestIdempotencyKey_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	key := client.IdempotencyKey(client.NewID())
	responses := concurrently(t, 8, func(int) (client.Response, error) {
		return me.Do(t.Context(), "POST", "/attachments", object{"name": "a.png", "type": "image/png", "size": 100}, key)
	})
	made := map[string]bool{}
	for _, response := range responses {
		if response.Status != 201 {
			wantProblem(t, response, 409)
			continue
		}
		var upload client.Upload
		wantStatus(t, response, 201, &upload)
		made[upload.ID] = true
	}
	equal(t, "attachments of 8 concurrent equal calls", len(made), 1)
}

func TestList_Cursor(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	want := map[string]bool{}
	for range 5 {
		want[me.openTicket(nil).ID] = true
	}
	var cursors []string
	var tickets []client.Ticket
	eventually(t, "five tickets in pages of two", func() error {
		var err error
		tickets, cursors, err = readAllPages(me, "/tickets?limit=2")
		if err == nil && len(tickets) != 5 {
			err = mismatch("tickets", len(tickets), 5)
		}
		return err
	})
	for i, ticket := range tickets {
		if !want[ticket.ID] {
			t.Errorf("page by page: got %s twice or unknown", ticket.ID)
		}
		delete(want, ticket.ID)
		if i > 0 && ticket.LastActivityAt.After(tickets[i-1].LastActivityAt) {
			t.Errorf("page by page: got %s after %s, want newest activity first", ticket.LastActivityAt, tickets[i-1].LastActivityAt)
		}
	}
	if len(cursors) < 2 {
		t.Fatalf("pages of two: got %d cursors for 5 tickets, want 2", len(cursors))
	}
	cursor := cursors[0]
	wantProblem(t, other.call("GET", "/tickets?limit=2&cursor="+url.QueryEscape(cursor), nil), 400)
	for name, query := range map[string]string{
		"another filter": "limit=2&status=closed&cursor=" + url.QueryEscape(cursor),
		"another sort":   "limit=2&sort=-createdAt&cursor=" + url.QueryEscape(cursor),
		"garbage":        "cursor=garbage",
		"empty":          "cursor=",
		"cut":            "limit=2&cursor=" + url.QueryEscape(cursor[:len(cursor)/2]),
		"changed":        "limit=2&cursor=" + url.QueryEscape(swapLetter(cursor)),
	} {
		response := me.call("GET", "/tickets?"+query, nil)
		if name == "empty" && response.Status == 200 {
			continue // an empty parameter may be ignored
		}
		if response.Status != 400 {
			t.Errorf("cursor with %s: got %s, want 400", name, response)
			continue
		}
		wantProblem(t, response, 400)
	}
}

// swapLetter changes one letter in the middle of a cursor.
func swapLetter(cursor string) string {
	middle := len(cursor) / 2
	letter := "A"
	if cursor[middle] == 'A' {
		letter = "B"
	}
	return cursor[:middle] + letter + cursor[middle+1:]
}

// readAllPages reads a list of tickets to its end, or up to 50 pages.
func readAllPages(u testUser, path string) (tickets []client.Ticket, cursors []string, err error) {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for next := path; len(cursors) < 50; {
		response, err := u.Do(u.t.Context(), "GET", next, nil)
		if err != nil {
			return nil, nil, err
		}
		var page client.List[client.Ticket]
		if err := response.Decode(200, &page); err != nil {
			return nil, nil, err
		}
		tickets = append(tickets, page.Data...)
		if !page.Page.HasMore {
			return tickets, cursors, nil
		}
		if page.Page.Next == "" {
			return nil, nil, mismatch(response.Call+": page.next while page.hasMore", `""`, "a cursor")
		}
		cursors = append(cursors, page.Page.Next)
		next = path + separator + "cursor=" + url.QueryEscape(page.Page.Next)
	}
	return tickets, cursors, nil
}

func TestList_Limit(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	for _, path := range []string{"/tickets", "/tickets/" + ticket.ID + "/messages", "/tickets/" + ticket.ID + "/history", "/categories"} {
		for _, limit := range []string{"0", "101", "-1", "ten", "1.5", "99999999999999999999"} {
			wantProblem(t, me.call("GET", path+"?limit="+limit, nil), 400)
		}
		for _, limit := range []string{"1", "100"} {
			me.mustCall(200, "GET", path+"?limit="+limit, nil, nil)
		}
	}
	for _, query := range []string{"sort=title", "sort=", "status=excited", "priority=9", "assignee=%00"} {
		response := me.call("GET", "/tickets?"+query, nil)
		if query == "sort=" && response.Status == 200 {
			continue // an empty parameter may be ignored
		}
		wantProblem(t, response, 400, 422)
	}
}

// TestClientID_UUIDAndKey checks that a message is stored once, whether it is identified by a UUID
// in any letter case, over HTTP and WebSocket, or by its Idempotency-Key alone.
func TestClientID_UUIDAndKey(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(object{"clientId": strings.ToUpper(newUUID())})
	mine := me.connect()
	path, id := "/tickets/"+ticket.ID+"/messages", newUUID()
	var first, again client.Entry
	me.mustCall(201, "POST", path, object{"clientId": strings.ToUpper(id), "body": "once"}, &first)
	me.mustCall(200, "POST", path, object{"clientId": id, "body": "once", "after": first.Seq}, &again)
	equal(t, "repeat in the other letter case", again.Seq, first.Seq)
	equal(t, "clientId", again.ClientID, id)
	frame := object{"action": "message", "ticketId": ticket.ID, "clientId": id, "body": "once"}
	mine.send(frame)
	equal(t, "repeat over the socket", mine.awaitAck(frame).Seq, first.Seq)

	for i := range 3 {
		key := client.Header("Idempotency-Key", newUUID())
		wantStatus(t, me.call("POST", path, object{"body": "keyed"}, key), 201, &first)
		wantStatus(t, me.call("POST", path, object{"body": "keyed"}, key), 201, &again)
		equal(t, "seq", first.Seq, i+3)
		equal(t, "repeat with the key", again.Seq, first.Seq)
	}
	wantProblem(t, me.call("POST", path, object{"body": "neither"}), 422)
	equal(t, "entries", len(me.history(ticket.ID)), 5)
}

// newUUID returns a random UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
