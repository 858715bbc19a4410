package websocketapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// connectionID returns the id in /@connections/{id}, with or without a stage prefix.
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

// serveManagement serves the @connections API.
func (h *Handler) serveManagement(w http.ResponseWriter, r *http.Request, id string) {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		writeError(w, http.StatusForbidden, "ForbiddenException", "Missing Authentication Token")
		return
	}
	c := h.lookup(id)
	if c == nil {
		writeError(w, http.StatusGone, "GoneException", "")
		return
	}
	switch r.Method {
	case http.MethodPost:
		c.handlePost(w, r)
	case http.MethodDelete:
		h.unregister(c) // it neither sends nor receives any more
		c.send(nil)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // the client may have disconnected
			"connectedAt":  c.connectedAt.UTC().Format(time.RFC3339),
			"lastActiveAt": time.UnixMilli(c.lastActive.Load()).UTC().Format(time.RFC3339),
			"identity":     map[string]string{"sourceIp": c.identity.SourceIP, "userAgent": c.identity.UserAgent},
		})
	default:
		writeError(w, http.StatusForbidden, "ForbiddenException", "Missing Authentication Token")
	}
}

func (c *connection) handlePost(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessageBytes))
	switch {
	case err != nil:
		writeError(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
	case !c.send(data):
		writeError(w, http.StatusGone, "GoneException", "")
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // the client may have disconnected
}
