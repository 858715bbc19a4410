package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// file keeps one value as JSON. Without a path it keeps nothing.
type file struct{ path string }

func newFile(folder, name string) file {
	if folder == "" {
		return file{}
	}
	return file{filepath.Join(folder, name)}
}

func (f file) load(value any) error {
	if f.path == "" {
		return nil
	}
	text, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

func (f file) save(value any) error {
	if f.path == "" {
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(f.path+".new", f.path)
}
