package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// maxIdempotencyKey is the maximum length of the header in bytes.
const maxIdempotencyKey = 255

// storedResponse is the JSON form of a stored response.
type storedResponse struct {
	Status  int               `json:"s"`
	Headers map[string]string `json:"h,omitempty"`
	Cookies []string          `json:"c,omitempty"`
	Body    json.RawMessage   `json:"b,omitempty"`
}

// idempotent runs an endpoint once per user, path and Idempotency-Key. A retry gets the stored
// response, unless the user's role has changed: it may show what only staff see. Transient
// failures (409, 412, 429, 5xx) are not stored, so that a retry runs the endpoint again.
//
// It fails with bad_request, idempotency_mismatch or idempotency_running. Responses may contain
// tokens; their key is derived from the Idempotency-Key and the body too, which are not
// stored, so that the table and the application key do not suffice to read them.
func (s *Server) idempotent(ctx context.Context, e Endpoint, r *Request, key string) (Response, error) {
	if len(key) > maxIdempotencyKey {
		return Response{}, apperr.New(apperr.BadRequest, "The Idempotency-Key must have at most 255 bytes.")
	}
	body, err := r.body()
	if err != nil {
		return Response{}, err
	}
	now := s.Now()
	record := idempotency.Record{
		Key:      hex.EncodeToString(s.Key.MAC("idempotency-key", requester(r.Principal), r.Path, key)),
		BodyHash: hex.EncodeToString(s.Key.MAC("idempotency-body", key, string(body))),
		Owner:    r.ID, StartedAt: now, ExpiresAt: now.Add(idempotency.TTL),
	}
	earlier, err := s.Idempotency.BeginRequest(ctx, record, now.Add(-idempotency.InProgressTimeout))
	if err != nil {
		return Response{}, err
	}
	sealer := s.Key.Derive("idempotency-answer", record.Key, key, string(body))
	if earlier != nil {
		return replayStored(*earlier, record, sealer)
	}
	response, err := e.run(ctx, r)
	if err != nil {
		response = s.problemResponse(ctx, r, err)
	}
	if isTransient(response.Status) {
		return response, s.Idempotency.ReleaseRequest(ctx, record)
	}
	plain, err := encodeStored(response)
	if err != nil {
		return Response{}, err
	}
	record.Response = sealer.Seal("idempotency-answer", plain, nil)
	s.keyCounts.stored(r.Principal, now, record.Response)
	if err := s.Idempotency.CompleteRequest(ctx, record); err != nil {
		// The request has succeeded. Only a retry is affected: it runs again.
		s.Log.ErrorContext(ctx, "idempotency record not stored", slog.String("requestId", r.ID), slog.Any("error", err))
	}
	return response, nil
}

// isTransient reports whether a retry may get another status. One of a 412 sends another If-Match.
func isTransient(status int) bool {
	switch status {
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// encodeStored encodes a response for storage.
func encodeStored(r Response) ([]byte, error) {
	s := storedResponse{Status: r.Status, Headers: r.Headers, Cookies: r.Cookies}
	if r.Body != nil {
		body, err := wire.Marshal(r.Body)
		if err != nil {
			return nil, err
		}
		s.Body = body
	}
	return wire.Marshal(s)
}

// replayStored returns the response of an earlier request with the same key.
func replayStored(earlier, now idempotency.Record, sealer auth.SecretKey) (Response, error) {
	switch {
	case earlier.BodyHash != now.BodyHash:
		return Response{}, apperr.New(apperr.IdempotencyMismatch, "")
	case earlier.Response == "":
		return Response{}, apperr.New(apperr.IdempotencyInProgress, "").WithRetryAfter(idempotency.InProgressTimeout / 30)
	}
	plain, err := sealer.Open("idempotency-answer", earlier.Response, nil)
	if err != nil {
		return Response{}, err
	}
	var stored storedResponse
	if err := json.Unmarshal(plain, &stored); err != nil {
		return Response{}, err
	}
	out := Response{Status: stored.Status, Headers: stored.Headers, Cookies: stored.Cookies}.with("idempotency-replayed", "true")
	if stored.Body != nil {
		out.Body = stored.Body
	}
	return out, nil
}

// requester returns whose retries get a stored response: the user, and for staff also the role.
func requester(p user.Principal) string {
	if p.Role.IsStaff() {
		return p.UserID + " " + string(p.Role)
	}
	return p.UserID
}
