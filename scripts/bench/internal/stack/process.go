package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	startTimeout = 90 * time.Second
	stopTimeout  = 40 * time.Second
	drainTimeout = 2 * time.Second
	tailLines    = 15
)

var (
	errStartTimeout = errors.New("bench: start timeout")
	errStopTimeout  = errors.New("bench: stop timeout")
)

// Process is a program that was started. Its output goes to a file.
type Process struct {
	Name string
	PID  int

	out   *output
	asked atomic.Bool
	done  chan struct{}
	err   error // how it ended; read after done
}

// start runs a program. died is told if it ends before it is asked to.
func start(dir, name string, env []string, died func(error), program string, args ...string) (*Process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	p := &Process{Name: name, out: &output{file: log}, done: make(chan struct{})}
	// Not CommandContext: a service is ended by the signal that lets it finish its work.
	cmd := exec.Command(program, args...) //nolint:noctx // see above
	cmd.Env = append(clean(os.Environ()), env...)
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = drainTimeout
	started := make(chan error, 1)
	go p.own(cmd, log, started, died)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// own waits for the process. It stays on one thread, since the kernel ends the process when the thread that started it does.
func (p *Process) own(cmd *exec.Cmd, log *os.File, started chan<- error, died func(error)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer log.Close()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.PID = cmd.Process.Pid
	started <- nil
	err := cmd.Wait()
	if !p.asked.Load() {
		p.err = fmt.Errorf("%s ended by itself (%w); the end of its output:\n%s", p.Name, orExit(err), p.out.tail())
		died(p.err)
	}
}

func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// clean leaves out the settings that the caller's shell may hold for a Seatflow of its own.
func clean(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "SEATFLOW_") })
}

// await waits for the first line of output, from the start on, that ready finds something in.
func (p *Process) await(ctx context.Context, ready func(line string) (string, bool)) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStartTimeout)
	defer cancel()
	select {
	case found := <-p.out.find(ready):
		return found, nil
	case <-p.done:
		return "", p.err
	case <-ctx.Done():
		return "", fmt.Errorf("%s does not become ready: %w; the end of its output:\n%s", p.Name, context.Cause(ctx), p.out.tail())
	}
}

// stop asks the process to end and waits; if it does not, it is cut off, which is an error.
func (p *Process) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopTimeout, errStopTimeout)
	defer cancel()
	p.asked.Store(true)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	return fmt.Errorf("%s had to be cut off: %w", p.Name, context.Cause(ctx))
}

func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(p.PID, s) // it may have ended this moment
	}
}

// output is what a process says: into a file, and its lines to who waits for one.
type output struct {
	mu    sync.Mutex
	file  *os.File
	rest  []byte
	lines []string // all until somebody has found what he waits for, then the last few
	ready func(string) (string, bool)
	found chan string
	over  bool
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, b...)
	for {
		line, rest, whole := bytes.Cut(o.rest, []byte("\n"))
		if !whole {
			break
		}
		o.rest = rest
		o.take(string(line))
	}
	return o.file.Write(b)
}

func (o *output) take(line string) {
	o.lines = append(o.lines, line)
	if o.over && len(o.lines) > 2*tailLines {
		o.lines = slices.Clone(o.lines[tailLines:])
	}
	o.match(line)
}

func (o *output) match(line string) {
	if o.ready == nil {
		return
	}
	if found, ok := o.ready(line); ok {
		o.found <- found
		o.ready, o.over = nil, true
	}
}

// find gives what ready finds first; only one may look at a time.
func (o *output) find(ready func(string) (string, bool)) <-chan string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ready, o.found = ready, make(chan string, 1)
	for _, line := range o.lines {
		o.match(line)
	}
	return o.found
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return "  " + strings.Join(o.lines[max(0, len(o.lines)-tailLines):], "\n  ")
}
