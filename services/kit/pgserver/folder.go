package pgserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// folder is a server's folder, made and checked.
type folder struct {
	dir      string
	data     string
	password string
	user     user
}

func (f *folder) failed(why string) *fault.Error {
	return fault.New(fault.Unavailable, "postgres_not_started", "The private Postgres server cannot be started: "+why+".").
		In("pgserver.start").On("folder " + f.dir)
}

// prepare makes what is missing of the folder.
func prepare(ctx context.Context, bin string, o Options) (*folder, error) {
	f := &folder{}
	dir, err := filepath.Abs(o.Dir)
	if err != nil || o.Dir == "" {
		return nil, f.failed("it needs a folder").Because(err)
	}
	f.dir, f.data = dir, filepath.Join(dir, "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, f.failed("its folder cannot be made").Because(err)
	}
	if f.user, err = serverUser(dir); err != nil {
		return nil, f.failed("no user to run it as").Because(err).Hinted("Run as a user other than root, or create the user " +
			"postgres, or name a server that runs already with --postgres.")
	}
	if err := f.own(dir, o.SocketDir); err != nil {
		return nil, err
	}
	if f.password, err = f.readPassword(); err != nil {
		return nil, f.failed("its password file cannot be used").Because(err)
	}
	if _, err := os.Stat(filepath.Join(f.data, "PG_VERSION")); err == nil {
		return f, nil
	}
	if err := f.initdb(ctx, bin, o.Unsafe); err != nil {
		return nil, err
	}
	return f, nil
}

// own makes the folders and gives them to the user that the server runs as.
func (f *folder) own(dirs ...string) error {
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return f.failed("a folder cannot be made").Because(err)
		}
		if err := f.user.own(dir); err != nil {
			return f.failed("a folder cannot be given to its user").Because(err)
		}
	}
	return nil
}

// readPassword reads the superuser's password, which it makes up for a new folder.
func (f *folder) readPassword() (string, error) {
	path := filepath.Join(f.dir, "superuser.password")
	data, err := os.ReadFile(path)
	if err == nil && len(bytes.TrimSpace(data)) > 0 {
		return string(bytes.TrimSpace(data)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	password := rand.Text()
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	return password, f.user.own(path)
}

// initdb makes the cluster beside its place and moves it there when it is whole.
func (f *folder) initdb(ctx context.Context, bin string, unsafe bool) error {
	fresh := f.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return f.failed("what an interrupted start left cannot be removed").Because(err)
	}
	args := []string{
		"-D", fresh, "-U", Superuser, "--pwfile=" + filepath.Join(f.dir, "superuser.password"), "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=" + locale(),
	}
	if unsafe {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = f.user.attributes(f.dir, false)
	runtime.LockOSThread() // see Server.run
	defer runtime.UnlockOSThread()
	if out, err := cmd.CombinedOutput(); err != nil {
		return f.failed("initdb failed").Because(fmt.Errorf("%w: %s", err, bytes.TrimSpace(out)))
	}
	if err := os.Rename(fresh, f.data); err != nil {
		return f.failed("the new cluster cannot be moved to its place").Because(err)
	}
	return nil
}

// locale is one that knows all of Unicode and sorts by code point, as far as the system has it.
func locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

// awaitFree waits a moment for a server that is ending, and refuses a folder whose server goes on running.
func (f *folder) awaitFree(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, dyingTimeout, errors.New("pgserver: folder in use"))
	defer cancel()
	for {
		pid := f.runningServer()
		if pid == 0 {
			return nil
		}
		if pause(ctx, probeInterval) != nil {
			return fault.New(fault.Conflict, "folder_in_use",
				fmt.Sprintf("The Postgres data folder %s is in use by process %d.", f.dir, pid)).In("pgserver.start").
				Hinted("Stop the program that runs there, or choose another data folder.")
		}
	}
}

// runningServer is the process id in postmaster.pid if that process runs and is a postgres on this very folder, else 0.
// Postgres makes the same check itself; this one only has the better words, and patience.
func (f *folder) runningServer() int {
	text, err := os.ReadFile(filepath.Join(f.data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 {
		return 0
	}
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return 0
	}
	if zombieOrOther(pid, f.data) {
		return 0
	}
	return pid
}

// zombieOrOther says, where /proc tells, whether a process id has been reused by another program, or has ended already.
func zombieOrOther(pid int, data string) bool {
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false // no /proc here: believe the file
	}
	return !bytes.Contains(cmdline, []byte(data)) // a zombie's is empty
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }() // nothing was accepted
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("not a TCP address")
	}
	return addr.Port, nil
}

// pause waits; it returns an error when ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func closeOnce(ch chan struct{}) func() { return sync.OnceFunc(func() { close(ch) }) }
