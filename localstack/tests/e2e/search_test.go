package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// halfSpace is the zero-width non-joiner (ZWNJ) in Persian words.
const halfSpace = "\u200c"

// uniqueWord returns a random Persian word that no other test uses.
func uniqueWord() string {
	letters := []rune("بپتجچخدرزسشفقگلمنوه")
	var w strings.Builder
	for range 8 {
		w.WriteRune(letters[rand.IntN(len(letters))])
	}
	return w.String()
}

// awaitSearch waits until a search returns exactly these tickets in order.
func awaitSearch(u testUser, typed string, want ...string) {
	u.t.Helper()
	path := "/tickets?limit=2&q=" + url.QueryEscape(typed)
	eventually(u.t, fmt.Sprintf("%q is found", typed), func() error {
		tickets, _, err := readAllPages(u, path)
		if err == nil && !slices.Equal(ticketIDs(tickets), want) {
			err = mismatch("tickets", ticketIDs(tickets), want)
		}
		return err
	})
}

// TestSearch_PrefixOfManyWords searches by the beginning of more words than are merged: the words
// of each candidate are compared, which takes a permission of its own.
func TestSearch_PrefixOfManyWords(t *testing.T) {
	t.Parallel()
	me, agent, beginning := customer(t), support(t), uniqueWord()
	var words []string
	for i := range 70 {
		words = append(words, fmt.Sprintf("%s%c%c", beginning, 'ا'+rune(i/10), 'ا'+rune(i%10)))
	}
	ticket := me.openTicket(nil)
	me.post(ticket.ID, strings.Join(words, " "), nil)
	for i := 0; i < len(words); i += 10 { // until all of them are indexed
		awaitSearch(agent, words[i], ticket.ID)
	}
	awaitSearch(agent, words[len(words)-1], ticket.ID)
	awaitSearch(agent, beginning, ticket.ID)
	awaitSearch(me, beginning, ticket.ID)
}

func TestSearch_AllTexts(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), uniqueWord()
	title := me.openTicket(object{"title": w + " عنوان"}).ID
	description := me.openTicket(object{"description": "در متن " + w + " آمده است."}).ID
	message := me.openTicket(nil).ID
	me.post(message, "می‌گویم "+w, nil)
	note := me.openTicket(nil).ID
	agent.post(note, w, object{"internal": true})
	retitled := me.openTicket(nil).ID
	me.mustCall(200, "PATCH", "/tickets/"+retitled, object{"title": "About " + w}, nil)
	customer(t).openTicket(nil)

	awaitSearch(agent, w, retitled, note, message, description, title)
	awaitSearch(me, w, retitled, message, description, title)
	awaitSearch(agent, w+" عنوان", title)
	awaitSearch(agent, "عنوان "+w, title)
	awaitSearch(agent, w[:10], retitled, note, message, description, title)
	awaitSearch(agent, w+" "+uniqueWord())
	awaitSearch(agent, w[2:])
}

// TestSearch_WithoutSpaces searches in scripts without spaces between words, and amounts.
func TestSearch_WithoutSpaces(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.openTicket(object{"title": "請求書を確認してください", "description": "ขอคืนเงินให้ฉัน ۱۲٬۵۰۰٬۰۰۰"}).ID
	for _, typed := range []string{"請求書", "確認してください", "คืนเงิน", "12500000", "12,500,000"} {
		awaitSearch(me, typed, id)
	}
}

func TestSearch_CustomerAndNumber(t *testing.T) {
	t.Parallel()
	agent, name := support(t), uniqueWord()
	user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara "+name)
	me := testUser{t, must(t, user, err)}
	first, second := me.openTicket(nil), me.openTicket(nil)
	local := "0" + strings.TrimPrefix(me.Profile.Phone, "+98")

	awaitSearch(agent, name, second.ID, first.ID)
	awaitSearch(agent, "sara "+name[:8], second.ID, first.ID)
	awaitSearch(agent, me.Profile.Phone+" "+name, second.ID, first.ID)
	for _, phone := range []string{me.Profile.Phone, local, local[:4] + " " + local[4:7] + " " + local[7:]} {
		eventually(t, phone+" is found", func() error {
			tickets, _, err := readAllPages(agent, "/tickets?q="+url.QueryEscape(phone))
			if found := ticketIDs(tickets); err == nil && !slices.Equal(found[:min(2, len(found))], []string{second.ID, first.ID}) {
				err = mismatch("tickets", found, "both")
			}
			return err
		})
	}
	for _, phone := range []string{first.Number, strings.ToLower(first.Number), strings.ReplaceAll(first.Number, "-", "")} {
		awaitSearch(agent, phone, first.ID)
		awaitSearch(me, phone, first.ID)
	}
}

func TestSearch_SpellingVariants(t *testing.T) {
	t.Parallel()
	me, w := customer(t), uniqueWord()
	persian := me.openTicket(object{"title": "کتاب‌های ۱۲۳ " + w}).ID
	joined := me.openTicket(object{"title": "كتابهاي ١٢٣ " + w}).ID
	spaced := me.openTicket(object{"title": "کِتاب های 123 " + w}).ID
	all := []string{spaced, joined, persian}
	for _, typed := range []string{"کتاب" + halfSpace + "های", "کتاب های", "کتابهای", "كتابهاي", "کتابه"} {
		awaitSearch(me, w+" "+typed, all...)
	}
	for _, typed := range []string{"۱۲۳", "١٢٣", "123", "12"} {
		awaitSearch(me, w+" "+typed, all...)
	}
	latin := me.openTicket(object{"title": "Café-CRÈME " + w}).ID
	for _, typed := range []string{"cafe", "CAFÉ-crème", "cafecreme", "creme"} {
		awaitSearch(me, w+" "+typed, latin)
	}
}

func TestSearch_OwnTicketsOnly(t *testing.T) {
	t.Parallel()
	me, other, agent, w := customer(t), customer(t), support(t), uniqueWord()
	mine, theirs := me.openTicket(object{"title": w}).ID, other.openTicket(object{"title": w}).ID
	awaitSearch(agent, w, theirs, mine)
	awaitSearch(me, w, mine)
	awaitSearch(other, w, theirs)
	secret := uniqueWord()
	agent.post(mine, secret, object{"internal": true})
	awaitSearch(agent, secret, mine)
	awaitSearch(me, secret)
	agent.post(mine, secret+" aloud", nil)
	awaitSearch(me, secret, mine)
}

func TestSearch_PaginationAndFilters(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), uniqueWord()
	var all []string
	for i := range 7 {
		all = append([]string{me.openTicket(object{"title": w, "priority": []string{"low", "urgent"}[i%2]}).ID}, all...)
	}
	awaitSearch(agent, w, all...)
	awaitSearch(me, w, all...)
	path := "/tickets?limit=2&q=" + url.QueryEscape(w)
	tickets, cursors, err := readAllPages(agent, path)
	equal(t, "pages of seven tickets", fmt.Sprint(len(tickets), len(cursors), err), "7 3 <nil>")
	awaitList(agent, path+"&priority=urgent", all, []string{all[1], all[3], all[5]})
	awaitList(me, path+"&priority=urgent&status=new", all, []string{all[1], all[3], all[5]})
	awaitList(agent, path+"&status=closed", all, nil)
	wantProblem(t, agent.call("GET", "/tickets?q="+url.QueryEscape(uniqueWord())+"&cursor="+url.QueryEscape(cursors[0]), nil), 400)
	wantProblem(t, me.call("GET", path+"&cursor="+url.QueryEscape(cursors[0]), nil), 400)
}

func TestSearch_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil).ID
	awaitSearch(me, "?!")
	awaitSearch(me, " ", ticket)
	problem := wantProblem(t, me.call("GET", "/tickets?q="+strings.Repeat("a+", 11), nil), 400)
	equal(t, "code", problem.Code, "bad_request")
}

func TestSearch_DeletedTicket(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), uniqueWord()
	kept, deleted := me.openTicket(object{"title": w}).ID, me.openTicket(object{"title": w}).ID
	awaitSearch(agent, w, deleted, kept)
	staff(t, adminPhone).mustCall(204, "DELETE", "/tickets/"+deleted, nil, nil)
	awaitSearch(agent, w, kept)
	awaitSearch(me, w, kept)
}

func TestSearchUsers(t *testing.T) {
	t.Parallel()
	admin, name := staff(t, adminPhone), uniqueWord()
	var want []string
	for range 3 {
		user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara "+name)
		want = append([]string{must(t, user, err).Profile.ID}, want...)
	}
	search := func(path string, want ...string) {
		t.Helper()
		eventually(t, path, func() error {
			var page client.List[client.UserProfile]
			if err := admin.call("GET", path, nil).Decode(200, &page); err != nil {
				return err
			}
			var found []string
			for _, u := range page.Data {
				found = append(found, u.ID)
			}
			if !slices.Equal(found, want) {
				return mismatch("users", found, want)
			}
			return nil
		})
	}
	path := "/users?q=" + url.QueryEscape(name)
	search(path, want...)
	search("/users?q="+url.QueryEscape("sara "+name[:10]), want...)
	search(path+"&limit=2", want[:2]...)
	search(path + "&role=support")
	search("/users?q=" + url.QueryEscape(name+" "+uniqueWord()))
}

// TestSearch_NumbersTagsAndScripts checks that digits are found as words of a text and as
// a phone number in any form, that staff find tags, and that spellings are unified.
func TestSearch_NumbersTagsAndScripts(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	number := fmt.Sprintf("%08d", rand.IntN(100_000_000))
	w := uniqueWord()
	ticket := me.openTicket(object{"description": "order 00" + number + " đường " + w}).ID
	agent.mustCall(200, "PATCH", "/tickets/"+ticket, object{"tags": []string{"tag" + number}}, nil)
	awaitSearch(agent, "00"+number, ticket)
	awaitSearch(me, "order 00"+number, ticket)
	awaitSearch(me, "DUONG "+w, ticket)
	awaitSearch(agent, "tag"+number, ticket)
	awaitSearch(me, "tag"+number)
	national := strings.TrimPrefix(me.Profile.Phone, "+98")
	for _, form := range []string{"0" + national, "+98 " + national, national, national[:3] + " " + national[3:6] + " " + national[6:]} {
		awaitSearch(agent, form, ticket)
	}
}

// TestSearch_FollowsChanges checks that a ticket is found by its present title, tags and
// customer and by no former ones, for customers and staff, and not by the name of a removed customer.
func TestSearch_FollowsChanges(t *testing.T) {
	t.Parallel()
	agent, admin := support(t), staff(t, adminPhone)
	words := make([]string, 8)
	for i := range words {
		words[i] = uniqueWord()
	}
	user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara "+words[0])
	me := testUser{t, must(t, user, err)}
	id := me.openTicket(object{"title": words[1], "description": words[7]}).ID
	agent.mustCall(200, "PATCH", "/tickets/"+id, object{"tags": []string{words[2]}}, nil)
	for _, word := range words[:3] {
		awaitSearch(agent, word, id)
	}
	me.mustCall(200, "PATCH", "/profile", object{"name": "Sara " + words[3]}, nil)
	me.mustCall(200, "PATCH", "/tickets/"+id, object{"title": words[4]}, nil)
	agent.mustCall(200, "PATCH", "/tickets/"+id, object{"tags": []string{words[5]}}, nil)
	for _, word := range words[3:6] {
		awaitSearch(agent, word, id)
	}
	for _, word := range words[:3] {
		awaitSearch(agent, word)
	}
	awaitSearch(me, words[1])
	awaitSearch(me, words[4], id)
	admin.mustCall(204, "DELETE", "/users/"+me.Profile.ID, nil, nil)
	awaitSearch(agent, words[3])
	awaitSearch(agent, me.Profile.Phone)
	awaitSearch(agent, words[7], id)
}
