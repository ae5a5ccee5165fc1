package partnercenter

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestDryRun: questions go out, what would change anything is logged and not sent.
func TestDryRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sent := 0
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sent++
		question := strings.HasSuffix(r.URL.Path, "/checkinventory") || strings.HasSuffix(r.URL.Path, "/address") || strings.HasSuffix(r.URL.Path, "/promotionEligibilities")
		if r.Method != http.MethodGet && !question {
			t.Errorf("%s %s was sent", r.Method, r.URL)
		}
		answering(404, "")(w, r)
	}, signedIn(t), func(c *Config) { c.DryRun = true })
	var log bytes.Buffer
	v.client.log = slog.New(slog.NewJSONHandler(&log, nil))
	for _, tc := range requests {
		log.Reset()
		before := sent
		answer, err := tc.call(testContext(t), v.client)
		if sent > before {
			if answer.Outcome != Refused || log.Len() > 0 {
				t.Errorf("%s: a question is %+v and logged %s", tc.name, answer, &log)
			}
			continue
		}
		if err == nil || answer.Outcome != NotSent || answer.Entry.Word != DryRun || answer.Requests != 0 {
			t.Errorf("%s: %+v, %v", tc.name, answer, err)
		}
		var line struct {
			Level, Method, URL, Body string
			Headers                  []string
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v in %s", tc.name, err, &log)
		}
		if line.Level != "INFO" || line.Method+" "+strings.TrimPrefix(line.URL, v.URL) != tc.line || line.Body != tc.body {
			t.Errorf("%s: logged %+v", tc.name, line)
		}
		headers := strings.Join(line.Headers, "\n")
		if !strings.Contains(headers, "MS-RequestId: req-1") || strings.Contains(headers, "Bearer") || strings.Contains(headers, "Authorization") {
			t.Errorf("%s: headers %s", tc.name, headers)
		}
	}
}

// TestDryRunOfAChange: the subscription is read, the change of it held back.
func TestDryRunOfAChange(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s was sent", r.Method)
		}
		answering(200, fixture(t, "subscription"))(w, r)
	}, func(c *Config) { c.DryRun = true })
	var log bytes.Buffer
	v.client.log = slog.New(slog.NewJSONHandler(&log, nil))
	_, answer, err := v.client.ChangeQuantity(testContext(t), exchangeIDs(), "c", "s-1", 25)
	if err == nil || answer.Outcome != NotSent || answer.Entry.Word != DryRun || !strings.Contains(log.String(), `If-Match: \"e-1\"`) {
		t.Errorf("%+v, %v, %s", answer, err, &log)
	}
}
