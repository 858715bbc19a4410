package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/client"
	"ticketsystem/pkg/wiring"
)

// confirm gives a person an address that counts as confirmed, past the code
// that is mailed: these tests are about other mail.
func (a actor) confirm(address string) {
	a.t.Helper()
	a.must(200, "PATCH", "/profile", object{"email": address}, nil)
	env := wiring.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": suite.local.DynamoDBURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	_, err := dynamodb.NewFromConfig(env.AWS("DYNAMODB")).UpdateItem(a.t.Context(), &dynamodb.UpdateItemInput{
		TableName:        &suite.local.TableName,
		Key:              map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "U#" + a.User.ID}, "SK": &types.AttributeValueMemberS{Value: "~U"}},
		UpdateExpression: aws.String("SET emailVerified = :yes"), ExpressionAttributeValues: map[string]types.AttributeValue{":yes": &types.AttributeValueMemberBOOL{Value: true}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a actor) mails(address string) []client.Mail {
	a.t.Helper()
	mails, err := suite.api.Mails(a.t.Context(), address)
	return got(a.t, mails, err)
}

// TestMailIsSentOnce to a confirmed address, in the person's language. Only the
// local stack shows mails.
func TestMailIsSentOnce(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, other, agent := customer(t), customer(t), support(t)
	address, persian := strings.ToLower(me.User.ID)+"@example.com", strings.ToLower(other.User.ID)+"@example.com"
	me.confirm(address)
	other.confirm(persian)
	other.must(200, "PATCH", "/profile", object{"locale": "fa", "notifications": object{"sms": false}}, nil)
	mine, theirs := me.open(object{"title": "A <b>parcel</b>"}), other.open(object{"title": "بسته"})
	again := object{"clientId": client.NewID(), "body": "We look into it & answer."}
	agent.must(201, "POST", "/tickets/"+mine.ID+"/messages", again, nil)
	agent.must(200, "POST", "/tickets/"+mine.ID+"/messages", again, nil)
	agent.post(theirs.ID, "بررسی می‌کنیم", nil)

	n := me.awaitNotices(1)[0]
	same(t, "mail and SMS", outcome(n, "email")+", "+outcome(n, "sms"), "sent, sent")
	mails := me.mails(address)
	if len(mails) != 1 || len(me.told()) != 1 {
		t.Fatalf("got %d mails and %d texts, want one of each", len(mails), len(me.told()))
	}
	same(t, "subject", mails[0].Subject, "New reply: A <b>parcel</b>")
	if !strings.Contains(mails[0].Text, "We look into it & answer.") || !strings.Contains(mails[0].HTML, `dir="ltr"`) ||
		!strings.Contains(mails[0].HTML, "&amp; answer.") || strings.Contains(mails[0].HTML, "<b>") {
		t.Errorf("got %s\n%s", mails[0].Text, mails[0].HTML)
	}
	n = other.awaitNotices(1)[0]
	same(t, "mail and SMS", outcome(n, "email")+", "+outcome(n, "sms"), "sent, skipped choice")
	mails = other.mails(persian)
	if len(mails) != 1 || mails[0].Subject != "پاسخ تازه: بسته" || !strings.Contains(mails[0].HTML, `lang="fa" dir="rtl"`) || len(other.told()) != 0 {
		t.Errorf("got %+v and texts %q", mails, other.told())
	}
}

// TestBouncesStopMail: after the first bounce, or complaint, there is no more
// mail to the address, and it does not count as confirmed.
func TestBouncesStopMail(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	for _, box := range []string{"bounce", "complaint"} {
		t.Run(box, func(t *testing.T) {
			t.Parallel()
			me, agent := customer(t), support(t)
			address := box + "+" + strings.ToLower(me.User.ID) + "@simulator.amazonses.com"
			me.confirm(address)
			ticket := me.open(nil)
			agent.post(ticket.ID, "first", nil)
			same(t, "the first mail", outcome(me.awaitNotices(1)[0], "email"), "sent")
			eventually(t, "the address is not confirmed", func() error {
				var profile client.User
				me.get("/profile", &profile)
				if profile.EmailVerified {
					return wrong("emailVerified", true, false)
				}
				return nil
			})
			me.confirm(address) // it would be read, but it still bounces
			agent.post(ticket.ID, "second", nil)
			same(t, "the second mail", outcome(me.awaitNotices(2)[0], "email"), "skipped suppressed")
			same(t, "mails", len(me.mails(address)), 1)
		})
	}
}
