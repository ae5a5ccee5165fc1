// Package keys makes and reads the NKEYs with which each program signs in to NATS.
//
// Model: one file per user, "<user>.nk", in one folder that only its owner may read;
// the seed never leaves its file, the public key stands in the server's user list.
// Guarantees: a key that exists is kept, so that running setup again changes nothing.
package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// File is where a user's seed lies.
func File(dir, user string) string { return filepath.Join(dir, user+".nk") }

// Ensure makes the user's key if it has none, and returns its public part.
func Ensure(dir, user string) (public string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the key folder: %w", err)
	}
	raw, err := os.ReadFile(File(dir, user))
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir, user)
	}
	if err != nil {
		return "", fmt.Errorf("read the key of %s: %w", user, err)
	}
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(raw))))
	if err != nil {
		return "", fmt.Errorf("the key in %s is not an NKEY seed: %w", File(dir, user), err)
	}
	return pair.PublicKey()
}

func create(dir, user string) (string, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("make a key for %s: %w", user, err)
	}
	seed, err := pair.Seed()
	if err != nil {
		return "", fmt.Errorf("make a key for %s: %w", user, err)
	}
	if err := Write(File(dir, user), append(seed, '\n')); err != nil {
		return "", fmt.Errorf("store the key of %s: %w", user, err)
	}
	return pair.PublicKey()
}

// Write stores a secret so that a crash leaves the whole file or none.
func Write(file string, secret []byte) error {
	tmp := file + ".new"
	if err := os.WriteFile(tmp, secret, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}
