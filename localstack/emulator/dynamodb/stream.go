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

// The stream is asked soon after something happened and seldom otherwise, but
// never without a breath: what is written meanwhile then comes in one batch, and
// who wrote it is through. AWS asks four times a second.
const (
	minPollInterval  = 100 * time.Millisecond
	idlePollInterval = 500 * time.Millisecond
)

// Stream feeds functions from the table's stream.
type Stream struct {
	URL           string // of the engine
	ARN           string
	CheckpointDir string // where positions are kept; empty keeps none
	NewTable      bool   // the table is new: nothing was written before its mappings
	Invoke        func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Send          func(queueARN, body string) error // to an on-failure queue
	Logf          func(string, ...any)

	mu      sync.Mutex
	readers []chan struct{}
}

// Notify says that something may have been written just now.
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

// reader is one mapping's way through the stream.
type reader struct {
	*Stream
	client    client
	mapping   Mapping
	notify    chan struct{}
	iterators map[string]string // by shard; an empty one means that the shard is closed and read
	// Positions are the sequence numbers of the last records done with, by shard.
	checkpoints map[string]string
}

// Run feeds one mapping's function until ctx ends. A record is done with when
// the function took it, or when it went to the on-failure queue; the position
// is kept after each batch, so a record may come twice but is never left out.
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
		got, err := r.poll(ctx)
		if err != nil && ctx.Err() == nil {
			s.Logf("%s: stream: %v", m.ID, err)
			clear(r.iterators)
			r.wait(ctx, time.Second)
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

// throttle waits, whatever happens meanwhile.
func (r *reader) throttle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// poll reads every open shard once and tells whether there was anything.
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
		clear(r.iterators) // look for the shards that follow
	}
	return got, nil
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
		// Wait once for more; what comes is then read with the same iterator.
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

// openShards finds the shards and where to go on in each.
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

// saveCheckpoint moves a shard's position and writes it down.
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
