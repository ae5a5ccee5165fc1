package natstest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// childVariable makes a test binary a NATS server; it holds the Options as JSON.
const childVariable = "SEATFLOW_NATSTEST_SERVER"

func init() { //nolint:gochecknoinits // a server must not run the tests, whatever TestMain they have
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(child(text, os.Stdin, os.Stdout)) //nolint:forbidigo // the process is a server and nothing else
	}
}

// child is the whole of the server's process: it serves until its standard input is closed, which happens when the test
// stops it, and when the test's process ends, however that ends. It returns the exit code.
func child(text string, stdin io.Reader, stdout io.Writer) int {
	var o Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		_, _ = fmt.Fprintln(stdout, "error:", err)
		return 1
	}
	s, err := run(&o)
	if err != nil {
		_, _ = fmt.Fprintln(stdout, "error:", err)
		return 1
	}
	_, _ = fmt.Fprintln(stdout, o.Port)
	_, _ = io.Copy(io.Discard, stdin) // an error is an end too
	s.Shutdown()
	s.WaitForShutdown()
	return 0
}

// process is a server in a process of its own.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{}
}

// startProcess runs this test binary as a server and waits until it serves; it notes the port in o.
func startProcess(ctx context.Context, o *Options) (*process, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() { defer close(p.done); _ = cmd.Wait() }() // how it ended is known: it was stopped or killed
	port, perr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || perr != nil {
		p.kill()
		return nil, errors.Join(errors.New("its process said: "+strings.TrimSpace(line)), err)
	}
	o.Port = port
	return p, nil
}

func (p *process) stop() {
	_ = p.stdin.Close() // it may have ended already
	<-p.done
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
}
