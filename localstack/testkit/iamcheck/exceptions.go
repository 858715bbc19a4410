package iamcheck

import "slices"

// Exception says why a grant is needed though the suite does not use it.
type Exception struct {
	Functions []string // folders; empty for all
	Action    string
	Resource  string // a pattern of its ARN; empty for all
	Reason    string
}

func exceptionFor(g Grant, exceptions []Exception) string {
	for _, e := range exceptions {
		if e.Action == g.Action && (len(e.Functions) == 0 || slices.Contains(e.Functions, g.Function)) && (e.Resource == "" || matchARN(e.Resource, g.Resource)) {
			return e.Reason
		}
	}
	return ""
}

// Exceptions are those of this house. What they excuse is called by the code that
// they name; the suite cannot, or must not, bring it about.
func Exceptions() []Exception {
	return slices.Concat(presigned(), transient(), notCovered())
}

// presigned: S3 asks for the leave of who signed an address, when it is used.
func presigned() []Exception {
	return []Exception{
		{[]string{"attachment-create"}, "s3:PutObject", "", "It signs the address that the client uploads to."},
		{[]string{"attachment-get", "picture-get"}, "s3:GetObject", "", "It signs the address that the client downloads from."},
	}
}

// transient: what was refused for a moment, and who went away in the meantime.
func transient() []Exception {
	return []Exception{
		{[]string{
			"attachment-create", "broadcast-cancel", "broadcast-create", "category-create", "email-code-send", "email-confirm", "message-post", "notification-read",
			"otp-send", "password-reset", "phone-change", "connect-token-create", "session-logout", "ticket-assign", "ticket-close", "ticket-create", "ticket-read", "ticket-reopen",
			"ticket-status", "token-refresh", "user-create",
		}, "dynamodb:DeleteItem", "", "An Idempotency-Key whose request was refused for a moment (409, 429, 5xx) is forgotten; all POST routes share that code."},
		{[]string{"socket-default", "socket-message", "socket-ping", "socket-read", "socket-typing", "ticket-update"}, "dynamodb:DeleteItem", "",
			"A socket that has gone without a word is forgotten when something is pushed to it."},
		{[]string{"notification-send"}, "sqs:ChangeMessageVisibility", "", "A delivery that failed is hidden until its next try."},
	}
}

// notCovered: what takes days, thousands of people, or the end of the stack.
func notCovered() []Exception {
	days := "Tickets that have stood still for days are moved on; localstack/tests/conformance does that with a clock of its own."
	return []Exception{
		{[]string{"ticket-automate"}, "dynamodb:GetItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:Query", "", days},
		{[]string{"ticket-automate"}, "dynamodb:PutItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:UpdateItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:DeleteItem", "", days},
		{[]string{"broadcast-run"}, "dynamodb:Query", "*/index/*", "A broadcast to all, or to all of a role; the suite's people are shared, so it names them."},
		{[]string{"broadcast-run"}, "sqs:SendMessage", "", "A broadcast that is not finished in time goes on in the next invocation."},
		{[]string{"password-reset"}, "dynamodb:BatchWriteItem", "", "More sessions than one transaction takes end in batches."},
		{[]string{"stream-deliver"}, "dynamodb:BatchWriteItem", "",
			"Sessions are ended that slipped in while somebody lost rights, or that the function left which took them and died."},
		{[]string{"signing-key-create"}, "ssm:GetParameter", "", "An update of the stack finds the key that is there."},
		{[]string{"signing-key-create"}, "ssm:DeleteParameter", "", "The key goes with the stack."},
		{[]string{"health-report"}, "s3:ListBucket", "", "Who may not list a bucket is told 403, and not 404, of an object that is not there."},
		{[]string{"socket-message"}, "dynamodb:BatchGetItem", "", "A message with files; the suite sends those over HTTP."},
		{[]string{"socket-message"}, "dynamodb:UpdateItem", "", "A message that reopens a ticket; the suite sends those over HTTP."},
	}
}
