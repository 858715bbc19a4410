package iamcheck

import "slices"

// Exception is the reason for a permission that the end-to-end suite does not use.
type Exception struct {
	Functions []string // folders; empty for all
	Action    string
	Resource  string   // pattern of its ARN; empty for all
	Keys      []string // patterns of partition keys that the policy must have; empty for all
	Reason    string
}

func exceptionFor(g Grant, exceptions []Exception) string {
	for _, e := range exceptions {
		if e.Action == g.Action && (len(e.Keys) == 0 || slices.Contains(e.Keys, g.Key)) && (len(e.Functions) == 0 || slices.Contains(e.Functions, g.Function)) && (e.Resource == "" || matchARN(e.Resource, g.Resource)) {
			return e.Reason
		}
	}
	return ""
}

// Exceptions returns the exceptions of this project. The named code needs these
// permissions, but the suite cannot or must not trigger it.
func Exceptions() []Exception {
	return slices.Concat(presigned(), transient(), notCovered())
}

// presigned returns exceptions for presigned URLs: S3 checks the permissions of the
// signer when the URL is used.
func presigned() []Exception {
	return []Exception{
		{[]string{"attachment-create"}, "s3:PutObject", "", nil, "It signs the URL of the client's upload."},
		{[]string{"account-export", "attachment-get", "picture-get"}, "s3:GetObject", "", nil, "It signs the URL of the client's download."},
	}
}

// transient returns exceptions for code that runs after temporary failures and lost
// connections.
func transient() []Exception {
	idempotent := []string{
		"attachment-create", "broadcast-cancel", "broadcast-create", "category-create", "delivery-retry", "email-code-send", "email-confirm", "message-post", "notification-read",
		"otp-send", "password-reset", "push-subscription-create", "phone-change", "connect-token-create", "session-logout", "ticket-assign", "ticket-close", "ticket-create", "ticket-read", "ticket-reopen",
		"ticket-status", "token-refresh", "user-create", "account-login", "account-signup",
	}
	publishers := []string{
		"ticket-update", "ticket-close", "ticket-reopen", "ticket-status", "ticket-assign", "message-post", "socket-disconnect", "socket-default", "socket-subscribe",
		"socket-unsubscribe", "socket-message", "socket-typing", "socket-read", "socket-ping", "user-update", "user-delete", "stream-deliver",
	}
	records, lost := "All POST routes store responses with an Idempotency-Key, and release the key after a temporary failure (409, 429, 5xx).",
		"A connection that was lost without $disconnect is deleted when a push to it fails."
	return []Exception{
		{idempotent, "dynamodb:PutItem", "", []string{"I#*"}, records},
		{idempotent, "dynamodb:DeleteItem", "", []string{"I#*"}, records},
		{publishers, "dynamodb:GetItem", "", []string{"C#*"}, lost},
		{publishers, "dynamodb:DeleteItem", "", []string{"C#*", "W#*"}, lost},
		{[]string{"notification-send", "code-send"}, "sqs:ChangeMessageVisibility", "", nil, "A failed delivery is hidden until its next attempt."},
		{[]string{"notification-send"}, "sqs:SendMessage", "", nil, "A throttled delivery is sent to the queue again."},
	}
}

// notCovered returns exceptions for code that needs days, thousands of users or the
// deletion of the stack.
func notCovered() []Exception {
	days := "Changes tickets without activity for days; localstack/tests/conformance tests this with a simulated clock."
	replay := "Restores what is missing; in the suite nothing is."
	automate, broadcast := []string{"ticket-automate"}, "A broadcast to all users or to a role; the users of the suite are shared, so it lists user ids."
	return []Exception{
		{automate, "dynamodb:GetItem", "", []string{"U#*"}, days},
		{automate, "dynamodb:Query", "", []string{"T#*"}, days},
		{automate, "dynamodb:PutItem", "", []string{"N#*", "T#*"}, days},
		{automate, "dynamodb:UpdateItem", "", []string{"N#*", "T#*"}, days},
		{automate, "dynamodb:DeleteItem", "", []string{"T#*"}, days},
		{[]string{"broadcast-run"}, "dynamodb:Query", "*/index/owner-created", []string{"R#*"}, broadcast},
		{[]string{"broadcast-run"}, "dynamodb:Query", "*/index/all-created", []string{"USERS"}, broadcast},
		{[]string{"broadcast-run"}, "sqs:SendMessage", "", nil, "A broadcast that exceeds the time limit continues in the next invocation."},
		{[]string{"admin-grant", "password-reset", "phone-change", "stream-deliver"}, "dynamodb:BatchWriteItem", "", []string{"U#*"},
			"Deletes sessions beyond the size of a transaction, and those that were created while rights were revoked."},
		{[]string{"account-login", "account-signup", "email-confirm", "password-reset", "phone-change"}, "dynamodb:UpdateItem", "", []string{"O#*", "R#*"}, "Counts wrong codes."},
		{[]string{"email-feedback"}, "dynamodb:DeleteItem", "", []string{"SUPPRESSED"}, "A report about the address of a user who was deleted meanwhile."},
		{[]string{"stream-project"}, "dynamodb:PutItem", "", []string{"REVOKED"}, "Blocks a user who writes too much."},
		{[]string{"stream-project"}, "dynamodb:BatchWriteItem", "", []string{"N#*", "SUPPRESSED"}, "Erases a deleted user."},
		{[]string{"stream-project"}, "dynamodb:UpdateItem", "", []string{"BROADCAST"}, "Skips the pending deliveries of a deleted user."},
		{[]string{"projection-replay"}, "dynamodb:BatchWriteItem", "", []string{"K#c#*", "K#s#*", "K#t#*", "K#u#*", "T#*"}, replay},
		{[]string{"projection-replay"}, "dynamodb:BatchGetItem", "", []string{"K#c#*", "K#s#*", "K#t#*", "K#u#*"}, replay},
		{[]string{"projection-replay"}, "dynamodb:PutItem", "", []string{"A#*", "K#t#*"}, replay},
		{nil, "ssm:GetParameter", "*:parameter/*/app-key", nil, "An instance reads the application key when a request first needs it: for a cursor, a stored response, a picture."},
		{[]string{"code-send", "notification-send"}, "ssm:GetParameter", "*:parameter/*/sms-secret", nil, "The suite sends SMS through SNS; a test of its own has a stack with a provider."},
		{[]string{"signing-key-create"}, "ssm:GetParameter", "", nil, "An update of the stack reads the existing key."},
		{[]string{"signing-key-create"}, "ssm:DeleteParameter", "", nil, "The key is deleted with the stack."},
		{[]string{"export-run"}, "s3:DeleteObject", "", nil, "Erases the file of a user who is deleted while it is made."},
		{[]string{"user-list"}, "dynamodb:Query", "", []string{"K#t#*"}, "A prefix of more than 64 words compares the words of each candidate; the suite may have fewer users."},
		{[]string{"attachment-process", "health-report"}, "s3:ListBucket", "", nil, "Without this permission S3 returns 403 instead of 404 for a missing object."},
		{[]string{"socket-message"}, "dynamodb:BatchGetItem", "", []string{"F#*"}, "A message with attachments; the suite sends these over HTTP."},
		{[]string{"socket-message"}, "dynamodb:UpdateItem", "", []string{"F#*", "T#*"}, "A message with attachments, or that reopens a ticket; the suite sends these over HTTP."},
	}
}
