package split

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/seatflow/seatflow/services/kit/pgserver"
)

const (
	// stopTimeout is longer than any service takes to finish what is under way.
	stopTimeout = 40 * time.Second
	// pipeTimeout bounds the wait for grandchildren that hold a dead process' log open.
	pipeTimeout = 5 * time.Second
)

// life is one process from its start to its end.
type life interface {
	PID() int
	// Done is closed when the process has ended; Wait then says how.
	Done() <-chan struct{}
	Wait() error
	// Stop asks the process to end and waits; when ctx ends it is ended at once.
	Stop(ctx context.Context) error
}

var _ life = (*pgserver.Server)(nil)

// program is one of our own programs, running.
type program struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; read after done
}

// launch starts a program that writes to the log file.
func launch(argv, env []string, logFile string) (*program, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	// Not CommandContext: a process is asked to stop before it is ended.
	p := &program{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})} //nolint:noctx // see above
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, log, log
	p.cmd.SysProcAttr, p.cmd.WaitDelay = attributes(), pipeTimeout
	started := make(chan error, 1)
	go p.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	return p, nil
}

// run owns the process. It stays on one thread, since the kernel ends the process when the thread that started it ends.
func (p *program) run(log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer log.Close()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
	}
}

func (p *program) PID() int              { return p.cmd.Process.Pid }
func (p *program) Done() <-chan struct{} { return p.done }

func (p *program) Wait() error {
	<-p.done
	return p.err
}

func (p *program) Stop(ctx context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended this moment
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // one that was paused hears of it
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return errors.New("it did not stop in time and was cut off")
}
