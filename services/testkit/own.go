package testkit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/seatflow/seatflow/services/kit/pgserver"
)

const (
	startTimeout = 2 * time.Minute
	scratchName  = "seatflow-testpg-"
	lockSuffix   = ".lock"
	freshFor     = time.Minute // a folder younger than this may not be locked yet
)

// startOwn runs the machine's own programs, without syncing to disk: the data is worth nothing after the test.
func startOwn(ctx context.Context) (server, error) {
	bin, err := pgserver.Find()
	if err != nil {
		return server{}, err
	}
	dir, remove, err := scratch()
	if err != nil {
		return server{}, err
	}
	s, err := pgserver.Start(ctx, pgserver.Options{
		Dir: dir, Unsafe: true,
		Settings: map[string]string{
			"max_connections": "400", "shared_buffers": "64MB", "max_wal_size": "256MB", "autovacuum": "off", "jit": "off",
		},
	})
	if err != nil {
		return server{}, errors.Join(err, remove())
	}
	stop := func(ctx context.Context) error { return errors.Join(s.Stop(ctx), remove()) }
	return server{url: s.URL(pgserver.Superuser, "postgres"), what: "the programs in " + bin, stop: stop}, nil
}

// scratch makes a folder for a server, and removes those of runs that were killed. A lock beside the folder tells them
// apart: the kernel holds it for as long as this process lives.
func scratch() (dir string, remove func() error, err error) {
	sweep()
	dir, err = os.MkdirTemp("", scratchName)
	if err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(dir+lockSuffix, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	remove = func() error { return errors.Join(removeTree(dir), os.Remove(lock.Name()), lock.Close()) }
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return dir, remove, nil
}

// sweep removes what killed runs left. It is a courtesy, so what it cannot remove stays.
func sweep() {
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), scratchName+"*"+lockSuffix))
	if err != nil {
		return
	}
	for _, path := range locks {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < freshFor {
			continue
		}
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			dir := strings.TrimSuffix(path, lockSuffix)
			endStray(dir)
			if removeTree(dir) == nil {
				_ = os.Remove(path) // another run was quicker
			}
		}
		_ = lock.Close() // nothing was written
	}
}

// endStray ends the server of a killed run where the kernel did not.
func endStray(dir string) {
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err != nil || runtime.GOOS == "linux" {
		return
	}
	bin, err := pgserver.Find()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout, errors.New("testkit: stray server"))
	defer cancel()
	_ = exec.CommandContext(ctx, filepath.Join(bin, "pg_ctl"), "stop", "-D", data, "-m", "immediate").Run() // it may be gone
}

// removeTree removes a folder in which a dying server may still write for a moment.
func removeTree(dir string) error {
	var err error
	for range 10 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
	}
	return err
}
