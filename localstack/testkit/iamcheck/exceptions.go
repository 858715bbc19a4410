package iamcheck

import "slices"

// Exception is the reason for a permission that the end-to-end suite does not use.
type Exception struct {
	Functions []string // folders; empty for all
	Action    string
	Resource  string // pattern of its ARN; empty for all
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

// Exceptions returns the exceptions of this project. The named code needs these
// permissions, but the suite cannot or must not trigger it.
func Exceptions() []Exception {
	return slices.Concat(presigned(), transient(), notCovered())
}

// presigned returns exceptions for presigned URLs: S3 checks the permissions of the
// signer when the URL is used.
func presigned() []Exception {
	return []Exception{
		{[]string{"attachment-create"}, "s3:PutObject", "", "It signs the URL of the client's upload."},
		{[]string{"attachment-get", "picture-get"}, "s3:GetObject", "", "It signs the URL of the client's download."},
	}
}

// transient returns exceptions for code that runs after temporary failures and lost
// connections.
func transient() []Exception {
	return []Exception{
		{[]string{
			"attachment-create", "broadcast-cancel", "broadcast-create", "category-create", "email-code-send", "email-confirm", "message-post", "notification-read",
			"otp-send", "password-reset", "phone-change", "connect-token-create", "session-logout", "ticket-assign", "ticket-close", "ticket-create", "ticket-read", "ticket-reopen",
			"ticket-status", "token-refresh", "user-create",
		}, "dynamodb:DeleteItem", "", "A request that failed temporarily (409, 429, 5xx) releases its Idempotency-Key; all POST routes share this code."},
		{[]string{"socket-default", "socket-message", "socket-ping", "socket-read", "socket-typing", "ticket-update"}, "dynamodb:DeleteItem", "",
			"A connection that was lost without $disconnect is deleted when a push to it fails."},
		{[]string{"notification-send", "code-send"}, "sqs:ChangeMessageVisibility", "", "A failed delivery is hidden until its next attempt."},
	}
}

// notCovered returns exceptions for code that needs days, thousands of users or the
// deletion of the stack.
func notCovered() []Exception {
	days := "Changes tickets without activity for days; localstack/tests/conformance tests this with a simulated clock."
	return []Exception{
		{[]string{"ticket-automate"}, "dynamodb:GetItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:Query", "", days},
		{[]string{"ticket-automate"}, "dynamodb:PutItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:UpdateItem", "", days},
		{[]string{"ticket-automate"}, "dynamodb:DeleteItem", "", days},
		{[]string{"broadcast-run"}, "dynamodb:Query", "*/index/*", "A broadcast to all users or to a role; the users of the suite are shared, so it lists user ids."},
		{[]string{"broadcast-run"}, "sqs:SendMessage", "", "A broadcast that exceeds the time limit continues in the next invocation."},
		{[]string{"password-reset"}, "dynamodb:BatchWriteItem", "", "Sessions beyond the size of a transaction are deleted in batches."},
		{[]string{"stream-deliver"}, "dynamodb:BatchWriteItem", "",
			"Deletes sessions that were created while rights were revoked, or that a crashed function left."},
		{[]string{"signing-key-create"}, "ssm:GetParameter", "", "An update of the stack reads the existing key."},
		{[]string{"signing-key-create"}, "ssm:DeleteParameter", "", "The key is deleted with the stack."},
		{[]string{"health-report"}, "s3:ListBucket", "", "Without this permission S3 returns 403 instead of 404 for a missing object."},
		{[]string{"socket-message"}, "dynamodb:BatchGetItem", "", "A message with attachments; the suite sends these over HTTP."},
		{[]string{"socket-message"}, "dynamodb:UpdateItem", "", "A message that reopens a ticket; the suite sends these over HTTP."},
	}
}
