package privileges

import "slices"

// Reason says why a grant is needed though the suite does not use it.
type Reason struct {
	Functions []string // folders; empty for all
	Action    string
	Resource  string // a pattern of its ARN; empty for all
	Why       string
}

func excuse(g Grant, reasons []Reason) string {
	for _, r := range reasons {
		if r.Action == g.Action && (len(r.Functions) == 0 || slices.Contains(r.Functions, g.Function)) && (r.Resource == "" || match(r.Resource, g.Resource)) {
			return r.Why
		}
	}
	return ""
}

// Reasons are those of this house. What they excuse is called by the code that
// they name; the suite cannot, or must not, bring it about.
func Reasons() []Reason {
	return slices.Concat(signed(), passing(), rare())
}

// signed: S3 asks for the leave of who signed an address, when it is used.
func signed() []Reason {
	return []Reason{
		{[]string{"attachment-create"}, "s3:PutObject", "", "It signs the address that the client uploads to."},
		{[]string{"attachment-get", "picture-get"}, "s3:GetObject", "", "It signs the address that the client downloads from."},
	}
}

// passing: what was refused for a moment, and who went away in the meantime.
func passing() []Reason {
	return []Reason{
		{[]string{
			"attachment-create", "broadcast-cancel", "broadcast-create", "category-create", "email-code-send", "email-confirm", "message-post", "notification-read",
			"otp-send", "password-reset", "phone-change", "realtime-ticket", "session-logout", "ticket-assign", "ticket-close", "ticket-create", "ticket-read", "ticket-reopen",
			"ticket-status", "token-refresh", "user-create",
		}, "dynamodb:DeleteItem", "", "An Idempotency-Key whose request was refused for a moment (409, 429, 5xx) is forgotten; all POST routes share that code."},
		{[]string{"socket-default", "socket-message", "socket-ping", "socket-read", "socket-typing", "ticket-update"}, "dynamodb:DeleteItem", "",
			"A socket that has gone without a word is forgotten when something is pushed to it."},
		{[]string{"delivery-send"}, "sqs:ChangeMessageVisibility", "", "A delivery that failed is hidden until its next try."},
	}
}

// rare: what takes days, thousands of people, or the end of the stack.
func rare() []Reason {
	days := "Tickets that have stood still for days are moved on; localstack/conformance does that with a clock of its own."
	return []Reason{
		{[]string{"ticket-time"}, "dynamodb:GetItem", "", days},
		{[]string{"ticket-time"}, "dynamodb:Query", "", days},
		{[]string{"ticket-time"}, "dynamodb:PutItem", "", days},
		{[]string{"ticket-time"}, "dynamodb:UpdateItem", "", days},
		{[]string{"ticket-time"}, "dynamodb:DeleteItem", "", days},
		{[]string{"broadcast-run"}, "dynamodb:Query", "*/index/*", "A broadcast to all, or to all of a role; the suite's people are shared, so it names them."},
		{[]string{"broadcast-run"}, "sqs:SendMessage", "", "A broadcast that is not finished in time goes on in the next invocation."},
		{[]string{"password-reset"}, "dynamodb:BatchWriteItem", "", "More sessions than one transaction takes end in batches."},
		{[]string{"stream-deliver"}, "dynamodb:BatchWriteItem", "",
			"Sessions are ended that slipped in while somebody lost rights, or that the function left which took them and died."},
		{[]string{"key-make"}, "ssm:GetParameter", "", "An update of the stack finds the key that is there."},
		{[]string{"key-make"}, "ssm:DeleteParameter", "", "The key goes with the stack."},
		{[]string{"health-report"}, "s3:ListBucket", "", "Who may not list a bucket is told 403, and not 404, of an object that is not there."},
		{[]string{"socket-message"}, "dynamodb:BatchGetItem", "", "A message with files; the suite sends those over HTTP."},
		{[]string{"socket-message"}, "dynamodb:UpdateItem", "", "A message that reopens a ticket; the suite sends those over HTTP."},
	}
}
