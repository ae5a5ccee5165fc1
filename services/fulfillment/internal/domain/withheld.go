package domain

import "slices"

// The codes of lines that wait because this side sends nothing: it is a dry run, or it may not sign in.
const (
	dryRun        = "dry_run"
	signInRefused = "sign_in_refused"
)

// withhold has a call of which this side sent nothing made later, however often: that was no try. Its lines say why, but for
// those of which an earlier attempt's outcome is unknown.
func (w *work) withhold(t *Track, step Step, a Answer, body Body, lines ...*Line) {
	for _, l := range lines {
		if l.Status != LineUnknown {
			l.Waiting, l.Trouble = true, a.Trouble
		}
	}
	t.Tries--
	w.later(t, step, a.Wait, body)
}

// resume ends what withhold has begun, if it has.
func (l *Line) resume() {
	if c := l.Trouble.Code; c == dryRun || c == signInRefused {
		l.Waiting, l.Trouble = false, Trouble{}
	}
}

// withholdCart is withhold for the order's cart.
func (w *work) withholdCart(step Step, a Answer) {
	w.withhold(&w.o.Cart.Track, step, a, w.cartBody(step), slices.Collect(w.inCart)...)
}

// resumeCart is resume for all lines of the cart.
func (w *work) resumeCart() {
	for l := range w.inCart {
		l.resume()
	}
}
