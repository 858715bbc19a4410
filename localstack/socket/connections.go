package socket

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// connectionID finds the id in /@connections/{id}, with a stage before it or not.
func connectionID(path string) (string, bool) {
	_, rest, ok := strings.Cut(path, "/@connections/")
	if !ok || rest == "" {
		return "", false
	}
	if id, err := url.PathUnescape(rest); err == nil {
		return id, true // some clients escape the id twice
	}
	return rest, true
}

// connections is the API that functions speak to sockets with.
func (h *Handler) connections(w http.ResponseWriter, r *http.Request, id string) {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		refuse(w, http.StatusForbidden, "ForbiddenException", "Missing Authentication Token")
		return
	}
	s := h.socket(id)
	if s == nil {
		refuse(w, http.StatusGone, "GoneException", "")
		return
	}
	switch r.Method {
	case http.MethodPost:
		s.post(w, r)
	case http.MethodDelete:
		h.remove(s) // from now on nothing reaches it, and it reaches nothing
		s.send(nil)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // a caller that went away needs no answer
			"connectedAt":  s.connectedAt.UTC().Format(time.RFC3339),
			"lastActiveAt": time.UnixMilli(s.lastActive.Load()).UTC().Format(time.RFC3339),
			"identity":     s.identity,
		})
	default:
		refuse(w, http.StatusForbidden, "ForbiddenException", "Missing Authentication Token")
	}
}

func (s *socket) post(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	switch {
	case err != nil:
		refuse(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
	case !s.send(data):
		refuse(w, http.StatusGone, "GoneException", "")
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // a caller that went away needs no answer
}
