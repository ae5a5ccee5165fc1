package domain

import "time"

// The waits between calls. Each is spread by up to a tenth, so that what failed together does not come back together.
var (
	// again is how long to wait before a call is repeated: after the first try, the second, …
	again = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}
	// polls is how long until a vendor order is looked at again: 5, 15, 30 and 60 s, 8 and 25 minutes after the checkout, and
	// then, when the first hour has passed, every 20 minutes.
	polls = []time.Duration{
		5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, 7 * time.Minute, 17 * time.Minute,
		45 * time.Minute, 20 * time.Minute,
	}
	// deep are the looks, by their number, that ask for the lines' provisioning too, if the order alone does not tell; all
	// after them do. With them there are eight requests in the first hour.
	deep = map[int]bool{4: true, 6: true}
)

const (
	// slowly is the wait while people at the vendor have to move first.
	slowly = time.Hour
	// maxLinks is how many looks wait for the activation links of a product that has them.
	maxLinks = 5
	// long is a wait that people are told about.
	long = 10 * time.Minute
	// maxTries is how often something that certainly had no effect is tried before the lines fail: half an hour and more.
	maxTries = 12
	// maxBlind is how often a checkout is repeated that may have bought something before the vendor's lists are asked: a quarter
	// of an hour.
	maxBlind = 8
	// maxAwait is how often what the vendor has accepted is looked for: about a day.
	maxAwait = 75
	// maxShow is how often a change that the vendor's activity log has as done is looked for: as long as the vendor's lists may lag
	// and half as much again.
	maxShow = 6
	// maxRefused is how often in a row a look may be refused before people are told: half an hour.
	maxRefused = 6
)

// pause is the wait after so many tries.
func pause(table []time.Duration, tries int) time.Duration {
	return table[min(max(tries-1, 0), len(table)-1)]
}

// repeat makes the track's call once more after the usual wait, or after what the vendor wants if that is longer.
func (w *work) repeat(t *Track, step Step, atLeast time.Duration, body Body) {
	w.later(t, step, max(pause(again, t.Tries), atLeast), body)
}

// later makes the call after a wait that is spread.
func (w *work) later(t *Track, step Step, wait time.Duration, body Body) {
	w.plan(t, step, spread(wait, callID(w.o.ID, w.o.Calls+1)), body)
}

// notBefore makes the call after the usual wait, and not before a time, which is this machine's.
func (w *work) notBefore(t *Track, step Step, at time.Time, body Body) {
	w.plan(t, step, max(spread(pause(again, t.Tries), t.Call), at.Sub(w.now)), body)
	w.d.Calls[len(w.d.Calls)-1].NotBefore = at
}
