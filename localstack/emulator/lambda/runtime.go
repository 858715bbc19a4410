package lambda

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI returns the handler of the Lambda Runtime API. All instances share it;
// the first path segment is the instance id.
func (m *Manager) runtimeAPI() http.Handler {
	const base = "/{instance}/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", m.withInstance(serveNext))
	mux.HandleFunc("POST "+base+"invocation/{id}/response", m.withInstance(serveResponse))
	mux.HandleFunc("POST "+base+"invocation/{id}/error", m.withInstance(serveError))
	mux.HandleFunc("POST "+base+"init/error", m.withInstance(func(inst *instance, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	return mux
}

// withInstance returns a handler that responds with 403 for an unknown instance.
func (m *Manager) withInstance(handle func(*instance, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, _ := m.instances.Load(r.PathValue("instance"))
		inst, known := found.(*instance)
		if !known {
			http.Error(w, `{"errorType":"Forbidden"}`, http.StatusForbidden)
			return
		}
		handle(inst, w, r)
	}
}

func serveNext(inst *instance, w http.ResponseWriter, r *http.Request) {
	inv := inst.pool.nextInvocation(inst, r.Context().Done())
	if inv == nil {
		w.WriteHeader(http.StatusGone)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	header.Set("Lambda-Runtime-Trace-Id", "Root=1-"+strconv.FormatInt(time.Now().Unix(), 16)+"-"+inv.id[:8]+inv.id[9:13]+inv.id[24:]+";Sampled=0")
	_, _ = w.Write(inv.payload) // instanceExited handles a process that has exited
}

func serveResponse(inst *instance, w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var failure *FunctionError
	if len(payload) > maxResult {
		failure = &FunctionError{Type: "Function.ResponseSizeTooLarge", Message: "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}
	}
	finishInvocation(inst, w, r, payload, failure)
}

func serveError(inst *instance, w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	failure := &FunctionError{Type: "Unhandled"}
	if err := json.Unmarshal(payload, failure); err != nil {
		failure.Message = string(payload)
	}
	finishInvocation(inst, w, r, payload, failure)
}

// finishInvocation completes an invocation. It responds with 202, or with 400 for a request
// id that is not running.
func finishInvocation(inst *instance, w http.ResponseWriter, r *http.Request, payload []byte, failure *FunctionError) {
	if !inst.pool.finish(inst, r.PathValue("id"), payload, failure) {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
