package adminapi

import (
	"net/http"
	"regexp"

	"github.com/seatflow/seatflow/services/partnersim/internal/check"
)

// check judges what clients did since the start or the last reset.
func (a *api) check(r *http.Request) (int, any, *problem) {
	var pattern *regexp.Regexp
	if text := r.URL.Query().Get("token"); text != "" {
		compiled, err := regexp.Compile(text)
		if err != nil {
			return 0, nil, bad("token", "token must be a regular expression.")
		}
		pattern = compiled
	}
	titles := map[string]string{}
	for _, i := range a.World.Items() {
		titles[i.ID] = i.Title
	}
	effects, requests := a.World.Effects(0, 0, nil), a.Log.Requests(0, 0, nil)
	_, forgotten := a.Log.Total()
	return http.StatusOK, check.Sum(
		check.BoughtOnce(effects, titles, pattern), check.ChangedOnce(effects, requests),
		check.Minute(requests, a.Limiter.Limit()), check.TooMany(requests), forgotten+a.World.Tally().Forgotten), nil
}
