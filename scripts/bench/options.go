package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// The measurements, in the order in which they are made.
const (
	inbox      = "inbox"
	idle       = "idle"
	httpDoor   = "http"
	inboxHalf  = "inbox-half"
	httpHalf   = "http-half"
	inboxLone  = "inbox-lone"
	httpLone   = "http-lone"
	splitInbox = "split-inbox"
	splitHTTP  = "split-http"
)

var all = []string{inbox, idle, httpDoor, inboxHalf, httpHalf, inboxLone, httpLone, splitInbox, splitHTTP}

const (
	defaultDuration = 15 * time.Second
	soakDuration    = 10 * time.Minute
	// benchEffects are more than the measurements buy; soakEffects are more than a soak buys between two looks.
	benchEffects = 1_000_000
	soakEffects  = 250_000
)

// options are what can be asked for.
type options struct {
	orders   int
	duration time.Duration
	inflight int
	conns    int
	lone     int
	rate     float64
	only     []string
	soak     bool
	bin      string
	profile  string
	keep     bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.orders, "orders", 0, "most orders of a measurement at full speed (0: as many as the duration allows)")
	f.DurationVar(&o.duration, "duration", 0, "length of each measurement under load (default 15s; the soak's is 10m)")
	f.IntVar(&o.inflight, "inflight", 2000, "orders placed and not yet notified, at full speed")
	f.IntVar(&o.conns, "conns", 128, "HTTP connections, one order per POST")
	f.IntVar(&o.lone, "lone", 200, "orders of the measurements of a lone order")
	f.Float64Var(&o.rate, "rate", 0, "orders/s of the half-load measurements (0: half of what was measured)")
	f.StringVar(&only, "only", "", "make only these measurements, parted by commas: "+strings.Join(all, ", "))
	f.BoolVar(&o.soak, "soak", false, "load both doors at half speed for -duration and tell whether memory stays flat")
	f.StringVar(&o.bin, "bin", "bin", "folder of the programs that make build makes")
	f.StringVar(&o.profile, "profile", "", "folder for CPU profiles of the all-in-one process and of partnersim in each full-speed measurement")
	f.BoolVar(&o.keep, "keep", false, "leave the servers' folder, with a log per process")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.only = all
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	if o.duration == 0 {
		o.duration = defaultDuration
		if o.soak {
			o.duration = soakDuration
		}
	}
	return o, o.check(f.NArg())
}

func (o options) check(rest int) error {
	e := fault.New(fault.Invalid, "bad_flags", "The flags are not usable.").Hinted("See bench -help.")
	wrong := func(bad bool, message string) {
		if bad {
			e = e.With(fault.Violation{Code: "bad_flag", Message: message})
		}
	}
	for _, name := range o.only {
		wrong(!slices.Contains(all, name), fmt.Sprintf("-only: there is no measurement %q; there are %s.", name, strings.Join(all, ", ")))
	}
	wrong(rest > 0, "Only flags are taken.")
	wrong(o.orders < 0 || o.rate < 0, "-orders and -rate must not be negative.")
	wrong(o.duration < time.Second, "-duration must be 1s or more.")
	wrong(o.inflight < 1 || o.conns < 1 || o.lone < 1, "-inflight, -conns and -lone must be 1 or more.")
	wrong(o.conns > 1000, "-conns must be at most 1000, since the portal answers 1024 requests at once.")
	if len(e.Violations) > 0 {
		return e
	}
	return nil
}

// wants tells whether a measurement is to be made.
func (o options) wants(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(o.only, n) })
}

// effects is how many purchases the double has to remember.
func (o options) effects() int {
	if o.soak {
		return soakEffects
	}
	return benchEffects
}
