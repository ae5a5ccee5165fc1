package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Exit codes of [Main], beside 0.
const (
	exitFailed  = 1   // run returned an error
	exitUsage   = 2   // the error is the user's to put right: settings, arguments
	exitCutOff  = 130 // a second signal came
	signalSlots = 2
)

// Main is all that a main function does: it calls run with the arguments, lets the first interrupt, terminate or hang-up signal
// end run's context, and the second end the process at once, and turns run's error into a few lines on stderr and an exit
// code: 0 for nil and for flag.ErrHelp, 2 for a fault of kind Invalid, 1 for any other, 130 after a second signal.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) {
	tune()
	ctx, cancel := context.WithCancelCause(context.Background()) // the one root context, made for every cmd/
	signals := make(chan os.Signal, signalSlots)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		first := <-signals
		cancel(fmt.Errorf("signal: %v", first))
		second := <-signals
		_, _ = fmt.Fprintf(os.Stderr, "%s: second signal (%v), exiting at once\n", program(), second)
		os.Exit(exitCutOff)
	}() // the process owns this goroutine: both end together, here or below
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	report(os.Stderr, program(), err)
	os.Exit(exitCode(err))
}

// gcPercent lets the heap grow to this much beyond what lives before it is collected. What lives is a few megabytes per
// service, so Go's default of 100 would spend a fifth of a busy process on collecting.
const gcPercent = 400

// tune sets what GOGC sets, unless somebody set it.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

func program() string { return filepath.Base(os.Args[0]) }

func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case fault.KindOf(err) == fault.Invalid:
		return exitUsage
	default:
		return exitFailed
	}
}
