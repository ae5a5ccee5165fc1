package partnercenter

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

var (
	errInvalidGrant   = errors.New("invalid_grant") // the standard's word for a refresh token that is not accepted
	errNoRefreshToken = errors.New("partnercenter: the file of the refresh token cannot be read, or is empty")
)

// maxRefreshToken is the longest refresh token in bytes; real ones have one or two thousand.
const maxRefreshToken = 64 << 10

// refreshFile keeps the newest refresh token. Each exchange gives a new one and the old ones die after 90 days, so the newest
// must outlive this process. Replicas may share the file: it is read before each use, and replaced as a whole, so that no
// reader ever sees half a token.
type refreshFile struct {
	path string

	mu sync.Mutex
	// unstored is the newest token while the file, which holds stale, cannot be written.
	stale, unstored string
}

// read gives the token to use.
func (f *refreshFile) read() (string, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return "", errNoRefreshToken
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxRefreshToken))
	token := strings.TrimSpace(string(data))
	if err != nil || token == "" {
		return "", errNoRefreshToken
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unstored != "" && token == f.stale {
		return f.unstored, nil
	}
	f.stale, f.unstored = token, ""
	return token, nil
}

// store puts the newest token in the place of the one it was exchanged for. When it fails the token is kept in memory.
func (f *refreshFile) store(newest string) error {
	err := f.write(newest)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil:
		f.unstored = newest
	default:
		f.stale, f.unstored = newest, ""
	}
	return err
}

// write replaces the file: a new one beside it, on the disk before it takes the name. Errors name the step, never content.
func (f *refreshFile) write(token string) (err error) {
	dir := filepath.Dir(f.path)
	temp, err := os.CreateTemp(dir, ".refresh-token-*") // made with mode 0600
	if err != nil {
		return step("create", err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if _, err := temp.WriteString(token + "\n"); err != nil {
		return step("write", err)
	}
	if err := temp.Sync(); err != nil {
		return step("sync", err)
	}
	if err := temp.Close(); err != nil {
		return step("close", err)
	}
	if err := os.Rename(temp.Name(), f.path); err != nil {
		return step("rename", err)
	}
	if folder, err := os.Open(dir); err == nil { // the name outlives a crash too, where folders can be synced
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

func step(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return errors.New("partnercenter: refresh token file: " + name + ": " + err.Error())
}
