package awsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// jsonFile stores one value as JSON. Without a path it does nothing.
type jsonFile struct{ path string }

func newJSONFile(folder, name string) jsonFile {
	if folder == "" {
		return jsonFile{}
	}
	return jsonFile{filepath.Join(folder, name)}
}

func (f jsonFile) load(value any) error {
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

func (f jsonFile) save(value any) error {
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
