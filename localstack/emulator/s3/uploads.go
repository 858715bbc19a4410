package s3

import (
	"slices"
	"sync"
	"time"
)

const maxUploads = 100

// Upload is the upload of a POST form.
type Upload struct {
	At    time.Time `json:"at"`
	Key   string    `json:"key"`
	Type  string    `json:"type"`
	Size  int64     `json:"size"`            // bytes that were read
	Error string    `json:"error,omitempty"` // code and message, if the upload was refused
}

// uploads holds the latest uploads.
type uploads struct {
	mu     sync.Mutex
	latest []Upload
}

func (u *uploads) add(upload Upload, e *s3Error) {
	if e != nil {
		upload.Error = e.code + ": " + e.message
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.latest = append(u.latest, upload); len(u.latest) > maxUploads {
		u.latest = u.latest[1:]
	}
}

// Uploads returns the latest uploads, newest first.
func (s *Server) Uploads() []Upload {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	list := slices.Clone(s.uploads.latest)
	slices.Reverse(list)
	return append([]Upload{}, list...)
}
