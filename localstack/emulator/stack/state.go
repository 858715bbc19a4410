package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/sqs"
)

// openState locks the data folder and opens what is stored in it.
func (s *Stack) openState() error {
	if !s.options.InMemory {
		if err := s.lockDataDir(); err != nil {
			return err
		}
	}
	var err error
	if s.customResources, err = newCustomResources(s.dataPath("custom.json")); err != nil {
		return err
	}
	s.customResources.url, s.customResources.invoke, s.customResources.logf = s.ServicesURL+"/custom/", s.Invoke, s.logf
	if s.services, err = awsapi.New(s.dataPath("")); err != nil {
		return err
	}
	s.services.Invoke, s.services.Notify = s.Invoke, s.invokeWithRetries
	s.services.Subscriptions = func() awsapi.Subscriptions { return s.reload().subscriptions }
	s.stream = &dynamodb.Stream{CheckpointDir: s.dataPath("streams"), Invoke: s.Invoke, Send: s.services.Queues.Send, Logf: s.logf}
	s.poller = &sqs.Poller{Queues: s.services.Queues, Invoke: s.Invoke, Logf: s.logf}
	s.closers = append(s.closers, func() {
		if err := s.services.Close(); err != nil {
			s.logf("outbox: %v", err)
		}
	})
	return nil
}

// lockDataDir prevents two stacks from using the same data folder.
func (s *Stack) lockDataDir() error {
	if err := os.MkdirAll(s.options.DataDir, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(s.dataPath("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("the data in %s is in use by another stack; stop it or choose another one with DATA_DIR", s.options.DataDir), file.Close())
	}
	s.closers = append(s.closers, func() { _ = file.Close() }) // releases the lock
	return nil
}

// dataPath returns a path in the data folder, or "" if nothing is stored.
func (s *Stack) dataPath(name string) string {
	if s.options.InMemory {
		return ""
	}
	return filepath.Join(s.options.DataDir, name)
}
