package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/idempotency"
)

// maxIdempotencyKey bounds the header in bytes.
const maxIdempotencyKey = 255

// stored is an answer as it is kept.
type stored struct {
	Status  int               `json:"s"`
	Headers map[string]string `json:"h,omitempty"`
	Cookies []string          `json:"c,omitempty"`
	Body    json.RawMessage   `json:"b,omitempty"`
}

// once runs an endpoint once for each Idempotency-Key of a person; a repeat
// gets the whole first answer. The answer is sealed with a key that takes the
// request itself to make, since some answers are tokens.
//
// What was refused for a moment (429, 5xx, conflict) is forgotten: the repeat
// is there to try it again.
//
// Errors: bad_request, idempotency_mismatch, idempotency_running.
func (s *Server) once(ctx context.Context, e Endpoint, r *Request, key string) (Response, error) {
	if len(key) > maxIdempotencyKey {
		return Response{}, fault.New(fault.BadRequest, "An Idempotency-Key may have at most 255 bytes.")
	}
	body, err := r.body()
	if err != nil {
		return Response{}, err
	}
	now := s.Now()
	record := idempotency.Record{
		Key:   hex.EncodeToString(s.Edge.MAC("idempotency-key", r.Who.UserID, r.Path, key)),
		Body:  hex.EncodeToString(s.Edge.MAC("idempotency-body", key, string(body))),
		Owner: r.ID, Since: now, ExpiresAt: now.Add(idempotency.Life),
	}
	earlier, err := s.Repeats.Begin(ctx, record, now.Add(-idempotency.Patience))
	if err != nil {
		return Response{}, err
	}
	aad := []byte(record.Key + key + string(body))
	if earlier != nil {
		return s.repeat(*earlier, record, aad)
	}
	response, err := e.Handle(ctx, r)
	if err != nil {
		response = s.problem(ctx, r, err)
	}
	if passing(response.Status) {
		return response, s.Repeats.Abandon(ctx, record)
	}
	plain, err := freeze(response)
	if err != nil {
		return Response{}, err
	}
	record.Answer = s.Edge.Seal("idempotency-answer", plain, aad)
	if err := s.Repeats.Finish(ctx, record); err != nil {
		// The effect stands; only its memory is lost.
		s.Log.ErrorContext(ctx, "idempotency record not stored", slog.String("requestId", r.ID), slog.Any("error", err))
	}
	return response, nil
}

// passing says whether an answer may be another one in a moment.
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusConflict || status >= http.StatusInternalServerError
}

func freeze(r Response) ([]byte, error) {
	s := stored{Status: r.Status, Headers: r.Headers, Cookies: r.Cookies}
	if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return nil, err
		}
		s.Body = body
	}
	return json.Marshal(s)
}

// repeat answers from the earlier record.
func (s *Server) repeat(earlier, now idempotency.Record, aad []byte) (Response, error) {
	switch {
	case earlier.Body != now.Body:
		return Response{}, fault.New(fault.IdempotencyMismatch, "")
	case earlier.Answer == "":
		return Response{}, fault.New(fault.IdempotencyRunning, "").WithRetryAfter(idempotency.Patience / 30)
	}
	plain, err := s.Edge.Open("idempotency-answer", earlier.Answer, aad)
	if err != nil {
		return Response{}, err
	}
	var answer stored
	if err := json.Unmarshal(plain, &answer); err != nil {
		return Response{}, err
	}
	out := Response{Status: answer.Status, Headers: answer.Headers, Cookies: answer.Cookies}.with("idempotency-replayed", "true")
	if answer.Body != nil {
		out.Body = answer.Body
	}
	return out, nil
}
