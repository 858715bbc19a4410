// Package repo finds the root of the repository.
package repo

import (
	"errors"
	"os"
	"path/filepath"
)

// Root returns the nearest folder with a go.mod file, from the working directory
// upward. It returns an error if there is none.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("the working directory is not inside the repository")
		}
		folder = parent
	}
}

// MustRoot is Root for tests. It panics instead of returning an error.
func MustRoot() string {
	root, err := Root()
	if err != nil {
		panic(err)
	}
	return root
}
