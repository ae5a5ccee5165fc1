package rate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

// promised is the longest that a single line may take to start.
const promised = 2 * time.Second

// Rate is how many requests arrived.
type Rate struct {
	Measure   string  `json:"measure"` // "rate"
	Replicas  int     `json:"replicas"`
	Seconds   float64 `json:"seconds"`
	Allowed   int     `json:"allowed_in_window"`
	Window    float64 `json:"window_s"`
	Windows   int     `json:"windows"`
	Most      int     `json:"most_in_window"`
	Least     int     `json:"least_in_window"`
	Requests  int     `json:"requests"`
	PerMinute float64 `json:"per_minute"`
	Throttled int     `json:"throttled"`
}

// Fairness is how soon single lines started beside the backlog.
type Fairness struct {
	Measure string  `json:"measure"` // "fairness"
	Backlog int     `json:"backlog"`
	Lines   int     `json:"lines"`
	Median  float64 `json:"median_s"`
	Longest float64 `json:"longest_s"`
}

// Report is what was measured, and what of it is not as promised.
type Report struct {
	Rate     Rate
	Fairness Fairness
	Findings []string
}

// OK says whether everything was as promised.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Tell prints one line of JSON for each measurement, and the findings.
func (r Report) Tell(out io.Writer) error {
	enc := json.NewEncoder(out)
	for _, line := range []any{r.Rate, r.Fairness} {
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	for _, f := range r.Findings {
		if err := enc.Encode(map[string]string{"finding": f}); err != nil {
			return err
		}
	}
	return nil
}

// request is a row of the double's log.
type request struct {
	Number   uint64    `json:"number"`
	At       time.Time `json:"at"`
	Resource string    `json:"resource"`
	Customer string    `json:"customer"`
	Status   int       `json:"status"`
}

// readLog reads all requests that counted as orders, by their arrival.
func readLog(ctx context.Context, sim *web.Site) (all []request, forgotten int64, err error) {
	for after := uint64(0); ; {
		var page struct {
			Requests  []request `json:"requests"`
			Next      uint64    `json:"next_after"`
			Forgotten int64     `json:"forgotten"`
		}
		if err := sim.Ask(ctx, http.MethodGet, "/admin/requests/log?resource=orders&limit=5000&after="+strconv.FormatUint(after, 10), "", nil, &page); err != nil {
			return nil, 0, fmt.Errorf("read the vendor's log: %w", err)
		}
		all = append(all, page.Requests...)
		if len(page.Requests) == 0 {
			slices.SortFunc(all, func(a, b request) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number)) })
			return all, page.Forgotten, nil
		}
		after = page.Next
	}
}

// judge works out the figures and holds them against what was promised.
func judge(cfg Config, all []request, forgotten int64, began, over time.Time, singles []single) Report {
	r := Report{Rate: Rate{
		Measure: "rate", Replicas: cfg.Replicas, Seconds: over.Sub(began).Seconds(), Window: cfg.Window.Seconds(),
		Allowed: int(int64(cfg.Rate) * int64(cfg.Window) / int64(time.Minute)),
	}}
	r.windows(cfg, all, began, over)
	r.starts(cfg, all, singles)
	find := func(bad bool, format string, args ...any) {
		if bad {
			r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
		}
	}
	find(forgotten > 0, "the vendor's log has forgotten %d requests", forgotten)
	find(len(all) > needs*cfg.Backlog, "the backlog of %d orders was too small", cfg.Backlog)
	find(r.Rate.Throttled > 0, "%d requests were refused for the rate", r.Rate.Throttled)
	// A burst is a second's worth, which only long windows have room for.
	most := max(r.Rate.Allowed, cfg.Rate/60+int(float64(cfg.Rate)*(cfg.Window+time.Second).Seconds()/63))
	find(r.Rate.Most > most, "%d requests in a window, %d are allowed", r.Rate.Most, most)
	find(r.Rate.Least*100 < r.Rate.Allowed*cfg.Share, "%d requests in a window, %d %% of %d are to be used", r.Rate.Least, cfg.Share, r.Rate.Allowed)
	find(r.Fairness.Lines < len(singles), "%d single lines never started", len(singles)-r.Fairness.Lines)
	find(r.Fairness.Longest > promised.Seconds(), "a single line started after %.2f s", r.Fairness.Longest)
	return r
}

// windows counts the requests of each window that begins with a request while there was a backlog.
func (r *Report) windows(cfg Config, all []request, began, over time.Time) {
	in := slices.DeleteFunc(slices.Clone(all), func(q request) bool { return q.At.Before(began) || q.At.After(over) })
	r.Rate.Requests = len(in)
	r.Rate.PerMinute = float64(len(in)) / over.Sub(began).Minutes()
	for _, q := range all {
		if q.Status == http.StatusTooManyRequests {
			r.Rate.Throttled++
		}
	}
	last := 0
	for first := range all { // the most of any time, also before the backlog was whole
		for last < len(all) && all[last].At.Sub(all[first].At) < cfg.Window {
			last++
		}
		r.Rate.Most = max(r.Rate.Most, last-first)
	}
	last = 0
	for first := range in { // the least just after a request, so that a window does not begin with the count's best moment
		if in[first].At.Add(cfg.Window).After(over) {
			break
		}
		for last < len(in) && in[last].At.Sub(in[first].At) <= cfg.Window {
			last++
		}
		n := last - first - 1
		if r.Rate.Windows++; r.Rate.Windows == 1 || n < r.Rate.Least {
			r.Rate.Least = n
		}
	}
}

// starts finds each single line's first request.
func (r *Report) starts(cfg Config, all []request, singles []single) {
	r.Fairness = Fairness{Measure: "fairness", Backlog: cfg.Backlog}
	var took []float64
	for _, s := range singles {
		if i := slices.IndexFunc(all, func(q request) bool { return q.Customer == s.customer }); i >= 0 {
			took = append(took, all[i].At.Sub(s.at).Seconds())
		}
	}
	if r.Fairness.Lines = len(took); len(took) > 0 {
		slices.Sort(took)
		r.Fairness.Median, r.Fairness.Longest = took[len(took)/2], took[len(took)-1]
	}
}
