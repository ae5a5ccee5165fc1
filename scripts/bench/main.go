// Command bench measures how many orders a second Seatflow carries all the way, how long one takes, and what that costs.
//
// Model: it starts its own Postgres (fsync on), NATS, Partner Center double and counting mail sink in a temporary folder,
// runs Seatflow on them, places orders by both doors and prints one JSON line per measurement; progress goes to stderr.
// README.md says how to read the lines. Called as "bench sink" it is that mail sink.
//
// Guarantees: an order counts when its requester's notification.sent was heard. A line is printed only after everyone was
// asked: the double sold exactly one line per order and none twice, the sink took exactly one mail per order, and all four
// databases have every order through. Everything it starts is ended, also after an interrupt.
//
// Failures: anything that goes otherwise ends the program with a sentence and exit code 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/sink"
	"github.com/seatflow/seatflow/scripts/bench/internal/stack"
	"github.com/seatflow/seatflow/services/kit/app"
)

func main() { app.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	if slices.Equal(args, []string{stack.Sink}) {
		return sink.Run(ctx, stdout)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1) // as for the doubles, see package stack
	}
	began := time.Now()
	say := func(format string, v ...any) {
		fmt.Fprintf(stderr, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, v...))
	}
	ctx, died := context.WithCancelCause(ctx)
	defer died(nil)
	say("starting Postgres, NATS, partnersim and the mail sink")
	s, err := stack.Start(ctx, stack.Options{Bin: o.bin, Effects: o.effects(), Keep: o.keep, Died: died})
	if err != nil {
		return cause(ctx, err)
	}
	defer func() {
		if o.keep {
			say("the servers' folder stays: %s", s.Dir())
		}
		err = errors.Join(cause(ctx, err), s.Stop(ctx))
	}()
	b := &bench{options: o, stack: s, out: stdout, say: say}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer b.close()
	if o.soak {
		return b.runSoak(ctx)
	}
	return b.measurements(ctx)
}

// cause puts why everything was ended, if it was, in the place of an error that only says that it was.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil && err != nil {
		return why
	}
	return err
}
