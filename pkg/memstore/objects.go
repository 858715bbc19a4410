package memstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"sync"
	"time"

	"ticketsystem/pkg/attachment"
)

var _ attachment.ObjectStore = (*Objects)(nil)

// Objects is an in-memory object store. It is safe for concurrent use.
type Objects struct {
	// Before, if set, runs before each operation but PresignGet. If it returns an
	// error, the operation fails with it.
	Before func(operation, key string) error

	mu      sync.Mutex
	content map[string]string
}

// Set stores an object.
func (o *Objects) Set(key, content string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.content == nil {
		o.content = map[string]string{}
	}
	o.content[key] = content
}

// Content returns a copy of all objects by key.
func (o *Objects) Content() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.content)
}

// before runs the hook.
func (o *Objects) before(operation, key string) error {
	if o.Before == nil {
		return nil
	}
	return o.Before(operation, key)
}

// get returns the content of an object, or attachment.ErrObjectNotFound.
func (o *Objects) get(operation, key string) (string, error) {
	if err := o.before(operation, key); err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	content, found := o.content[key]
	if !found {
		return "", attachment.ErrObjectNotFound
	}
	return content, nil
}

func etagOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// PresignPost implements attachment.ObjectStore.
func (o *Objects) PresignPost(_ context.Context, key, _ string, _ int64, _ string, _ time.Duration) (attachment.Upload, error) {
	if err := o.before("PresignPost", key); err != nil {
		return attachment.Upload{}, err
	}
	return attachment.Upload{URL: "https://bucket.example", Fields: map[string]string{"key": key}}, nil
}

// PresignGet implements attachment.ObjectStore.
func (o *Objects) PresignGet(_ context.Context, key, name, _ string, _ time.Duration) (string, error) {
	return "https://bucket.example/" + key + "?name=" + name, nil
}

// Head implements attachment.ObjectStore.
func (o *Objects) Head(_ context.Context, key string) (attachment.ObjectInfo, error) {
	content, err := o.get("Head", key)
	if err != nil {
		return attachment.ObjectInfo{}, err
	}
	return attachment.ObjectInfo{Size: int64(len(content)), ETag: etagOf(content)}, nil
}

// getIfMatch returns the content of an object with the given ETag.
func (o *Objects) getIfMatch(operation, key, etag string) (string, error) {
	if etag == "" {
		return "", errNoETag
	}
	content, err := o.get(operation, key)
	if err == nil && etagOf(content) != etag {
		return "", attachment.ErrObjectNotFound
	}
	return content, err
}

var errNoETag = errors.New("memstore: no ETag")

// ReadPrefix implements attachment.ObjectStore.
func (o *Objects) ReadPrefix(_ context.Context, key, etag string, n int64) ([]byte, error) {
	content, err := o.getIfMatch("ReadPrefix", key, etag)
	return []byte(content[:min(int64(len(content)), n)]), err
}

// Put implements attachment.ObjectStore.
func (o *Objects) Put(_ context.Context, key, _ string, content []byte) error {
	if err := o.before("Put", key); err != nil {
		return err
	}
	o.Set(key, string(content))
	return nil
}

// Copy implements attachment.ObjectStore.
func (o *Objects) Copy(_ context.Context, from, etag, to string) error {
	content, err := o.getIfMatch("Copy", from, etag)
	if err == nil {
		o.Set(to, content)
	}
	return err
}

// Delete implements attachment.ObjectStore.
func (o *Objects) Delete(_ context.Context, key string) error {
	if err := o.before("Delete", key); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.content, key)
	return nil
}
