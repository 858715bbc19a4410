package awsproxy

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Fault is what becomes of a call.
type Fault int

// The faults.
const (
	None            Fault = iota // nothing: it goes its way
	KillBefore                   // the instance is killed (SIGKILL); the call never goes out
	KillAfter                    // the call is done; the instance is killed before it learns of it
	Throttle                     // the service says that it is called too often
	Conflict                     // DynamoDB says that another transaction is under way
	CloseConnection              // the connection ends, the call never goes out
	DropResponse                 // the call is done; the connection ends before the answer
	Hang                         // the call is done; the answer never comes, the caller waits until it gives up
)

func (f Fault) String() string {
	return [...]string{"pass", "kill before", "kill after", "throttle", "conflict", "cut", "lose answer", "hang"}[f]
}

// Kills tells whether the fault ends the process.
func (f Fault) Kills() bool { return f == KillBefore || f == KillAfter }

// writeThrottle refuses a call in its service's own words.
func writeThrottle(w http.ResponseWriter, c Call) {
	switch c.Service {
	case "dynamodb":
		writeError(w, http.StatusBadRequest, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "Rate exceeded")
	case "s3":
		w.WriteHeader(http.StatusServiceUnavailable)
		writeText(w, `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
	case "sns", "ses":
		w.WriteHeader(http.StatusBadRequest)
		writeText(w, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`)
	case "execute-api":
		writeError(w, http.StatusTooManyRequests, "LimitExceededException", "Rate exceeded")
	default:
		writeError(w, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	}
}

// writeConflict refuses a write as DynamoDB does when another transaction holds one
// of its items. Other calls know no such thing and are throttled.
func writeConflict(w http.ResponseWriter, c Call) {
	const namespace = "com.amazonaws.dynamodb.v20120810#"
	switch c.Operation {
	case "PutItem", "UpdateItem", "DeleteItem":
		writeError(w, http.StatusBadRequest, namespace+"TransactionConflictException", "Transaction is ongoing for the item")
	case "TransactWriteItems":
		reasons := make([]map[string]string, len(c.Permissions))
		codes := make([]string, len(c.Permissions))
		for i := range reasons {
			reasons[i], codes[i] = map[string]string{"Code": "None"}, "None"
		}
		if len(reasons) > 0 {
			reasons[0], codes[0] = map[string]string{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, "TransactionConflict"
		}
		writeJSON(w, http.StatusBadRequest, map[string]any{
			"__type":  namespace + "TransactionCanceledException",
			"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]", "CancellationReasons": reasons,
		})
	default:
		writeThrottle(w, c)
	}
}

func writeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	writeJSON(w, status, map[string]any{"__type": kind, "message": message})
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a caller that went away needs no answer
}

func writeText(w http.ResponseWriter, text string) {
	_, _ = w.Write([]byte(text)) // a caller that went away needs no answer
}
