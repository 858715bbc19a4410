package dashboard

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"ticketsystem/localstack/emulator/awsapi"
)

// handlePush is the push service of the browsers of a local stack (RFC 8030). It keeps the
// encrypted message in the outbox. A device whose name begins with "gone" has unsubscribed.
func (cfg Config) handlePush(w http.ResponseWriter, r *http.Request) {
	device := r.PathValue("device")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	switch {
	case strings.HasPrefix(device, "gone"):
		w.WriteHeader(http.StatusGone)
		return
	case err != nil:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("TTL") == "" || !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t="):
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	message := awsapi.Message{Channel: "push", To: device, Subject: r.Header.Get("Authorization"), Body: base64.StdEncoding.EncodeToString(body)}
	if err := cfg.Outbox.Add(message); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}
