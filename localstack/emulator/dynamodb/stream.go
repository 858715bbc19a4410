package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The stream is polled after a notification and every idlePollInterval, but at most
// once per minPollInterval, so that concurrent writes arrive in one batch. AWS polls
// four times a second.
const (
	minPollInterval  = 100 * time.Millisecond
	idlePollInterval = 500 * time.Millisecond
)

// Stream invokes functions with the records of the table's stream.
type Stream struct {
	URL           string // of the engine
	ARN           string
	CheckpointDir string // where checkpoints are stored, or empty
	NewTable      bool   // the table was created in this run, so mappings start at its first record
	Invoke        func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Send          func(queueARN, body string) error // to an on-failure queue
	Logf          func(string, ...any)

	mu       sync.Mutex
	readers  []chan struct{}
	progress map[string]Progress // by function
}

// Progress is how far a function has processed the stream.
type Progress struct {
	Records  int       // processed records that match the filters; those that are repeated count once
	CaughtUp time.Time // every record that was written before has been processed
}

// Progress returns how far a function has processed the stream.
func (s *Stream) Progress(function string) Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress[function]
}

func (s *Stream) setProgress(function string, set func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress == nil {
		s.progress = map[string]Progress{}
	}
	p := s.progress[function]
	set(&p)
	s.progress[function] = p
}

// Notify makes the readers poll soon, because the table may have changed.
func (s *Stream) Notify() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reader := range s.readers {
		select {
		case reader <- struct{}{}:
		default:
		}
	}
}

// reader reads the stream for one mapping.
type reader struct {
	*Stream
	client    client
	mapping   Mapping
	notify    chan struct{}
	iterators map[string]string // by shard; empty for a closed shard that has been read
	// checkpoints are the sequence numbers of the last processed records, by shard.
	checkpoints map[string]string
}

// Run processes the stream for one mapping until ctx ends. A record is processed when
// the function succeeded or the record went to the on-failure queue. Checkpoints are
// saved after each batch, so records may be delivered twice but are not skipped.
func (s *Stream) Run(ctx context.Context, m Mapping) {
	r := &reader{Stream: s, client: client{s.URL}, mapping: m, notify: make(chan struct{}, 1),
		iterators: map[string]string{}, checkpoints: map[string]string{}}
	s.mu.Lock()
	s.readers = append(s.readers, r.notify)
	s.mu.Unlock()
	if err := r.loadCheckpoints(); err != nil {
		s.Logf("%s: %v", m.ID, err)
	}
	for ctx.Err() == nil {
		began := time.Now()
		got, err := r.poll(ctx)
		if err != nil && ctx.Err() == nil {
			s.Logf("%s: stream: %v", m.ID, err)
			clear(r.iterators)
			r.wait(ctx, time.Second)
		}
		if err == nil && !got {
			s.setProgress(m.Function, func(p *Progress) { p.CaughtUp = began })
		}
		if !got {
			r.wait(ctx, idlePollInterval)
		}
		r.throttle(ctx, minPollInterval)
	}
}

func (r *reader) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-r.notify:
	case <-time.After(d):
	}
}

// throttle waits without reacting to notifications.
func (r *reader) throttle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// poll reads every open shard once and reports whether there were records, or may be in the
// shards that follow.
func (r *reader) poll(ctx context.Context) (got bool, err error) {
	if len(r.iterators) == 0 {
		if err := r.openShards(ctx); err != nil {
			return false, err
		}
	}
	open := 0
	for shard, iterator := range r.iterators {
		if iterator == "" {
			continue
		}
		open++
		found, err := r.readShard(ctx, shard, iterator)
		if err != nil {
			return got, err
		}
		got = got || found
	}
	if open == 0 {
		clear(r.iterators) // reopen with the following shards
	}
	return got || open == 0, nil
}

func (r *reader) readShard(ctx context.Context, shard, iterator string) (bool, error) {
	var page struct {
		Records           []map[string]any
		NextShardIterator string
	}
	get := map[string]any{"ShardIterator": iterator, "Limit": 1000}
	if err := r.client.call(ctx, "GetRecords", get, &page); err != nil {
		return false, err
	}
	if n := len(page.Records); n > 0 && n < r.mapping.BatchSize && r.mapping.BatchWindow > 0 {
		// Wait once for a full batch, then read again with the same iterator.
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(r.mapping.BatchWindow):
		}
		if err := r.client.call(ctx, "GetRecords", get, &page); err != nil {
			return false, err
		}
	}
	if len(page.Records) > 0 {
		if err := r.process(ctx, shard, page.Records); err != nil {
			return false, err
		}
	}
	r.iterators[shard] = page.NextShardIterator
	return len(page.Records) > 0, nil
}

// openShards gets an iterator for each shard, at its checkpoint if there is one.
func (r *reader) openShards(ctx context.Context) error {
	var stream struct {
		StreamDescription struct {
			Shards []struct{ ShardId string }
		}
	}
	if err := r.client.call(ctx, "DescribeStream", map[string]any{"StreamArn": r.ARN}, &stream); err != nil {
		return err
	}
	for _, shard := range stream.StreamDescription.Shards {
		request := map[string]any{"StreamArn": r.ARN, "ShardId": shard.ShardId, "ShardIteratorType": "TRIM_HORIZON"}
		if last := r.checkpoints[shard.ShardId]; last != "" {
			request["ShardIteratorType"], request["SequenceNumber"] = "AFTER_SEQUENCE_NUMBER", last
		} else if !r.mapping.FromStart && !r.NewTable {
			request["ShardIteratorType"] = "LATEST"
		}
		var response struct{ ShardIterator string }
		if err := r.client.call(ctx, "GetShardIterator", request, &response); err != nil {
			return err
		}
		r.iterators[shard.ShardId] = response.ShardIterator
	}
	return nil
}

// saveCheckpoint sets and stores the checkpoint of a shard.
func (r *reader) saveCheckpoint(shard, sequence string) error {
	r.checkpoints[shard] = sequence
	if r.CheckpointDir == "" {
		return nil
	}
	text, err := json.Marshal(r.checkpoints)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.checkpointFile()+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(r.checkpointFile()+".new", r.checkpointFile())
}

func (r *reader) loadCheckpoints() error {
	if r.CheckpointDir == "" {
		return nil
	}
	if err := os.MkdirAll(r.CheckpointDir, 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(r.checkpointFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r.checkpoints)
	}
	if err != nil {
		return fmt.Errorf("position in the stream: %w", err)
	}
	return nil
}

func (r *reader) checkpointFile() string { return filepath.Join(r.CheckpointDir, r.mapping.ID+".json") }
