package callbacks

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// double is a vendor with one registration, or none.
type double struct {
	now     *partnercenter.Webhook
	refuses error
	late    bool // another replica registers between the question and ours
	asked   []string
}

func (d *double) ListWebhookEvents(context.Context, partnercenter.Exchange) ([]string, partnercenter.Answer, error) {
	return []string{"test-created", "subscription-updated"}, partnercenter.Answer{}, d.refuses
}

func (d *double) GetWebhook(context.Context, partnercenter.Exchange) (partnercenter.Webhook, partnercenter.Answer, error) {
	if d.now == nil {
		return partnercenter.Webhook{}, partnercenter.Answer{Status: http.StatusNotFound}, errors.New("none")
	}
	return *d.now, partnercenter.Answer{Status: http.StatusOK}, nil
}

func (d *double) CreateWebhook(_ context.Context, _ partnercenter.Exchange, url string, events []string) (partnercenter.Webhook, partnercenter.Answer, error) {
	d.asked = append(d.asked, "create")
	if d.late {
		return partnercenter.Webhook{}, partnercenter.Answer{Status: http.StatusConflict}, errors.New("there is one")
	}
	return d.put(url, events)
}

func (d *double) UpdateWebhook(_ context.Context, _ partnercenter.Exchange, url string, events []string) (partnercenter.Webhook, partnercenter.Answer, error) {
	d.asked = append(d.asked, "update")
	return d.put(url, events)
}

func (d *double) put(url string, events []string) (partnercenter.Webhook, partnercenter.Answer, error) {
	d.now = &partnercenter.Webhook{URL: url, Events: events}
	return *d.now, partnercenter.Answer{Status: http.StatusOK}, nil
}

func TestRegister(t *testing.T) {
	t.Parallel()
	const ours = "https://hooks.partner.example/webhooks/partner-center"
	for name, c := range map[string]struct {
		double
		want string
		err  bool
	}{
		"none":             {want: "create"},
		"none, but late":   {double: double{late: true}, want: "create update"},
		"ours":             {double: double{now: &partnercenter.Webhook{URL: ours, Events: []string{"subscription-updated"}}}},
		"another address":  {double: double{now: &partnercenter.Webhook{URL: "https://old.example", Events: []string{"subscription-updated"}}}, want: "update"},
		"other events":     {double: double{now: &partnercenter.Webhook{URL: ours, Events: []string{"invoice-ready"}}}, want: "update"},
		"the vendor fails": {double: double{refuses: errors.New("away")}, err: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Registration{Vendor: &c.double, URL: ours, Log: slog.New(slog.DiscardHandler), Registered: prometheus.NewGauge(prometheus.GaugeOpts{Name: "seatflow_test"})}
			err := r.register(t.Context())
			if asked := strings.Join(c.asked, " "); asked != c.want || (err != nil) != c.err {
				t.Fatalf("asked %q, %v", asked, err)
			}
			if err == nil && (c.now.URL != ours || !slices.Equal(c.now.Events, []string{"subscription-updated"})) {
				t.Errorf("registered %+v", c.now)
			}
		})
	}
}
