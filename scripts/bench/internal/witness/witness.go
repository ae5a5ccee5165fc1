// Package witness asks those who saw it what really happened: the Partner Center double what was bought, the mail sink
// what was sent.
//
// Model: plain HTTP questions to their own pages for tests. Guarantees: it changes nothing there. Failures: an answer that
// is none is an error with the address; nothing is tried twice.
package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const timeout = 30 * time.Second

var errTimeout = errors.New("bench: a witness does not answer")

// Witness knows where to ask. Both are base URLs.
type Witness struct{ Partnersim, Mail string }

// Purchases is what the Partner Center double has sold.
type Purchases struct {
	// Bought counts lines of carts that were bought.
	Bought int64
	// Doubles are purchases of the same thing under the same name, in whatever carts, and carts bought twice.
	Doubles int64
	// Forgotten is how many effects the double no longer remembers one by one, so that a double among them would show in
	// Bought only.
	Forgotten int64
}

// Purchases reads the ledger.
func (w Witness) Purchases(ctx context.Context) (Purchases, error) {
	var summary struct {
		ByKind map[string]int64 `json:"by_kind"`
		Twice  int64            `json:"carts_bought_twice"`
	}
	if err := get(ctx, w.Partnersim+"/admin/ledger/summary", &summary); err != nil {
		return Purchases{}, err
	}
	var doubles struct {
		Doubles   []json.RawMessage `json:"doubles"`
		Forgotten int64             `json:"forgotten"`
	}
	if err := get(ctx, w.Partnersim+"/admin/ledger/doubles", &doubles); err != nil {
		return Purchases{}, err
	}
	return Purchases{
		Bought: summary.ByKind["purchase"], Doubles: int64(len(doubles.Doubles)) + summary.Twice, Forgotten: doubles.Forgotten,
	}, nil
}

// Mails is how many mails the sink has taken.
func (w Witness) Mails(ctx context.Context) (int64, error) {
	var list struct {
		Total *int64 `json:"total"`
	}
	if err := get(ctx, w.Mail+"/api/messages?limit=0", &list); err != nil {
		return 0, err
	}
	if list.Total == nil {
		return 0, errors.New("the mail sink does not say how many mails it took")
	}
	return *list.Total, nil
}

// Customer is one that the double knows.
type Customer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Item is something that every customer can buy for a year, at a price per seat.
type Item struct{ ID, Title, Price string }

// Offers gives the customers and what they can buy.
func (w Witness) Offers(ctx context.Context) ([]Customer, []Item, error) {
	var customers struct {
		Customers []Customer `json:"customers"`
	}
	var catalogue struct {
		Items []struct {
			ID      string   `json:"catalog_item_id"`
			Title   string   `json:"title"`
			Country string   `json:"country"`
			Retired bool     `json:"retired"`
			Kind    string   `json:"kind"`
			Segment string   `json:"segment"`
			Bases   []string `json:"bases"`
			Terms   []struct {
				Duration string      `json:"term_duration"`
				Cycle    string      `json:"billing_cycle"`
				Price    json.Number `json:"price"`
			} `json:"terms"`
		} `json:"items"`
	}
	if err := errors.Join(get(ctx, w.Partnersim+"/admin/customers", &customers), get(ctx, w.Partnersim+"/admin/catalogue", &catalogue)); err != nil {
		return nil, nil, err
	}
	var items []Item
	for _, i := range catalogue.Items {
		for _, t := range i.Terms {
			anybodys := i.Kind == "new_commerce" && len(i.Bases) == 0 && (i.Segment == "" || i.Segment == "commercial")
			if anybodys && !i.Retired && i.Country == "" && t.Duration == "P1Y" && t.Cycle == "annual" {
				items = append(items, Item{i.ID, i.Title, t.Price.String()})
			}
		}
	}
	if len(customers.Customers) == 0 || len(items) == 0 {
		return nil, nil, errors.New("the Partner Center double has no customer, or nothing to sell")
	}
	return customers.Customers, items, nil
}

var client = &http.Client{Timeout: timeout}

func get(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, answer.Status, strings.TrimSpace(string(body)))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return nil
}
