package service_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/testkit"
)

// childVariable makes this test binary a program that service.Main runs; its value says how it starts.
const childVariable = "SEATFLOW_TEST_SERVICE_MAIN"

// child is the program's service: it waits for a word before it is ready.
func child(ctx context.Context, _ service.Config, _ service.Env, ready func()) error {
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	return nil
}

// program is the test binary as a program of its own, with only these variables set.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(append([]string{}, env...), childVariable+"=1", "PATH="+os.Getenv("PATH"))
	return cmd
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := []string{"SEATFLOW_POSTGRES_URL=postgres://notification:hunter2@db:5432/notification"}
	for name, c := range map[string]struct {
		env  []string
		args []string
		code int
		says []string
	}{
		"sound":           {good, []string{"--check"}, 0, []string{"SEATFLOW_NATS_URL", "nats://127.0.0.1:4222", "SEATFLOW_LEASE", "10s"}},
		"nothing set":     {nil, []string{"--check"}, 2, []string{"SEATFLOW_POSTGRES_URL"}},
		"several faults":  {good, []string{"--check", "--lease=1ms", "--backlog=0", "--concurrency=5000", "--log-level=loud"}, 2, []string{"--lease", "--backlog", "--concurrency", "--log-level"}},
		"a password":      {good, []string{"--check", "--nats=nats://a:hunter2@host"}, 2, []string{"--nats"}},
		"an unknown word": {good, []string{"--check", "--colour=red"}, 2, []string{"--colour"}},
		"help":            {nil, []string{"--help"}, 0, []string{"--nats-key", "SEATFLOW_OPS_LISTEN"}},
	} {
		cmd := program(t, c.env, c.args...)
		out, err := cmd.CombinedOutput()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if cmd.ProcessState.ExitCode() != c.code {
			t.Errorf("%s: exit %d\n%s", name, cmd.ProcessState.ExitCode(), out)
		}
		for _, want := range c.says {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("%s: it does not say %q\n%s", name, want, out)
			}
		}
		if bytes.Contains(out, []byte("hunter2")) {
			t.Errorf("%s: it tells a password\n%s", name, out)
		}
	}
}

// get is the status and the body at a URL; the status is 0 when nobody answers.
func get(url string) (int, string) {
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Get(url)
	if err != nil {
		return 0, err.Error()
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// TestMainRuns: operators can look from the beginning, see a service that is not ready yet, then one that is, and a signal ends it.
func TestMainRuns(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil { // free again; nobody else is given it so soon
		t.Fatal(err)
	}
	cmd := program(t, []string{"SEATFLOW_POSTGRES_URL=postgres://a@db/a", "SEATFLOW_OPS_LISTEN=" + at, "SEATFLOW_LOG_LEVEL=debug", "SEATFLOW_LOG_FORMAT=text"})
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(t, "the operators' address", tick.C, func() bool { code, _ := get("http://" + at + "/healthz"); return code == http.StatusOK })
	if code, body := get("http://" + at + "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "notification: starting") {
		t.Errorf("before it is ready: %d %s", code, body)
	}
	if _, err := io.WriteString(stdin, "!"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if want := "notification is ready; metrics at http://" + at + "/metrics\n"; err != nil || line != want {
		t.Fatalf("it says %q, %v", line, err)
	}
	for path, want := range map[string]string{"/readyz": "ready", "/metrics": `go_goroutines `} {
		if code, body := get("http://" + at + path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after a signal: %v", err)
	}
}
