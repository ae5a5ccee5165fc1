package callbacks

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// wanted are the events that orders wait for; of those the ones are registered that the vendor has.
var wanted = []string{"subscription-updated", "subscription-active"}

// The waits between attempts to register: the first, twice as long each time, and the longest. A registration that stands is
// looked at again after the longest, since anybody with the partner's rights may change it.
const (
	firstWait   = 10 * time.Second
	longestWait = time.Hour
)

// Vendor is what a registration asks the vendor.
type Vendor interface {
	ListWebhookEvents(ctx context.Context, ex partnercenter.Exchange) ([]string, partnercenter.Answer, error)
	GetWebhook(ctx context.Context, ex partnercenter.Exchange) (partnercenter.Webhook, partnercenter.Answer, error)
	CreateWebhook(ctx context.Context, ex partnercenter.Exchange, address string, events []string) (partnercenter.Webhook, partnercenter.Answer, error)
	UpdateWebhook(ctx context.Context, ex partnercenter.Exchange, address string, events []string) (partnercenter.Webhook, partnercenter.Answer, error)
}

// Registration keeps the webhook registered.
type Registration struct {
	Vendor Vendor
	// URL is where the vendor reaches the receiver.
	URL string
	// Registered is 1 while the registration was found as it should be.
	Registered prometheus.Gauge
	Log        *slog.Logger
}

// Run registers, tries again until it is done, and looks at it from time to time until ctx ends.
func (r *Registration) Run(ctx context.Context) {
	for wait := firstWait; ; {
		err := r.register(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.Registered.Set(0)
			r.Log.WarnContext(ctx, "the vendor's webhook is not registered; orders are polled all the same", "error", err, "again_in", wait)
		default:
			r.Registered.Set(1)
			wait = longestWait
		}
		again := time.NewTimer(wait)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return
		}
		if err != nil {
			wait = min(2*wait, longestWait)
		} else {
			wait = firstWait
		}
	}
}

// register brings the registration to what it should be.
func (r *Registration) register(ctx context.Context) error {
	has, _, err := r.Vendor.ListWebhookEvents(ctx, exchange())
	if err != nil {
		return err
	}
	events := slices.DeleteFunc(slices.Clone(wanted), func(e string) bool { return !slices.Contains(has, e) })
	now, answer, err := r.Vendor.GetWebhook(ctx, exchange())
	switch {
	case answer.Status == http.StatusNotFound:
		_, answer, err = r.Vendor.CreateWebhook(ctx, exchange(), r.URL, events)
		if answer.Status != http.StatusConflict {
			return err
		}
	case err != nil:
		return err
	case now.URL == r.URL && same(now.Events, events):
		return nil
	}
	_, _, err = r.Vendor.UpdateWebhook(ctx, exchange(), r.URL, events)
	return err
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// exchange names one request.
func exchange() partnercenter.Exchange {
	return partnercenter.Exchange{RequestID: uuid.NewString(), CorrelationID: uuid.NewString()}
}
