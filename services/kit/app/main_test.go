package app_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// childVariable makes this test binary behave as a program with app.Main; its value says what run does.
const childVariable = "SEATFLOW_TEST_APP_MAIN"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		app.Main(child(what))
	}
	os.Exit(m.Run())
}

func child(what string) func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return func(ctx context.Context, _ []string, stdout, _ io.Writer) error {
		switch what {
		case "help":
			return fmt.Errorf("wrapped: %w", flag.ErrHelp)
		case "usage":
			return fault.New(fault.Invalid, "bad_settings", "The settings are not usable.").Hinted("See --help.").
				With(fault.Violation{Message: "--a is missing."}, fault.Violation{Message: "--b is missing."})
		case "fail":
			return fault.New(fault.Internal, "part_died", "The part bus stopped working.").In("app.run").Because(
				fault.New(fault.Unavailable, "no_bus", "The bus cannot be reached.").Hinted("Start it.").Because(errors.New("no route")))
		case "wrapped":
			return fmt.Errorf("read the order: %w", errors.Join(errors.New("one"), errors.New("two")))
		case "graceful":
			_, _ = fmt.Fprintln(stdout, "ready")
			<-ctx.Done()
			_, _ = fmt.Fprintln(stdout, "stopping:", context.Cause(ctx))
			return nil
		case "stuck":
			_, _ = fmt.Fprintln(stdout, "ready")
			<-ctx.Done()
			_, _ = fmt.Fprintln(stdout, "stopping:", context.Cause(ctx))
			<-make(chan struct{})
		}
		return nil
	}
}

func start(t *testing.T, what string) (*exec.Cmd, *bufio.Scanner, *strings.Builder) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout), &stderr
}

func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestExitCodesAndWords(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]struct {
		code   int
		stderr string
	}{
		"help":  {0, ""},
		"fine":  {0, ""},
		"usage": {2, "The settings are not usable.\n  --a is missing.\n  --b is missing.\nSee --help.\n"},
		"fail":  {1, "The part bus stopped working.\n  The bus cannot be reached.\n  no route\nStart it.\n"},
		// an error that is no fault is told as it is
		"wrapped": {1, "read the order: one\n  two\n"},
	} {
		cmd, _, stderr := start(t, what)
		if got := exitCode(t, cmd); got != want.code || !strings.HasSuffix(stderr.String(), want.stderr) ||
			want.stderr == "" && stderr.String() != "" {
			t.Errorf("%s: exit %d, said %q", what, got, stderr.String())
		}
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	ends := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // else these tests run under nohup, and so does the child
		ends = append(ends, syscall.SIGHUP)
	}
	for _, sig := range ends {
		cmd, out, _ := start(t, "graceful")
		out.Scan()
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		out.Scan()
		if got := out.Text(); got != "stopping: signal: "+sig.String() {
			t.Errorf("said %q", got)
		}
		if got := exitCode(t, cmd); got != 0 {
			t.Errorf("%v: exit %d", sig, got)
		}
	}
}

func TestSecondSignalExitsAtOnce(t *testing.T) {
	t.Parallel()
	cmd, out, stderr := start(t, "stuck")
	out.Scan()
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		out.Scan() // after the first: that it stops; after the second: the end
	}
	if got := exitCode(t, cmd); got != 130 || !strings.Contains(stderr.String(), "second signal") {
		t.Errorf("exit %d, said %q", got, stderr.String())
	}
}
