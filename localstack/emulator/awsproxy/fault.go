package awsproxy

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Fault is a fault that is injected into a call.
type Fault int

// Faults.
const (
	None            Fault = iota // the call is forwarded
	KillBefore                   // the instance is killed with SIGKILL; the call is not forwarded
	KillAfter                    // the call is forwarded; the instance is killed before the response
	Throttle                     // the service returns its throttling error
	Conflict                     // DynamoDB returns a transaction conflict
	CloseConnection              // the connection closes; the call is not forwarded
	DropResponse                 // the call is forwarded; the connection closes before the response
	Hang                         // the call is forwarded; the response is never sent
)

func (f Fault) String() string {
	return [...]string{"none", "kill before", "kill after", "throttle", "conflict", "close connection", "drop response", "hang"}[f]
}

// Kills reports whether the fault kills the instance.
func (f Fault) Kills() bool { return f == KillBefore || f == KillAfter }

// writeThrottle writes the throttling error of the call's service.
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

// writeConflict writes DynamoDB's transaction conflict for a write. Other operations
// have no such error and are throttled.
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
	_ = json.NewEncoder(w).Encode(document) // the client may have disconnected
}

func writeText(w http.ResponseWriter, text string) {
	_, _ = w.Write([]byte(text)) // the client may have disconnected
}
