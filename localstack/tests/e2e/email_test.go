package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/app"
)

// confirmEmail sets a confirmed email address in the table, without the mailed code.
func (u testUser) confirmEmail(address string) {
	u.t.Helper()
	u.mustCall(200, "PATCH", "/profile", object{"email": address}, nil)
	env := app.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": suite.local.DynamoDBURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	_, err := dynamodb.NewFromConfig(env.AWS("DYNAMODB")).UpdateItem(u.t.Context(), &dynamodb.UpdateItemInput{
		TableName:        &suite.local.TableName,
		Key:              map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "U#" + u.Profile.ID}, "SK": &types.AttributeValueMemberS{Value: "~U"}},
		UpdateExpression: aws.String("SET emailVerified = :yes"), ExpressionAttributeValues: map[string]types.AttributeValue{":yes": &types.AttributeValueMemberBOOL{Value: true}},
	})
	if err != nil {
		u.t.Fatal(err)
	}
}

func (u testUser) sentMails(address string) []client.Email {
	u.t.Helper()
	mails, err := suite.api.Emails(u.t.Context(), address)
	return must(u.t, mails, err)
}

// TestEmail_SentOnce checks that one email per notification is sent to a confirmed
// address, in the user's language. It needs the local stack.
func TestEmail_SentOnce(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, other, agent := customer(t), customer(t), support(t)
	address, persian := strings.ToLower(me.Profile.ID)+"@example.com", strings.ToLower(other.Profile.ID)+"@example.com"
	me.confirmEmail(address)
	other.confirmEmail(persian)
	other.mustCall(200, "PATCH", "/profile", object{"locale": "fa", "notifications": object{"sms": false}}, nil)
	mine, theirs := me.openTicket(object{"title": "A <b>parcel</b>"}), other.openTicket(object{"title": "بسته"})
	again := object{"clientId": client.NewID(), "body": "We look into it & response."}
	agent.mustCall(201, "POST", "/tickets/"+mine.ID+"/messages", again, nil)
	agent.mustCall(200, "POST", "/tickets/"+mine.ID+"/messages", again, nil)
	agent.post(theirs.ID, "بررسی می‌کنیم", nil)

	n := me.awaitNotifications(1)[0]
	equal(t, "email and SMS", deliveryOutcome(n, "email")+", "+deliveryOutcome(n, "sms"), "sent, sent")
	mails := me.sentMails(address)
	if len(mails) != 1 || len(me.sentTexts()) != 1 {
		t.Fatalf("got %d emails and %d SMS, want one of each", len(mails), len(me.sentTexts()))
	}
	equal(t, "subject", mails[0].Subject, "New reply: A <b>parcel</b>")
	if !strings.Contains(mails[0].Text, "We look into it & response.") || !strings.Contains(mails[0].HTML, `dir="ltr"`) ||
		!strings.Contains(mails[0].HTML, "&amp; response.") || strings.Contains(mails[0].HTML, "<b>") {
		t.Errorf("got %s\n%s", mails[0].Text, mails[0].HTML)
	}
	n = other.awaitNotifications(1)[0]
	equal(t, "email and SMS", deliveryOutcome(n, "email")+", "+deliveryOutcome(n, "sms"), "sent, skipped choice")
	mails = other.sentMails(persian)
	if len(mails) != 1 || mails[0].Subject != "پاسخ تازه: بسته" || !strings.Contains(mails[0].HTML, `lang="fa" dir="rtl"`) || len(other.sentTexts()) != 0 {
		t.Errorf("got %+v and SMS %q", mails, other.sentTexts())
	}
}

// TestEmail_InternationalDomain checks that mail to a domain in Persian letters is sent, in the
// ASCII form that SES accepts, and that the profile shows the domain as it was entered.
func TestEmail_InternationalDomain(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, agent := customer(t), support(t)
	local := strings.ToLower(me.Profile.ID)
	me.confirmEmail(local + "@مثال.ایران")
	agent.post(me.openTicket(nil).ID, "hello", nil)
	equal(t, "the email", deliveryOutcome(me.awaitNotifications(1)[0], "email"), "sent")
	equal(t, "mails", len(me.sentMails(local+"@xn--mgbh0fb.xn--mgba3a4f16a")), 1)
	var profile client.UserProfile
	me.get("/profile", &profile)
	equal(t, "email", profile.Email, local+"@مثال.ایران")
	wantProblem(t, me.call("PATCH", "/profile", object{"email": "a@مثال\u06632.ایران"}), 422)
	refused := wantProblem(t, me.call("PATCH", "/profile", object{"email": "سارا@مثال.ایران"}), 422)
	equal(t, "an address that SES cannot send to", refused.Errors[0].Pointer+" "+refused.Errors[0].Code, "/email not_ascii")
}

// TestEmail_BounceSuppresses checks that after a bounce or complaint no email is sent,
// and that the address is not confirmed any more.
func TestEmail_BounceSuppresses(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	for _, inbox := range []string{"bounce", "complaint"} {
		t.Run(inbox, func(t *testing.T) {
			t.Parallel()
			me, agent := customer(t), support(t)
			address := inbox + "+" + strings.ToLower(me.Profile.ID) + "@simulator.amazonses.com"
			me.confirmEmail(address)
			ticket := me.openTicket(nil)
			agent.post(ticket.ID, "first", nil)
			equal(t, "the first email", deliveryOutcome(me.awaitNotifications(1)[0], "email"), "sent")
			eventually(t, "the address is not confirmed", func() error {
				var profile client.UserProfile
				me.get("/profile", &profile)
				if profile.EmailVerified {
					return mismatch("emailVerified", true, false)
				}
				return nil
			})
			me.confirmEmail(address) // confirmed again, but still suppressed
			agent.post(ticket.ID, "second", nil)
			equal(t, "the second email", deliveryOutcome(me.awaitNotifications(2)[0], "email"), "skipped suppressed")
			equal(t, "mails", len(me.sentMails(address)), 1)
		})
	}
}

// TestEmail_Suppressions checks that an administrator lists the suppressed addresses and
// lifts a suppression, in any letter case, which is recorded.
func TestEmail_Suppressions(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, agent, boss := customer(t), support(t), seededAdmin(t)
	address := "bounce+" + strings.ToLower(me.Profile.ID) + "@simulator.amazonses.com"
	me.confirmEmail(address)
	agent.post(me.openTicket(nil).ID, "hello", nil)
	find := func() (reason string) {
		path := "/admin/suppressions?limit=100"
		for {
			var page struct {
				Data []struct{ Address, Reason string }
				Page struct{ Next string }
			}
			boss.get(path, &page)
			for _, one := range page.Data {
				if one.Address == address {
					return one.Reason
				}
			}
			if page.Page.Next == "" {
				return ""
			}
			path = "/admin/suppressions?limit=100&cursor=" + page.Page.Next
		}
	}
	eventually(t, "the suppression", func() error {
		if got := find(); got != "bounce" {
			return mismatch("reason", got, "bounce")
		}
		return nil
	})
	path := "/admin/suppressions/" + url.PathEscape(strings.ToUpper(address[:1])+address[1:])
	boss.mustCall(204, "DELETE", path, nil, nil)
	wantProblem(t, boss.call("DELETE", path, nil), 404)
	equal(t, "reason afterwards", find(), "")
	wantProblem(t, boss.call("GET", "/admin/suppressions?cursor=x", nil), 400)
	equal(t, "audit", boss.findAudit("suppression.removed"), "b…@simulator.amazonses.com")
}

// findAudit returns the target of the newest audit record of an action.
func (u testUser) findAudit(action string) string {
	u.t.Helper()
	var page struct {
		Data []struct{ Action, Target string }
	}
	u.get("/admin/audit?limit=100", &page)
	for _, r := range page.Data {
		if r.Action == action {
			return r.Target
		}
	}
	return ""
}
