package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

// halfSpace is what joins the parts of a Persian word (ZWNJ).
const halfSpace = "\u200c"

// word is one that no other test says, in Persian letters.
func word() string {
	letters := []rune("بپتجچخدرزسشفقگلمنوه")
	var w strings.Builder
	for range 8 {
		w.WriteRune(letters[rand.IntN(len(letters))])
	}
	return w.String()
}

// finds waits until a search gives exactly these tickets, in this order.
func finds(a actor, typed string, want ...string) {
	a.t.Helper()
	path := "/tickets?limit=2&q=" + url.QueryEscape(typed)
	eventually(a.t, fmt.Sprintf("%q is searched", typed), func() error {
		tickets, _, err := walk(a, path)
		if err == nil && !slices.Equal(ids(tickets), want) {
			err = wrong("tickets", ids(tickets), want)
		}
		return err
	})
}

func TestSearchLooksEverywhere(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), word()
	title := me.open(object{"title": w + " عنوان"}).ID
	description := me.open(object{"description": "در متن " + w + " آمده است."}).ID
	message := me.open(nil).ID
	me.post(message, "می‌گویم "+w, nil)
	note := me.open(nil).ID
	agent.post(note, w, object{"internal": true})
	retitled := me.open(nil).ID
	me.must(200, "PATCH", "/tickets/"+retitled, object{"title": "About " + w}, nil)
	customer(t).open(nil)

	finds(agent, w, retitled, note, message, description, title)
	finds(me, w, retitled, message, description, title)
	finds(agent, w+" عنوان", title)
	finds(agent, "عنوان "+w, title)
	finds(agent, w[:10], retitled, note, message, description, title)
	finds(agent, w+" "+word())
	finds(agent, w[2:])
}

func TestSearchByWhoAndNumber(t *testing.T) {
	t.Parallel()
	agent, name := support(t), word()
	person, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara "+name)
	me := actor{t, got(t, person, err)}
	first, second := me.open(nil), me.open(nil)
	local := "0" + strings.TrimPrefix(me.User.Phone, "+98")

	finds(agent, name, second.ID, first.ID)
	finds(agent, "sara "+name[:8], second.ID, first.ID)
	finds(agent, me.User.Phone+" "+name, second.ID, first.ID)
	for _, phone := range []string{me.User.Phone, local, local[:4] + " " + local[4:7] + " " + local[7:]} {
		eventually(t, phone+" is searched", func() error {
			tickets, _, err := walk(agent, "/tickets?q="+url.QueryEscape(phone))
			if found := ids(tickets); err == nil && !slices.Equal(found[:min(2, len(found))], []string{second.ID, first.ID}) {
				err = wrong("tickets", found, "both")
			}
			return err
		})
	}
	for _, number := range []string{first.Number, strings.ToLower(first.Number), strings.ReplaceAll(first.Number, "-", "")} {
		finds(agent, number, first.ID)
		finds(me, number, first.ID)
	}
}

func TestSearchKnowsHowPeopleWrite(t *testing.T) {
	t.Parallel()
	me, w := customer(t), word()
	persian := me.open(object{"title": "کتاب‌های ۱۲۳ " + w}).ID
	joined := me.open(object{"title": "كتابهاي ١٢٣ " + w}).ID
	spaced := me.open(object{"title": "کِتاب های 123 " + w}).ID
	all := []string{spaced, joined, persian}
	for _, typed := range []string{"کتاب" + halfSpace + "های", "کتاب های", "کتابهای", "كتابهاي", "کتابه"} {
		finds(me, w+" "+typed, all...)
	}
	for _, typed := range []string{"۱۲۳", "١٢٣", "123", "12"} {
		finds(me, w+" "+typed, all...)
	}
	latin := me.open(object{"title": "Café-CRÈME " + w}).ID
	for _, typed := range []string{"cafe", "CAFÉ-crème", "cafecreme", "creme"} {
		finds(me, w+" "+typed, latin)
	}
}

func TestSearchIsForOneselfAlone(t *testing.T) {
	t.Parallel()
	me, other, agent, w := customer(t), customer(t), support(t), word()
	mine, theirs := me.open(object{"title": w}).ID, other.open(object{"title": w}).ID
	finds(agent, w, theirs, mine)
	finds(me, w, mine)
	finds(other, w, theirs)
	secret := word()
	agent.post(mine, secret, object{"internal": true})
	finds(agent, secret, mine)
	finds(me, secret)
	agent.post(mine, secret+" aloud", nil)
	finds(me, secret, mine)
}

func TestSearchPagesAndFilters(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), word()
	var all []string
	for i := range 7 {
		all = append([]string{me.open(object{"title": w, "priority": []string{"low", "urgent"}[i%2]}).ID}, all...)
	}
	finds(agent, w, all...)
	finds(me, w, all...)
	path := "/tickets?limit=2&q=" + url.QueryEscape(w)
	tickets, cursors, err := walk(agent, path)
	same(t, "pages of seven tickets", fmt.Sprint(len(tickets), len(cursors), err), "7 3 <nil>")
	holds(agent, path+"&priority=urgent", all, []string{all[1], all[3], all[5]})
	holds(me, path+"&priority=urgent&status=new", all, []string{all[1], all[3], all[5]})
	holds(agent, path+"&status=closed", all, nil)
	refused(t, agent.call("GET", "/tickets?q="+url.QueryEscape(word())+"&cursor="+url.QueryEscape(cursors[0]), nil), 400)
	refused(t, me.call("GET", path+"&cursor="+url.QueryEscape(cursors[0]), nil), 400)
}

func TestSearchForNothing(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil).ID
	finds(me, "?!")
	finds(me, " ", ticket)
	problem := refused(t, me.call("GET", "/tickets?q="+strings.Repeat("a+", 11), nil), 400)
	same(t, "code", problem.Code, "bad_request")
}

func TestSearchForgetsDeletedTickets(t *testing.T) {
	t.Parallel()
	me, agent, w := customer(t), support(t), word()
	stays, goes := me.open(object{"title": w}).ID, me.open(object{"title": w}).ID
	finds(agent, w, goes, stays)
	staff(t, adminPhone).must(204, "DELETE", "/tickets/"+goes, nil, nil)
	finds(agent, w, stays)
	finds(me, w, stays)
}

func TestAdministratorsSearchPeople(t *testing.T) {
	t.Parallel()
	admin, name := staff(t, adminPhone), word()
	var want []string
	for range 3 {
		person, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara "+name)
		want = append([]string{got(t, person, err).User.ID}, want...)
	}
	find := func(path string, want ...string) {
		t.Helper()
		eventually(t, path, func() error {
			var page client.List[client.User]
			if err := admin.call("GET", path, nil).Into(200, &page); err != nil {
				return err
			}
			var found []string
			for _, u := range page.Data {
				found = append(found, u.ID)
			}
			if !slices.Equal(found, want) {
				return wrong("people", found, want)
			}
			return nil
		})
	}
	path := "/users?q=" + url.QueryEscape(name)
	find(path, want...)
	find("/users?q="+url.QueryEscape("sara "+name[:10]), want...)
	find(path+"&limit=2", want[:2]...)
	find(path + "&role=support")
	find("/users?q=" + url.QueryEscape(name+" "+word()))
}
