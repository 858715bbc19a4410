package contract

import (
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/testkit/iamcheck"
)

// TestPolicies_LeadingKeys checks that every function is restricted to some kinds of
// items, and that the functions of GET routes cannot write, except to the session of a
// cookie and a wrong count of unread notifications. The end-to-end suite compares the policies with the calls.
func TestPolicies_LeadingKeys(t *testing.T) {
	stack, grants := loadGrants(t)
	readers := map[string]bool{}
	for _, f := range functions(t, stack) {
		readers[f.Folder] = len(f.Events) > 0 && f.Folder != "health-report" && f.Folder != "account-export" // one sends a heartbeat through the stream, one starts a job
		for _, e := range f.Events {
			readers[f.Folder] = readers[f.Folder] && samtemplate.String(e.Properties["Method"]) == "GET"
		}
	}
	for _, g := range grants {
		if strings.HasPrefix(g.Action, "dynamodb:") {
			if g.IsWildcard() {
				t.Errorf("%s: got no dynamodb:LeadingKeys; see ADR 0020", g)
			}
			touch := g.Action == "dynamodb:UpdateItem" && g.Key == "U#*" && g.Attributes == iamcheck.SessionUse
			count := g.Function == "notification-list" && g.Action == "dynamodb:UpdateItem" && g.Key == "N#*" && g.Attributes == "PK SK c g un"
			if readers[g.Function] && !touch && !count && iamcheck.IsWrite(g.Action) {
				t.Errorf("%s: the function only reads", g)
			}
		}
	}
}

// TestPolicies_ExactKeys checks which functions may write the items that give rights or record
// actions: a function cannot delete or change its audit records, and only those that open and
// subscribe sockets can write whose a socket is.
func TestPolicies_ExactKeys(t *testing.T) {
	_, grants := loadGrants(t)
	allowed := map[string][]string{ // functions, nil for any
		"dynamodb:PutItem AUDIT": nil, "dynamodb:UpdateItem AUDIT": {"stream-project", "projection-replay"},
		"dynamodb:DeleteItem C#*": nil, "dynamodb:PutItem C#*": {"socket-connect"}, "dynamodb:UpdateItem C#*": {"socket-subscribe", "socket-unsubscribe", "stream-deliver"},
		"dynamodb:DeleteItem W#*": nil, "dynamodb:PutItem W#*": {"socket-connect", "socket-subscribe"},
	}
	for _, g := range grants {
		if !iamcheck.IsWrite(g.Action) || !slices.Contains([]string{"AUDIT", "C#*", "W#*"}, g.Key) {
			continue
		}
		functions, known := allowed[g.Action+" "+g.Key]
		if !known || functions != nil && !slices.Contains(functions, g.Function) {
			t.Errorf("%s: the function does not need it; see ADR 0020", g)
		}
	}
}

// loadGrants returns the template and the permissions of its functions.
func loadGrants(t *testing.T) (*samtemplate.Template, []iamcheck.Grant) {
	t.Helper()
	stack, _ := load(t)
	stack.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return "arn:aws:any:any:any:" + r.ID, nil }
	grants, err := iamcheck.Grants(stack)
	if err != nil {
		t.Fatal(err)
	}
	return stack, grants
}

// TestPolicies_Sender checks that the senders of e-mail may use any verified identity, because SES
// checks the address, its domain or a domain above it, and in its sandbox the recipient's, and that
// they may send from SenderAddress alone.
func TestPolicies_Sender(t *testing.T) {
	const sender = "help@mail.example.com"
	stack, err := samtemplate.Load(templateFile, map[string]string{"SenderAddress": sender})
	if err != nil {
		t.Fatal(err)
	}
	stack.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	grants, err := iamcheck.Grants(stack)
	if err != nil {
		t.Fatal(err)
	}
	grants = slices.DeleteFunc(grants, func(g iamcheck.Grant) bool { return g.Action != "ses:SendEmail" })
	for _, function := range []string{"email-code-send", "notification-send"} {
		for _, identity := range []string{sender, "mail.example.com", "example.com", "sara@elsewhere.ir"} {
			for _, from := range []string{sender, "ceo@example.com", ""} {
				var calls iamcheck.Recorder
				calls.Observe(awsproxy.Call{Function: function, Permissions: []awsproxy.Permission{
					{Action: "ses:SendEmail", Resource: "arn:aws:ses:us-east-1:000000000000:identity/" + identity, Sender: from},
				}})
				if missing := calls.Compare(grants, nil).Missing; (len(missing) == 0) != (from == sender) {
					t.Errorf("%s, from %q, identity %s: got %v", function, from, identity, missing)
				}
			}
		}
	}
}

// TestTemplate_SenderAddress checks that the sender is an address that SES accepts and that IAM
// compares as it is, without a name.
func TestTemplate_SenderAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"": true, "help@example.com": true, "Help.Desk+tickets@mail.example.co.uk": true, "no-reply@xn--mgbh0fb.xn--mgba3a4f16a": true, "o'neil_1@a-b.ir": true,
		"Shop <help@example.com>": false, "help": false, "help@localhost": false, "a@b@example.com": false, "a@example.com,b@example.com": false,
		"help@مثال.ایران": false, "راهنما@example.com": false, "a b@example.com": false, "${aws:username}@example.com": false, "*@example.com ": false,
	} {
		if _, err := samtemplate.Load(templateFile, map[string]string{"SenderAddress": address}); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", address, err, want)
		}
	}
}
